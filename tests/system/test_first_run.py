"""The main job, end to end: a change on the host is an event in the API, said once, with who and what."""
import hashlib
import os
import time
import unittest

from stack import ApiError, Stack, wait_until


class FirstRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.__exit__, None)
        cls.stack.up()

    def events_of(self, path, kind="created"):
        return self.stack.api.events(f'type:"integrity.file.{kind}" and file.path:"{path}"')

    def test_a_new_file_is_one_event_with_its_hash(self):
        path = self.stack.watched / "new.conf"
        path.write_text("setting = 1\n")
        event = wait_until("event of the new file", lambda: self.events_of(path))[0]
        self.assertEqual(event["module"], "integrity")
        self.assertEqual(event["agent_id"], self.stack.agent_id)
        self.assertEqual(event["fields"]["file.hash.sha256"], hashlib.sha256(b"setting = 1\n").hexdigest())
        self.assertIn(str(path), event["title"])

    def test_a_changed_mode_says_was_and_is(self):
        path = self.stack.watched / "mode.conf"
        path.write_text("x")
        wait_until("event of the new file", lambda: self.events_of(path))
        os.chmod(path, 0o4755)
        event = wait_until("event of the mode", lambda: self.events_of(path, "attributes"))[0]
        self.assertIn("4755", str(event["fields"]))

    def test_a_deleted_file_is_an_event(self):
        path = self.stack.watched / "gone.conf"
        path.write_text("x")
        wait_until("event of the new file", lambda: self.events_of(path))
        path.unlink()
        wait_until("event of the deletion", lambda: self.events_of(path, "deleted"))

    def test_a_policy_change_reaches_the_agent_and_takes_effect(self):
        other = self.stack.folder / "other"
        other.mkdir()
        self.stack.set_policy({"integrity": {"watch": [str(self.stack.watched), str(other)], "exclude": []}})
        self.addCleanup(self.stack.wait_protected)
        self.addCleanup(self.stack.set_policy, {"integrity": {"watch": [str(self.stack.watched)], "exclude": []}})
        wait_until("policy applied", lambda: self.stack.agent_record()["policy_state"] == "applied", 10)
        path = other / "seen.conf"

        def is_seen():
            path.write_text(str(time.monotonic()))
            return self.events_of(path) or self.events_of(path, "updated")
        wait_until("event below the new path", is_seen)

    def test_a_policy_with_an_unknown_key_is_refused_with_its_place(self):
        with self.assertRaises(ApiError) as caught:
            self.stack.set_policy({"integrity": {"wacth": []}})
        self.assertEqual(caught.exception.status, 400)
        self.assertEqual(caught.exception.problem["errors"][0]["pointer"], "/document/integrity/wacth")

    def test_the_audit_log_is_intact_and_names_the_policy_change(self):
        self.assertTrue(self.stack.api.get("/audit/verification")["intact"])
        actions = {entry["action"] for entry in self.stack.api.pages("/audit")}
        self.assertIn("policy.update", actions)


if __name__ == "__main__":
    unittest.main()
