"""Days of a manager that runs for a while, is away, and comes back: triaged, signed, missed, late."""
import datetime
import json
import unittest

from stack import Api, ApiError, PASSWORD, Stack, wait_until
from test_faults import FAKETIME


def shifted(hours):
    return {"LD_PRELOAD": FAKETIME, "FAKETIME": f"-{hours}h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def day_at(hours_ago):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours_ago)).strftime("%Y-%m-%d")


class Review(unittest.TestCase):
    def run_manager(self, stack, environment):
        if stack.manager:
            stack.manager.kill()
        stack.start_manager(environment)
        stack.api = Api(f"https://127.0.0.1:{stack.api_port}", str(stack.manager_data / "ca.pem"))

    def judged(self, stack, day):
        return {"whole_day": True, "systems": [{"system": s["system"], "judgement": "expected", "note": "a test"}
                                               for s in stack.api.pages(f"/reviews/{day}/systems") if s["result"] != "quiet"]}

    def test_days_are_triaged_signed_and_missed(self):
        with Stack("warder-test-review-") as stack:
            # Four days ago: an agent is enrolled that never sends anything.
            past = shifted(100)
            password = json.loads(stack.tool("warder-manager", "init", "--json", environment=past).stdout)["password"]
            self.run_manager(stack, past)
            stack.api.login(password)
            stack.api.request("PUT", "/session/password", {"current": password, "new": PASSWORD})
            stack.api.login(PASSWORD)
            first = day_at(100)
            running = wait_until("the day is begun", lambda: stack.api.get(f"/reviews/{first}"))
            self.assertEqual(running["state"], "running")
            token = stack.folder / "token"
            token.write_text(stack.api.post("/enrol-tokens", {"name": "test", "uses": 1})["token"])
            stack.tool("warder-agent", "enrol", "--token-file", token, environment=past)
            agent = stack.tool("warder-agent", "id").stdout.strip()
            # The next day it is triaged: who sent nothing is a gap.
            self.run_manager(stack, shifted(76))
            stack.api.login(PASSWORD)
            day = wait_until("the day is triaged", lambda: (lambda d: d if d["triaged"] else None)(stack.api.get(f"/reviews/{first}")))
            self.assertEqual((day["state"], day["systems"]), ("open", 2))
            systems = {s["system"]: s for s in stack.api.pages(f"/reviews/{first}/systems")}
            self.assertEqual(systems[agent]["result"], "gap")
            self.assertEqual(systems[agent]["findings"][0]["kind"], "silent")
            self.assertEqual(systems["manager"]["result"], "look")
            with self.assertRaises(ApiError) as refused:
                stack.api.post(f"/reviews/{first}/sign-offs", {"whole_day": True})
            self.assertEqual(refused.exception.status, 409)
            signed = stack.api.post(f"/reviews/{first}/sign-offs", self.judged(stack, first))
            self.assertEqual(signed["state"], "signed")
            entries = stack.api.get("/audit", action="review.sign")["items"]
            self.assertEqual([e["object"] for e in entries], [f"review:{first}"])
            # Three days later the day after has been missed; it says so even when somebody signs it.
            self.run_manager(stack, {})
            stack.api.login(PASSWORD)
            second = day_at(76)
            wait_until("the day is missed", lambda: stack.api.get(f"/reviews/{second}")["state"] == "missed")
            told = wait_until("somebody is told", lambda: stack.api.events("type=review.missed"))
            self.assertEqual([e["fields"]["review.day"] for e in told].count(second), 1)
            self.assertNotIn(first, [e["fields"]["review.day"] for e in told])
            late = stack.api.post(f"/reviews/{second}/sign-offs", self.judged(stack, second))
            self.assertEqual(late["state"], "late")
            self.assertEqual(stack.api.get(f"/reviews/{first}")["state"], "signed")
            offs = stack.api.get(f"/reviews/{second}/sign-offs")["items"]
            self.assertTrue(offs[0]["late"])


if __name__ == "__main__":
    unittest.main()
