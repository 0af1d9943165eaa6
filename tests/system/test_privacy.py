"""What a tenant does not want collected of people, with a real agent: pseudonyms, fields that are off, and agents that may not forward by themselves."""
import json
import re
import unittest

from rsyslog import Rsyslog
from stack import ApiError, StackTest, free_port, wait_until

PSEUDONYM = re.compile(r"psn-[0-9a-f]{20}")


class Privacy(StackTest):
    @property
    def api(self):
        return self.stack.api

    def setUp(self):
        self.addCleanup(self.choose)

    def choose(self, *rules):
        rows = [{"module": module, "data": data, "treatment": treatment} for module, data, treatment in rules]
        return self.api.request("PUT", "/privacy/collection", {"rules": rows})

    def change(self, name):
        """The event of a new file of this name."""
        (self.stack.watched / name).write_text("x")
        return wait_until("the event", lambda: next((e for e in self.api.events("module=integrity") if e["fields"].get("file.path", "").endswith(name)
                                                     and e["type"] == "integrity.file.created"), None))

    def stored_bytes(self):
        """Of the databases: SQLite's files, or everything that PostgreSQL keeps, its log of writes too."""
        server = self.stack.server
        places = [*self.stack.manager_data.rglob("*.db*")] if server is None else [*(server.folder / "db/base").rglob("*"), *(server.folder / "db/pg_wal").rglob("*")]
        return b"".join(path.read_bytes() for path in places if path.is_file())

    def test_users_get_pseudonyms_and_what_is_off_is_not_there(self):
        before = self.change("clear")["fields"]
        self.assertEqual(before["user.name"], "root")
        self.choose(("all", "users", "pseudonym"), ("integrity", "command-lines", "off"))
        fields = self.change("hidden")["fields"]
        self.assertRegex(fields["user.name"], PSEUDONYM)
        self.assertEqual(fields["file.owner"], fields["user.name"], "the same user is the same in every field")
        self.assertNotIn("user.id", fields)
        self.assertNotIn("process.command_line", fields)

        answer = self.api.post("/privacy/pseudonyms", {"value": "root", "pseudonym": fields["user.name"], "reason": "a test"})
        self.assertEqual(answer, {"pseudonym": fields["user.name"], "same": True})
        self.assertFalse(self.api.post("/privacy/pseudonyms", {"value": "alice", "pseudonym": fields["user.name"], "reason": "a test"})["same"])
        found = self.api.events(f'user.name={fields["user.name"]}')
        self.assertTrue(any(e["fields"]["file.path"].endswith("hidden") for e in found))
        entries = self.api.get("/audit?limit=3")["items"]
        self.assertEqual([e["action"] for e in entries][:2], ["privacy.resolve"] * 2)
        self.assertEqual(entries[1]["object"], f'pseudonym:{fields["user.name"]}')
        self.assertNotIn("root", json.dumps(entries[1]["detail"]))

    def test_a_value_that_is_off_is_nowhere_on_the_disk(self):
        self.choose(("all", "identifier", "off"), ("all", "content", "off"))
        name = "file-of-somebody-4711"
        (self.stack.watched / name).write_text("x")
        received = self.api.events("module=integrity and type=integrity.file.created")[:1]
        wait_until("the event", lambda: self.api.events("module=integrity and type=integrity.file.created")[:1] != received)
        self.assertNotIn(name.encode(), self.stored_bytes())
        self.choose()
        self.change("file-of-somebody-4712")
        self.assertIn(b"file-of-somebody-4712", self.stored_bytes(), "the check finds what is there")

    def test_an_agent_may_not_forward_by_itself(self):
        receiver = Rsyslog(self.stack.folder / f"rsyslog-{free_port()}").start()
        self.addCleanup(receiver.kill)
        def destination():
            return self.stack.agent_status().get("forwarding", {}).get("destination")
        self.stack.set_policy({"agent": {"heartbeat_s": 5, "self_protection": False}, "integrity": {"watch": [str(self.stack.watched)]}, "log-inspection": {"enabled": False},
                               "forwarding": {"enabled": True, "host": "127.0.0.1", "port": receiver.port, "ca_pem": receiver.ca.read_text()}})
        wait_until("the agent forwards", lambda: destination() == f"127.0.0.1:{receiver.port}")
        self.assertFalse(self.choose(("ips", "packets", "off"))["agents_may_forward"])
        wait_until("the agent forwards no more", lambda: destination() is None)
        self.assertTrue(self.choose()["agents_may_forward"])
        wait_until("the agent forwards again", lambda: destination() == f"127.0.0.1:{receiver.port}")

    def test_the_notice_says_what_was_chosen(self):
        self.choose(("ips", "source.ip", "pseudonym"))
        ips = next(m for m in self.api.get("/privacy/notice")["modules"] if m["module"] == "ips")
        self.assertEqual({f["field"]: f["treatment"] for f in ips["fields"]}["source.ip"], "pseudonym")
        self.assertGreater(ips["kept_days"], 0)
        self.assertRegex(self.stack.warder("privacy", "show"), r"ips\s+source.ip\s+pseudonym")

    def request_of(self, right, *values, **more):
        return self.api.post("/subject-requests", {"right": right, "person": "Alice Example", "values": list(values), **more})

    def test_an_unanswered_request_is_an_event_and_an_alert(self):
        made = self.request_of("access", "alice", received="2026-01-31T09:00:00Z")
        self.assertEqual((made["state"], made["due"][:19]), ("overdue", "2026-02-28T09:00:00"))
        wait_until("the event", lambda: [e for e in self.api.events("type=privacy.request.overdue") if e["fields"]["privacy.request"] == made["id"]])
        wait_until("the alert", lambda: self.api.get("/alerts?rule=subject-request-overdue")["items"])
        with self.assertRaises(ApiError) as refused:
            self.api.post(f'/subject-requests/{made["id"]}/steps', {"step": "extend", "note": "too late"})
        self.assertEqual(refused.exception.status, 409)
        late = self.api.post(f'/subject-requests/{made["id"]}/steps', {"step": "refuse", "note": "not known here"})
        self.assertEqual(late["state"], "late")

    def test_a_person_is_found_and_erased(self):
        self.change("of-root")
        made = self.request_of("erasure", "root")
        with self.assertRaises(ApiError) as refused:
            self.api.post(f'/subject-requests/{made["id"]}/export', None)
        self.assertEqual(refused.exception.status, 409)
        self.api.post(f'/subject-requests/{made["id"]}/steps', {"step": "check-identity", "note": "seen"})
        data = self.api.post(f'/subject-requests/{made["id"]}/export', None)
        self.assertTrue(any(e["fields"]["file.path"].endswith("of-root") for e in data["events"] if "file.path" in e["fields"]))
        receipt = self.api.post(f'/subject-requests/{made["id"]}/erasures', None)
        self.assertGreater(receipt["events"], 0)
        self.assertTrue(receipt["complete"])
        self.assertEqual(self.api.events("user.name=root and module=integrity"), [])
        self.assertTrue(self.api.events('user.name="[removed]"'))
        entry = self.api.get("/audit?limit=1")["items"][0]
        self.assertEqual((entry["action"], entry["detail"]["sha256"]), ("subject-request.erase", receipt["sha256"]))
        done = self.api.post(f'/subject-requests/{made["id"]}/steps', {"step": "complete", "note": "told by mail"})
        self.assertEqual(done["state"], "done")

    def test_what_is_no_rule_is_refused(self):
        for rule in (("manager", "users", "off"), ("all", "file.size", "off"), ("all", "packets", "pseudonym"), ("nothing", "users", "off")):
            with self.assertRaises(ApiError) as refused:
                self.choose(rule)
            self.assertEqual(refused.exception.status, 400)
        self.assertEqual(self.api.get("/privacy/collection")["rules"], [])


if __name__ == "__main__":
    unittest.main()
