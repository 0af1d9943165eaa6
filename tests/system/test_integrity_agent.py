"""What integrity monitoring tells from inside a real agent, behind its sandbox: who changed a file, also when that process has ended;
which program listens; and whether somebody edited the baseline while the agent did not run."""
import hashlib
import os
import pathlib
import socket
import subprocess
import unittest

from stack import ApiError, Stack, wait_until


class Integrity(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.__exit__, None)
        self.stack.up()

    def events(self, text):
        return self.stack.api.events(text)

    def wait_for(self, text, what):
        return wait_until(what, lambda: self.events(text), 60)

    def test_who_changed_a_file_is_known_after_it_has_ended(self):
        target = self.stack.watched / "changed"
        subprocess.run(["/usr/bin/tee", target], input=b"by tee", stdout=subprocess.DEVNULL, check=True)
        event = self.wait_for(f'file.path:"{target}"', "the event")[0]
        fields = event["fields"]
        self.assertEqual(fields["process.executable"], os.path.realpath("/usr/bin/tee"))
        self.assertEqual(fields["process.command_line"], f"/usr/bin/tee {target}")
        self.assertEqual(fields["user.name"], "root")

    def test_a_port_comes_with_its_program_and_packs_of_rules_are_found(self):
        rule = ("id: ports\nsets:\n  - PortSet: {include: [{key: \"**\"}], attributes: [listeners, path]}\n")
        self.stack.set_policy({"integrity": {"watch": [str(self.stack.watched)], "exclude": [], "packs": ["cron"], "rules": [rule],
                                             "entity_interval_s": 10}, "log-inspection": {"enabled": False}})
        self.stack.wait_protected()
        listeners = []
        self.addCleanup(lambda: [each.close() for each in listeners])

        def find():
            # The first look is the baseline, and nothing says when it was: a new port for each time of asking.
            listeners.append(socket.create_server(("127.0.0.1", 0)))
            ports = {each.getsockname()[1] for each in listeners}
            return [e for e in self.events('type:"integrity.entity.created"') if any(str(p) in e["fields"]["entity.key"] for p in ports)]

        event = wait_until("a port", find, 60)[0]
        self.assertIn(os.path.realpath("/proc/self/exe"), event["fields"]["change.is"])

    def test_a_pack_that_does_not_exist_is_refused_with_its_place(self):
        self.stack.set_policy({"integrity": {"watch": [str(self.stack.watched)], "exclude": [], "packs": ["no-such"]}})
        record = wait_until("the refusal", lambda: (lambda r: r if r["policy_state"] == "failed" else None)(self.stack.agent_record()), 60)
        self.assertIn("packs/0: there is no no-such", record["policy_error"])

    def test_a_change_that_a_person_approved_is_no_alarm_the_next_time(self):
        target = self.stack.watched / "motd"
        target.write_text("as rolled out")
        event = self.wait_for(f'file.path:"{target}"', "the event")[0]
        self.assertNotEqual(event["severity"], "info")
        explained = self.stack.api.post(f"/events/{event['id']}/explanation", {"reason": "roll-out", "allow": True})
        self.assertEqual(explained["severity"], "info")
        self.assertEqual(explained["fields"]["change.explained_reason"], "roll-out")
        with self.assertRaises(ApiError) as again:
            self.stack.api.post(f"/events/{event['id']}/explanation", {"reason": "once more"})
        self.assertEqual(again.exception.status, 409)
        entry = self.stack.api.get("/audit", action="event.explain")["items"][0]
        self.assertEqual(entry["detail"]["reason"], "roll-out")
        wait_until("the policy", lambda: self.stack.agent_record()["policy_state"] == "applied", 60)
        target.unlink()
        self.wait_for(f'file.path:"{target}" and type:"integrity.file.deleted"', "that it went")
        target.write_text("as rolled out")
        of_target = f'file.path:"{target}" and type:"integrity.file.created"'
        wait_until("the same once more", lambda: len(self.events(of_target)) == 2, 60)
        self.assertEqual({e["severity"] for e in self.events(of_target)}, {"info"})
        target.write_text("something else")
        loud = self.wait_for(f'file.path:"{target}" and severity>=low', "the alarm")
        self.assertNotIn("change.explained_by", loud[0]["fields"])

    def test_an_edited_baseline_is_found_out(self):
        target = self.stack.watched / "program"
        target.write_bytes(b"the original")
        self.wait_for(f'file.path:"{target}"', "the first event")
        self.stack.agent.kill()
        file = next(pathlib.Path(self.stack.agent_state).glob("**/baseline.mdb"))
        known = hashlib.sha256(b"the original").digest()
        data = file.read_bytes()
        self.assertIn(known, data)
        with file.open("r+b") as out:
            at = data.find(known)
            while at >= 0:
                out.seek(at)
                out.write(hashlib.sha256(b"the changed!").digest())
                at = data.find(known, at + 1)
        self.stack.start_agent()
        event = self.wait_for("type:\"integrity.baseline.tampered\"", "the alarm")[0]
        self.assertEqual(event["severity"], "critical")

    def test_a_killed_agent_raises_no_false_alarm(self):
        for i in range(3):
            for j in range(50):
                (self.stack.watched / f"f{i}-{j}").write_text("x")
            self.stack.agent.kill()
            self.stack.start_agent()
            self.stack.wait_protected()
        wait_until("all files", lambda: len(self.events("type:\"integrity.file.created\"")) == 150, 90)
        self.assertEqual(self.events("type:\"integrity.baseline.tampered\""), [])
        self.assertEqual(self.events("type:\"integrity.baseline.unverified\""), [])

    def test_an_agent_without_its_manager_says_what_it_cannot_tell(self):
        self.stack.agent.kill()
        self.stack.manager.kill()
        self.stack.start_agent()
        (self.stack.watched / "meanwhile").write_text("x")
        status = lambda: next((m for m in self.stack.agent_status().get("modules", []) if m["module"] == "integrity"), {})
        wait_until("it watches all the same", lambda: status().get("state") == "on", 90)
        self.stack.start_manager()
        self.wait_for("type:\"integrity.baseline.unverified\"", "the report")
        self.assertEqual(self.events("type:\"integrity.baseline.tampered\""), [])


if __name__ == "__main__":
    unittest.main()
