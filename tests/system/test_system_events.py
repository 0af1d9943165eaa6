"""Events of the manager's own, and what a host is worth: from the change to the search and to another system."""
import json
import unittest

from stack import StackTest, wait_until
from test_siem import Receiver

ACTION = "audit.action"


class SystemEvents(StackTest):
    def warder(self, *arguments, code=0):
        printed = self.stack.warder("--json", *arguments, code=code)
        return json.loads(printed) if printed.startswith(("{", "[")) else None

    def told(self, action, count=1):
        """The events about an action, once there are so many."""
        def events():
            found = self.stack.api.events(f'{ACTION} = "{action}"')
            return found if len(found) >= count else None
        return wait_until(f"events about {action}", events)

    def rank_of(self, name):
        (self.stack.watched / name).write_text("x")
        def events():
            return [e for e in self.stack.api.events('type = "integrity.file.created"') if e["fields"]["file.path"].endswith(f"/{name}")]
        event = wait_until("the event of the file", events)[0]
        self.assertEqual(event["rank"] % event["asset_value"], 0)
        return event["asset_value"], event["rank"] // event["asset_value"]

    def test_what_a_host_is_worth_is_in_the_rank_of_its_events(self):
        host = self.stack.agent_record()["hostname"]
        value, weight = self.rank_of("unvalued")
        self.assertEqual(value, 1)
        outer = self.warder("groups", "create", "Payment", "--asset-value", 40)
        inner = self.stack.api.post("/groups", {"name": "Inner", "parent_id": outer["id"]})
        self.assertEqual((outer["asset_value"], inner["asset_value"]), (40, None))
        self.warder("agents", "move", host, "--group", "Inner")
        self.assertEqual(self.rank_of("of-the-outer-group"), (40, weight))
        self.warder("groups", "set", "Inner", "--asset-value", 50)
        self.assertEqual(self.rank_of("of-the-inner-group"), (50, weight))
        self.assertEqual(self.warder("groups", "set", "Inner", "--name", "Within")["asset_value"], 50)
        self.assertEqual(self.warder("agents", "move", host, "--asset-value", 90)["asset_value"], 90)
        self.assertEqual(self.rank_of("its-own"), (90, weight))
        self.assertIsNone(self.warder("agents", "move", host, "--asset-value", "none")["asset_value"])
        self.assertEqual(self.rank_of("of-the-group-again"), (50, weight))
        first = self.stack.api.get("/events", order="rank", limit=1, filter="module=integrity")["items"][0]
        self.assertEqual(first["rank"], 90 * weight)
        for wrong in (0, 101, "much"):
            self.warder("agents", "move", host, "--asset-value", wrong, code=1)

    def test_what_people_do_reaches_the_search_and_other_systems_over_a_kill(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        destination = self.stack.api.post("/destinations", {
            "name": "soc", "kind": "syslog", "format": "ocsf", "filter": f'{ACTION}:"*"',
            "settings": {"host": "127.0.0.1", "port": receiver.port, "transport": "tcp", "framing": "line-feed", "settle_ms": 200, "max_bytes": 65536}})
        self.stack.api.post("/groups", {"name": "before the kill"})
        group = self.told("group.create")[0]
        self.assertEqual((group["module"], group["type"], group["severity"]), ("manager", "audit.action.done", "info"))
        self.assertTrue(group["fields"]["audit.actor"].startswith("user:"))
        self.assertTrue(group["fields"]["audit.object"].startswith("group:"))

        made = {self.stack.api.post("/policies", {"name": f"killed {number}", "parent_id": self.stack.policy_id, "document": {}})["id"] for number in range(20)}
        self.stack.manager.kill()
        self.stack.start_manager()
        told = self.told("policy.create", len(made))
        self.assertEqual(sorted(e["fields"]["audit.object"] for e in told), sorted(f"policy:{each}" for each in made))

        def received():
            with receiver.lock:
                lines = list(receiver.lines)
            return {line["metadata"]["uid"]: line for line in lines if line["api"]["operation"] == "policy.create"}
        wait_until("all of them at the receiver", lambda: set(received()) == {e["id"] for e in told})
        line = next(iter(received().values()))
        self.assertEqual((line["class_uid"], line["actor"]["user"]["uid"]), (6003, told[0]["fields"]["audit.actor"]))
        self.stack.api.request("DELETE", f"/destinations/{destination['id']}", headers={"If-Match": "*"})

    def test_a_change_of_all_these_events_is_one_more_and_nothing_follows_from_it(self):
        self.stack.api.post("/groups", {"name": "to be tagged"})
        self.told("group.create")
        tagged = self.warder("events", "tag", "--filter", f'{ACTION}:"*"', "--add", "seen")
        parts = [e["index"] for e in self.stack.api.pages("/audit") if e["action"] == "events.tag"]
        self.assertEqual(len(parts), 1, tagged)
        # Told in the order of the list: with what was made behind it, all that could have come of it is there.
        self.stack.api.post("/groups", {"name": "behind the tags"})
        wait_until("what came behind", lambda: any(e["fields"]["audit.entry"] > parts[0] for e in self.told("group.create")))
        self.assertEqual([e["fields"]["audit.entry"] for e in self.told("events.tag")], parts)
        self.assertEqual([e["index"] for e in self.stack.api.pages("/audit") if e["action"] == "events.tag"], parts)


if __name__ == "__main__":
    unittest.main()
