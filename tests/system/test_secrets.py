"""Canaries: secrets that go in through every door are in no log line, no column of the databases, and no message to other systems."""
import contextlib
import pathlib
import subprocess
import unittest

from stack import BIN, ApiError, Stack, free_port, wait_until
from test_sinks import HttpReceiver

HOOK_KEY = "whsec_" + "Q2FuYXJ5SG9va1NlY3JldDEyMzQ1Njc4"


def canary(what):
    return f"Canary-{what}-7Qz9x"


class Secrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-secrets-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        with open(cls.stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write('log_level = "debug"\nsso_allowed_networks = ["127.0.0.1"]\ndirectory_plaintext_on_loopback = true\n')
        cls.stack.initialise()

    def setUp(self):
        self.secrets = {}

    def remember(self, what, value=None):
        self.secrets[what] = value or canary(what)
        return self.secrets[what]

    def refused(self, call):
        with contextlib.suppress(ApiError):
            call()

    def use_passwords(self, api):
        self.refused(lambda: api.request("POST", "/tokens", {"username": "admin", "password": self.remember("wrong-password")}))
        self.refused(lambda: api.request("POST", "/tokens", {"username": "admin", "password": "x", "code": self.remember("code")}))
        made = api.post("/users", {"username": "kay", "password": self.remember("first-password", "Canary-First-Pass-81"), "roles": ["auditor"]})
        token = api.request("POST", "/tokens", {"username": "kay", "password": self.secrets["first-password"]})["token"]
        self.remember("session", token)
        link = api.post(f"/users/{made['id']}/password-reset")
        self.remember("reset-link", link["token"])
        self.refused(lambda: api.request("POST", "/password-resets", {"token": link["token"], "new": self.remember("weak-password", "weakcanary")}))
        api.request("POST", "/password-resets", {"token": link["token"], "new": self.remember("chosen-password", "Canary-Chosen-Pass-92")})
        recovered = self.stack.tool("warder-manager", "reset-password", "kay", "--json").stdout
        self.remember("recovery-link", recovered.split('"token":"')[1].split('"')[0])

    def use_keys(self, api):
        self.remember("api-key", api.post("/api-keys", {"name": "ci", "rights": ["agents:read"]})["key"])
        self.remember("enrol-token", api.post("/enrol-tokens", {"name": "host", "uses": 1})["token"])

    def use_providers(self, api):
        port = free_port()
        self.refused(lambda: api.post("/identity-providers", {
            "kind": "oidc", "name": "idp", "secret": self.remember("client-secret"), "mappings": [{"group": "ops", "roles": ["operator"]}],
            "settings": {"issuer": f"https://127.0.0.1:{port}", "client_id": "warder"}}))
        made = api.post("/identity-providers", {
            "kind": "ldap", "name": "dir", "secret": self.remember("bind-password"), "mappings": [{"group": "cn=ops,dc=example", "roles": ["operator"]}],
            "settings": {"servers": [f"ldap://127.0.0.1:{port}"], "bind_dn": "cn=warder", "user_base": "dc=example"}})
        self.refused(lambda: api.post(f"/identity-providers/{made['id']}/sync", {}))
        self.refused(lambda: api.request("POST", "/tokens", {"username": "somebody", "password": self.remember("directory-password")}))

    def add_destination(self, api, name, url, secret):
        return api.post("/destinations", {"name": name, "kind": "webhook", "secret": secret, "settings": {"url": url, "allow_http": True, "timeout_s": 3}})

    def test_secrets_are_nowhere_but_where_they_belong(self):
        api = self.stack.api
        receiver = HttpReceiver(self.stack.folder, "webhook", {"secrets": [HOOK_KEY]}).start()
        self.addCleanup(receiver.kill)
        self.remember("hook-key", HOOK_KEY)
        self.add_destination(api, "hook", receiver.url + "/hook", HOOK_KEY)
        lost = self.add_destination(api, "lost", f"http://127.0.0.1:{free_port()}/?access_token={canary('in-address')}", HOOK_KEY)
        self.use_passwords(api)
        self.use_keys(api)
        self.use_providers(api)
        self.refused(lambda: api.post(f"/destinations/{lost['id']}/trial"))
        self.remember("bearer", api.token)

        events = wait_until("the outage of the directory is told", lambda: api.events("type=directory.sync.failed"))
        self.assertEqual(events[0]["fields"]["directory.name"], "dir")
        wait_until("it arrives at the receiver", lambda: events[0]["id"] in receiver.ids())

        self.remember("in-address")
        self.search("the manager's log", self.stack.manager.log)
        self.search("what the receiver got", receiver.journal)
        del self.secrets["in-address"]  # of the settings, which those who may read them see
        found_files = [file for file in self.stack.manager_data.rglob("*") if file.is_file()]
        self.assertTrue(any(file.suffix == ".db" for file in found_files) or self.stack.server)
        for file in found_files:
            self.search("the data", file)
        if self.stack.server:
            return
        dumps = [subprocess.run(["sqlite3", str(file), ".dump"], capture_output=True, text=True, check=False, timeout=60).stdout
                 for file in found_files if file.suffix == ".db"]
        self.assertTrue(any("CREATE TABLE" in dump for dump in dumps))
        for dump in dumps:
            self.check("a dump of the database", dump)

    def search(self, what, file):
        self.check(f"{what}: {file}", pathlib.Path(file).read_bytes().decode("latin-1"))

    def check(self, where, text):
        for name, secret in self.secrets.items():
            self.assertNotIn(secret, text, f"{name} is in {where}")

    def test_what_the_filter_would_miss_is_seen_here(self):
        """The search itself can fail."""
        self.remember("planted")
        planted = self.stack.folder / "planted.log"
        planted.write_text('{"m":"' + self.secrets["planted"] + '"}')
        with self.assertRaises(AssertionError):
            self.search("a file", planted)
        self.assertTrue((BIN / "warder-manager").exists())


if __name__ == "__main__":
    unittest.main()
