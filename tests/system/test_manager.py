"""A fresh manager as an administrator meets it: log in, write a policy, make a token, be refused with reasons."""
import unittest

from stack import ApiError, Stack


class Manager(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.__exit__, None)
        cls.stack.initialise()
        cls.api = cls.stack.api

    def test_a_policy_with_an_unknown_key_is_refused_with_its_place(self):
        with self.assertRaises(ApiError) as caught:
            self.stack.set_policy({"integrity": {"wacth": []}})
        self.assertEqual(caught.exception.status, 400)
        self.assertEqual(caught.exception.problem["errors"][0]["pointer"], "/document/integrity/wacth")

    def test_a_token_is_made_and_its_secret_is_shown_once(self):
        made = self.api.post("/enrol-tokens", {"name": "web"})
        self.assertTrue(made["token"].startswith("wdt1_"))
        listed = [t for t in self.api.pages("/enrol-tokens") if t["id"] == made["id"]]
        self.assertEqual(len(listed), 1)
        self.assertNotIn("token", listed[0])

    def test_a_bad_filter_is_refused(self):
        with self.assertRaises(ApiError) as caught:
            self.api.events("bad(((")
        self.assertEqual(caught.exception.status, 400)

    def test_the_audit_log_is_intact_and_survives_a_kill(self):
        before = self.api.get("/audit/verification")
        self.assertTrue(before["intact"])
        self.stack.manager.kill()
        self.stack.start_manager()
        after = self.api.get("/audit/verification")
        self.assertTrue(after["intact"])
        self.assertGreaterEqual(after["entries"], before["entries"])
        self.assertIn("policy.update", {entry["action"] for entry in self.api.pages("/audit")})


if __name__ == "__main__":
    unittest.main()
