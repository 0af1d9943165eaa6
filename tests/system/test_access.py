"""The access policy of a tenant on a real listener: from which networks people, sessions and API keys may come in."""
import http.client
import json
import subprocess
import unittest
import urllib.parse

from stack import BIN, PASSWORD, Stack, wait_until

INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-access-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.initialise()

    def cli(self, *arguments, code=0):
        environment = {"WARDER_URL": f"https://127.0.0.1:{self.stack.api_port}", "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"),
                       "WARDER_TOKEN": self.stack.api.token, "HOME": str(self.stack.folder)}
        run = subprocess.run([BIN / "warder", *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=60)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout + run.stderr

    def ask(self, address, method, path, body=None, token=None):
        api = self.stack.api
        port = urllib.parse.urlsplit(api.base).port
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=api.context, source_address=(address, 0), timeout=30)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        # What a stranger says of where it comes from is not believed.
        connection.request(method, "/api/v1" + path, json.dumps(body) if body else None, headers | {"X-Forwarded-For": INSIDE})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def set_rules(self, rules, code=0):
        file = self.stack.folder / "rules.json"
        file.write_text(json.dumps({"rules": rules}))
        return self.cli("access-policy", "set", file, code=code)

    def test_administrators_come_in_from_allowed_networks_only(self):
        login = {"username": "admin", "password": PASSWORD}
        token = self.ask(OUTSIDE, "POST", "/tokens", login)[1]["token"]
        key = self.stack.api.post("/api-keys", {"name": "ci", "rights": ["agents:read"]})["key"]
        self.assertEqual(self.ask(OUTSIDE, "GET", "/agents", token=key)[0], 200)

        self.assertIn("outside of the networks yourself", self.set_rules([{"roles": ["full-access"], "networks": ["192.0.2.0/24"]}], code=1))
        self.assertIn("log in with passkey yourself", self.set_rules([{"proofs": ["passkey"]}], code=1))
        self.assertIn("/rules/0/networks", self.set_rules([{"networks": ["127.0.0.1/8"]}], code=1))
        self.set_rules([{"roles": ["full-access"], "networks": [INSIDE]}, {"roles": ["auditor"], "proofs": ["totp", "passkey"]}])
        self.assertIn(INSIDE, self.cli("access-policy", "show"))

        self.assertEqual(self.ask(OUTSIDE, "GET", "/agents", token=token)[0], 403)
        self.assertEqual(self.ask(INSIDE, "GET", "/agents", token=token)[0], 200)
        self.assertEqual(self.ask(OUTSIDE, "POST", "/tokens", login)[0], 401)
        self.assertEqual(self.ask(OUTSIDE, "GET", "/agents", token=key)[0], 403)
        self.assertEqual(self.ask(INSIDE, "GET", "/agents", token=key)[0], 200)
        written = [(entry["action"], entry["outcome"], entry["detail"].get("reason")) for entry in self.stack.api.pages("/audit")]
        for expected in (("access.denied", "denied", "network"), ("session.login", "denied", "network"),
                         ("access-policy.set", "denied", "would-lock-out"), ("access-policy.set", "success", None)):
            self.assertIn(expected, written)

        self.stack.api.post("/users", {"username": "eve", "password": "Given-By-Others-31", "roles": ["auditor"]})
        weak = self.ask(OUTSIDE, "POST", "/tokens", {"username": "eve", "password": "Given-By-Others-31"})[1]
        self.assertTrue(weak["must_enrol"])
        # The way back for when nobody can come in any more.
        self.assertIn("2 rules", self.stack.tool("warder-manager", "access-policy", "clear").stdout)
        wait_until("the manager follows", lambda: self.ask(OUTSIDE, "GET", "/agents", token=token)[0] == 200, seconds=20)
        cleared = next(e for e in self.stack.api.pages("/audit") if e["action"] == "access-policy.set")
        self.assertEqual((cleared["actor"], cleared["detail"]["rules"]), ("job:command-line", []))
        self.assertEqual(self.ask(OUTSIDE, "GET", "/agents", token=token)[0], 200)


if __name__ == "__main__":
    unittest.main()
