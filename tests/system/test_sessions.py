"""What the audit log and the administrators see of the sessions of others."""
import json
import subprocess
import unittest

from stack import BIN, PASSWORD, Api, Stack, wait_until

GIVEN = "Given-By-Others-31"


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-sessions-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        with open(cls.stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write("session_idle_s = 60\n")
        cls.stack.initialise()

    def cli(self, *arguments, code=0):
        environment = {"WARDER_URL": f"https://127.0.0.1:{self.stack.api_port}", "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"),
                       "WARDER_TOKEN": self.stack.api.token, "HOME": str(self.stack.folder)}
        run = subprocess.run([BIN / "warder", *arguments], capture_output=True, text=True, env=environment, timeout=60)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout + run.stderr

    def member(self, name):
        self.stack.api.post("/users", {"username": name, "password": GIVEN, "roles": ["auditor"]})
        client = Api(f"https://127.0.0.1:{self.stack.api_port}", str(self.stack.manager_data / "ca.pem"))
        client.login(GIVEN, name)
        client.request("PUT", "/session/password", {"current": GIVEN, "new": PASSWORD})
        return client

    def ends(self):
        return [entry["detail"] for entry in self.stack.api.pages("/audit") if entry["action"] == "session.end"]

    def test_an_administrator_ends_a_session_and_its_end_is_written_down(self):
        client = self.member("ann")
        shown = json.loads(self.cli("--json", "users", "sessions", "ann"))
        self.assertEqual([(s["method"], s["address"], s["ended"]) for s in shown], [("password", "127.0.0.1", None)])
        self.cli("users", "end-sessions", "--session", shown[0]["id"])
        client.login(PASSWORD, "ann")
        self.cli("users", "end-sessions", "ann")
        self.assertIn("ended-by-administrator", self.cli("users", "sessions", "ann"))
        self.assertEqual([end["reason"] for end in self.ends()[:2]], ["ended-by-administrator"] * 2)
        self.assertGreaterEqual(self.ends()[0]["duration_s"], 0)
        self.cli("users", "end-sessions", code=1)

    def test_a_session_that_nobody_ends_is_written_down_by_itself(self):
        client = self.member("bob")
        client.post("/session", {"username": "bob", "password": PASSWORD})  # a browser that is left alone
        browser = next(s["id"] for s in json.loads(self.cli("--json", "users", "sessions", "bob")) if s["kind"] == "browser")
        wait_until("the end is in the log", lambda: browser in [end["session"] for end in self.ends()], 120)
        end = next(end for end in self.ends() if end["session"] == browser)
        self.assertEqual((end["reason"], end["duration_s"], end["method"]), ("idle", 60, "password"))


if __name__ == "__main__":
    unittest.main()
