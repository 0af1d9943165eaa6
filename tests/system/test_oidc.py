"""Single sign-on against the package oidc-provider: as a browser and as the command line meet it."""
import json
import os
import re
import subprocess
import unittest
import urllib.parse

from oidc_provider import ALGORITHMS, SECRET, Browser, Provider, install
from stack import BIN, ApiError, Program, Stack, wait_until

PEOPLE = {
    "ann": {"preferred_username": "ann", "name": "Ann Example", "email": "ann@example.org", "groups": ["ops"]},
    "bob": {"preferred_username": "bob", "name": "Bob Example", "email": "bob@example.org", "groups": ["choir"]},
    "root": {"preferred_username": "admin", "name": "Not our admin", "email": "admin@example.org", "groups": ["ops"]},
}


class Oidc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        install()
        cls.stack = Stack("warder-test-oidc-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.provider = Provider(cls.stack.folder, "localhost")
        cls.addClassCleanup(cls.provider.stop)
        with open(cls.stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write(f'sso_ca_file = "{cls.provider.ca}"\nsso_allowed_networks = ["127.0.0.1", "::1"]\n')
        cls.stack.initialise()
        cls.base = f"https://127.0.0.1:{cls.stack.api_port}"
        cls.ids = {algorithm: cls.add_provider(algorithm) for algorithm in ALGORITHMS}
        cls.provider.start([cls.callback(i) for i in cls.ids.values()], PEOPLE)

    @classmethod
    def add_provider(cls, algorithm):
        file, secret = cls.stack.folder / "provider.json", cls.stack.folder / "secret"
        file.write_text(json.dumps({"kind": "oidc", "settings": {"issuer": cls.provider.issuer, "client_id": f"warder-{algorithm}",
                                                                 "algorithms": [algorithm]},
                                    "mappings": [{"group": "ops", "roles": ["operator"]}]}))
        secret.write_text(SECRET)
        secret.chmod(0o600)
        made = json.loads(cls.cli("--json", "sso", "add", f"Provider {algorithm}", "--file", file, "--secret-file", secret))
        return made["id"]

    @classmethod
    def callback(cls, provider):
        return f"{cls.base}/api/v1/sso/primary/{provider}/callback"

    @classmethod
    def environment(cls, home="home"):
        return {**os.environ, "HOME": str(cls.stack.folder / home), "WARDER_URL": cls.base, "WARDER_CA_FILE": str(cls.stack.manager_data / "ca.pem"),
                "WARDER_CONFIG_DIR": str(cls.stack.folder / home)}

    @classmethod
    def cli(cls, *words, token=None, code=0):
        run = subprocess.run([BIN / "warder", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                             env={**cls.environment(), "WARDER_TOKEN": token or cls.stack.api.token})
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout if code == 0 else run.stderr

    def browser(self):
        return Browser(self.stack.manager_data / "ca.pem", self.provider.ca)

    def arrive(self, browser, name, provider):
        """Through the provider's pages and back: what the callback answers."""
        departure = browser.get(f"{self.base}/api/v1/sso/primary/{provider}/start")
        self.assertEqual(departure.status, 302, departure.text)
        cookie = departure.headers["set-cookie"]
        for word in ("__Host-warder-sso=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn(word, cookie)
        return browser.get(browser.log_in_at_provider(departure, name, self.callback(provider)))

    def begin(self, browser, **body):
        return browser.ask("POST", f"{self.base}/api/v1/sso/session", json.dumps(body), {"Content-Type": "application/json"})

    def test_a_browser_logs_in_with_each_algorithm(self):
        users = set()
        for algorithm, provider in self.ids.items():
            with self.subTest(algorithm):
                browser = self.browser()
                back = self.arrive(browser, "ann", provider)
                if algorithm != ALGORITHMS[0]:  # another provider's "ann" is another person, who cannot have the same name
                    self.assertEqual(back.location, "/login?sso=continue", back.text)
                    self.assertEqual(self.begin(browser).status, 409)
                    continue
                self.assertEqual((back.status, back.location), (302, "/login?sso=continue"), self.stack.manager.tail())
                session = self.begin(browser)
                self.assertEqual(session.status, 200, session.text)
                body = json.loads(session.text)
                self.assertEqual(body["user"]["username"], "ann")
                self.assertEqual(body["user"]["source"]["name"], f"Provider {algorithm}")
                self.assertIn("agents:write", body["rights"])
                self.assertIn("SameSite=Strict", session.headers["set-cookie"])
                self.assertEqual(self.begin(browser).status, 404, "a ticket begins one session")
                users.add(body["user"]["id"])
                again = self.browser()
                self.arrive(again, "ann", provider)
                users.add(json.loads(self.begin(again).text)["user"]["id"])
        self.assertEqual(len(users), 1)
        entries = [e for e in self.stack.api.pages("/audit") if e["action"] == "session.login" and e["detail"].get("method") == "oidc"]
        self.assertGreaterEqual(len(entries), 2)

    def test_who_has_no_role_or_the_name_of_another_stays_out(self):
        provider = self.ids["RS256"]
        for name, status in (("bob", 403), ("root", 409)):
            with self.subTest(name):
                browser = self.browser()
                self.assertEqual(self.arrive(browser, name, provider).location, "/login?sso=continue")
                self.assertEqual(self.begin(browser).status, status)
        with self.assertRaises(ApiError):
            self.stack.api.post("/tokens", {"username": "bob", "password": "any"})

    def test_answers_that_were_seen_or_stolen_are_refused(self):
        provider = self.ids["RS256"]
        browser = self.browser()
        departure = browser.get(f"{self.base}/api/v1/sso/primary/{provider}/start")
        cookie = browser.cookie(self.base, "__Host-warder-sso")
        address = browser.log_in_at_provider(departure, "ann", self.callback(provider))
        stranger = self.browser()
        self.assertEqual(stranger.get(address).location, "/login?sso=failed", "without the cookie of the beginning")
        other = self.callback(self.ids["ES256"]) + "?" + urllib.parse.urlsplit(address).query
        self.assertEqual(browser.ask("GET", other, headers={"Cookie": f"__Host-warder-sso={cookie}"}).location, "/login?sso=failed")
        mixed = self.browser()
        fresh = mixed.get(f"{self.base}/api/v1/sso/primary/{provider}/start")
        mixed_address = mixed.log_in_at_provider(fresh, "ann", self.callback(provider))
        self.assertIn("iss=", mixed_address)
        self.assertEqual(mixed.get(re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", mixed_address)).location, "/login?sso=failed")
        self.assertEqual(browser.ask("GET", address, headers={"Cookie": f"__Host-warder-sso={cookie}"}).location, "/login?sso=continue")
        replayed = browser.ask("GET", address, headers={"Cookie": f"__Host-warder-sso={cookie}"})
        self.assertEqual(replayed.location, "/login?sso=failed", "the same answer again")

    def test_the_command_line_logs_in_through_a_browser(self):
        provider = self.ids["RS256"]
        log = self.stack.folder / "cli.log"
        program = Program(log, BIN / "warder", "login", "--sso", "Provider RS256", environment=self.environment("sso-home"))
        self.addCleanup(program.kill)
        address = wait_until("address to open", lambda: re.search(r"https://\S+/start\?\S+&port=\d+", program.tail()))[0]
        browser = self.browser()
        page = browser.get(browser.log_in_at_provider(browser.get(address), "ann", self.callback(provider)))
        self.assertEqual(page.status, 200, page.text)
        handed_over = re.search(r'href="(http://127\.0\.0\.1:\d+/\?ticket=[A-Za-z0-9_.-]+)"', page.text)
        self.assertTrue(handed_over, page.text)
        subprocess.run(["curl", "-fsS", "--noproxy", "*", handed_over[1]], check=True, capture_output=True, timeout=30)
        self.assertEqual(program.process.wait(30), 0, program.tail())
        run = subprocess.run([BIN / "warder", "--json", "whoami"], capture_output=True, text=True, timeout=60, env=self.environment("sso-home"))
        self.assertEqual(json.loads(run.stdout)["user"]["username"], "ann", run.stderr)
        # The ticket in the browser's history is worth nothing.
        ticket = handed_over[1].split("=")[1]
        with self.assertRaises(ApiError) as refused:
            self.stack.api.post("/sso/tokens", {"ticket": ticket, "verifier": "v" * 43})
        self.assertEqual(refused.exception.status, 404)

    def test_a_disabled_provider_lets_nobody_begin(self):
        provider = self.ids["PS256"]
        browser = self.browser()
        self.cli("sso", "change", "Provider PS256", "--disable")
        self.assertEqual(browser.get(f"{self.base}/api/v1/sso/primary/{provider}/start").status, 404)
        self.cli("sso", "change", "Provider PS256", "--enable")
        self.assertEqual(browser.get(f"{self.base}/api/v1/sso/primary/{provider}/start").status, 302)

    def test_secrets_are_in_no_log(self):
        self.assertNotIn(SECRET, (self.stack.folder / "manager.log").read_text())
        for entry in self.stack.api.pages("/audit"):
            self.assertNotIn(SECRET, json.dumps(entry))


if __name__ == "__main__":
    unittest.main()
