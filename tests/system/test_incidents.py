"""An incident from its declaration to its end: told, a real host cut off and let go, evidence that shows every changed byte."""
import json
import subprocess
import unittest

from hosts import OTHERS_OFF, SCANNER, Hosts
from stack import BIN, ApiError, wait_until


def allow(port):
    return {"mode": "inline", "commit_confirm_s": 0,
            "rules": [{"id": f"p{port}", "action": "allow", "protocol": "tcp", "destination_ports": [str(port)]}]}


def verify(bundle, *options):
    return subprocess.run([BIN / "warder", "incident", "evidence", "verify", bundle, *options], capture_output=True, text=True, timeout=60)


class Incidents(unittest.TestCase):
    def setUp(self):
        self.hosts = Hosts()
        self.addCleanup(self.hosts.__exit__, None)
        self.hosts.initialise()

    def state_of_command(self, incident, command):
        listed = self.hosts.api.get(f"/incidents/{incident}/isolations")["items"]
        return next(i["state"] for i in listed if i["command_id"] == command)

    def isolate(self, incident, action):
        made = self.hosts.api.post(f"/incidents/{incident}/isolations", {"agent_id": self.hosts.agent_id, "action": action})
        wait_until(f"{action} done", lambda: self.state_of_command(incident, made["command_id"]) == "succeeded")

    def test_from_declaration_to_end(self):
        hosts, api = self.hosts, self.hosts.api
        hosts.listen(8080)
        hosts.set_policy({**OTHERS_OFF, "firewall": allow(8080)})
        hosts.start()
        wait_until("the firewall", lambda: (hosts.module() or {}).get("state") == "on", 90)
        self.assertTrue(hosts.connects(8080))

        incident = api.post("/incidents", {"title": "a host sends mail", "impact": "high", "urgency": "high"})["id"]
        told = wait_until("InfoSec is told", lambda: api.events("type=incident.declared"))
        self.assertEqual(told[0]["fields"]["incident.id"], incident)
        declared = api.get(f"/incidents/{incident}")
        self.assertEqual((declared["severity"], declared["number"]), ("critical", 1))
        self.assertLess(declared["seconds"]["notify"], 60)

        self.isolate(incident, "isolate")
        self.assertFalse(hosts.connects(8080, SCANNER))
        self.assertEqual(hosts.agent_record()["state"], "online", "and its manager reaches it")
        api.post(f"/incidents/{incident}/state", {"state": "contained", "note": "cut off"})

        api.post(f"/incidents/{incident}/evidence", {"kind": "events", "name": "events.jsonl"})
        api.post(f"/incidents/{incident}/evidence", {"kind": "audit", "name": "audit.jsonl"})
        api.post(f"/incidents/{incident}/evidence", {"kind": "agent", "name": "agent.json", "agent_id": hosts.agent_id})
        bundle = hosts.folder / "bundle.json"
        document = api.post(f"/incidents/{incident}/bundles", {"reason": "a test"})
        bundle.write_text(json.dumps(document))
        key = api.get("/audit/key")["key"]
        good = verify(bundle, "--key", key)
        self.assertEqual(good.returncode, 0, good.stderr)
        document["files"][0]["content"] = "AAAA" + document["files"][0]["content"][4:]
        bundle.write_text(json.dumps(document))
        bad = verify(bundle, "--key", key)
        self.assertNotEqual(bad.returncode, 0)
        self.assertIn(document["files"][0]["name"], bad.stderr)
        custody = api.get(f"/incidents/{incident}/custody")["items"]
        self.assertEqual([c["action"] for c in custody], ["taken", "taken", "taken", "bundled"])

        self.isolate(incident, "release")
        self.assertTrue(hosts.connects(8080, SCANNER))

        words = {"root_cause": "a weak password", "corrective_action": "passkeys", "plan_review": "nobody knew the rota"}
        for name, text in words.items():
            with self.assertRaises(ApiError) as refused:
                api.post(f"/incidents/{incident}/state", {"state": "closed"})
            self.assertEqual(refused.exception.status, 400)
            api.request("PATCH", f"/incidents/{incident}", {name: text}, {"If-Match": "*"})
        closed = api.post(f"/incidents/{incident}/state", {"state": "closed"})
        self.assertEqual(closed["state"], "closed")
        for measure in ("notify", "acknowledge", "contain", "close"):
            self.assertIsNotNone(closed["seconds"][measure], measure)
        measured = api.get("/incident-statistics")["items"]
        self.assertEqual([(m["severity"], m["open"]) for m in measured], [("critical", 0)])
        actions = [e["action"] for e in api.get("/audit", limit=200)["items"] if e["object"] == f"incident:{incident}"]
        self.assertEqual(actions.count("incident.isolation"), 2)


if __name__ == "__main__":
    unittest.main()
