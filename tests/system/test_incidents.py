"""An incident from its declaration to its end: told by real mail, a real host cut off and let go, evidence that shows every changed byte."""
import json
import subprocess
import time
import unittest

from hosts import OTHERS_OFF, SCANNER, Hosts
from rsyslog import make_certificate
from stack import BIN, ROOT, ApiError, Stack, wait_until


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


class Telling(unittest.TestCase):
    """InfoSec is told within a minute of the declaration, by a real mail server under TLS; who does not react is not the last to be told."""

    WITHIN_S = 60

    def setUp(self):
        self.stack = Stack("warder-test-telling-")
        self.addCleanup(self.stack.__exit__, None)
        folder = self.stack.folder / "mail"
        folder.mkdir()
        self.mails_file = folder / "mails.jsonl"
        ca, certificate, key = make_certificate(folder, "mail", "DNS:localhost")
        options = json.dumps({"certificate": str(certificate), "key": str(key)})
        with (folder / "log").open("ab") as log:
            self.server = subprocess.Popen(["/usr/bin/python3", "-B", ROOT / "tests/notify/mail_receiver.py", folder, options],
                                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(self.end_server)
        port = int(self.server.stdout.readline())
        with open(self.stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write('forward_private_networks = ["127.0.0.0/8"]\n')
        self.stack.initialise()
        self.api = self.stack.api
        mail = {"host": "localhost", "port": port, "security": "starttls", "ca_pem": ca.read_text(), "from": "warder@example.com", "to": ["soc@example.com"]}
        self.channel = self.api.post("/notice-channels", {"name": "mail", "kind": "mail", "settings": mail})["id"]
        first, second, third = (self.api.post("/users", {"username": name, "email": f"{name}@example.com", "roles": ["infosec"]})["id"] for name in ("ann", "bob", "cyd"))
        rota = self.api.post("/rotas", {
            "name": "infosec", "channel": self.channel, "members": [{"user": first}, {"user": second}, {"user": third, "skills": ["forensics"]}],
            "levels": [{"order": [user], "wait_s": 60} for user in (first, second, third)]})["id"]
        matrix = self.api.get("/incident-settings")["matrix"]
        self.api.request("PUT", "/incident-settings", {"matrix": matrix, "channels": [self.channel], "rota": rota})
        self.people = {"ann": first, "bob": second, "cyd": third}

    def end_server(self):
        self.server.kill()
        self.server.wait(30)
        self.server.stdout.close()

    def mail_to(self, person, subject):
        lines = self.mails_file.read_text().splitlines() if self.mails_file.exists() else []
        return next((mail for mail in map(json.loads, lines) if mail["to"] == [f"{person}@example.com"] and subject in mail["subject"]), None)

    def declare(self, title, **more):
        """Declares, and says after how many seconds the mail was there."""
        begun = time.monotonic()
        incident = self.api.post("/incidents", {"title": title, "impact": "high", "urgency": "high", **more})
        return incident, begun

    def test_infosec_has_the_mail_within_a_minute(self):
        incident, begun = self.declare("a host sends mail")
        self.assertEqual(incident["assignee"], self.people["ann"])
        for person in ("soc", "ann"):
            wait_until(f"the mail to {person}", lambda person=person: self.mail_to(person, "a host sends mail"), self.WITHIN_S)
        took = time.monotonic() - begun
        print(f"declared → mail: {took:.2f} s")
        self.assertLess(took, self.WITHIN_S)
        self.assertLess(self.api.get(f"/incidents/{incident['id']}")["seconds"]["notify"], self.WITHIN_S)

    def test_who_has_the_skill_is_asked_and_silence_goes_up(self):
        incident, _ = self.declare("a disk to be read", skill="forensics")
        wait_until("the mail to who has the skill", lambda: self.mail_to("cyd", "a disk to be read"), self.WITHIN_S)
        self.assertIsNone(self.mail_to("ann", "a disk to be read"), "who is on call without the skill is not asked first")
        # Nobody acknowledges: after its minute the next level is told.
        wait_until("the mail to the next level", lambda: self.mail_to("bob", "a disk to be read"), 90)
        lines = [line["kind"] for line in self.api.get(f"/incidents/{incident['id']}/timeline")["items"]]
        self.assertEqual(lines, ["declared", "assigned", "escalated"])
        taken = self.api.request("PATCH", f"/incidents/{incident['id']}", {"assignee": self.people["bob"]}, {"If-Match": "*"})
        self.assertIsNotNone(taken["acknowledged"])


if __name__ == "__main__":
    unittest.main()
