"""Client certificates of people on the real listener: asked for and not demanded, a proof beside the password or alone, and what does not hold."""
import contextlib
import http.client
import itertools
import json
import socket
import ssl
import subprocess
import unittest

from client_authority import ClientAuthority
from stack import BIN, PASSWORD, Stack

LOGIN = {"username": "admin", "password": PASSWORD}
# Logins are limited by address.
ADDRESSES = (f"127.9.0.{n}" for n in itertools.count(1))


class Connection:
    """One TLS connection, with a certificate or without."""

    def __init__(self, stack, shown=None, version=None):
        context = ssl.create_default_context(cafile=stack.manager_data / "ca.pem")
        if version:
            context.maximum_version = version
        if shown:
            context.load_cert_chain(*shown)
        self.http = http.client.HTTPSConnection("127.0.0.1", stack.api_port, context=context, timeout=30, source_address=(next(ADDRESSES), 0))

    def ask(self, method, path, body=None, token=None, headers=None):
        sent = {"Content-Type": "application/json"} | (headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        self.http.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, sent)
        answer = self.http.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def close(self):
        self.http.close()


class ClientCertificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-certificates-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        with open(cls.stack.manager_toml, "a", encoding="ascii") as settings:
            settings.write("client_certificates = true\n")
        cls.stack.initialise()
        cls.api = cls.stack.api
        cls.root = ClientAuthority(cls.stack.folder / "root", "Staff CA")
        cls.team = ClientAuthority(cls.stack.folder / "team", "Team CA", cls.root)
        cls.admin_id = cls.api.get("/session")["user"]["id"]

    def cli(self, *arguments, code=0, home="home", **environment):
        folder = self.stack.folder / home
        folder.mkdir(exist_ok=True)
        environment = {"WARDER_URL": f"https://127.0.0.1:{self.stack.api_port}", "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"),
                       "HOME": str(folder)} | environment
        run = subprocess.run([BIN / "warder", *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=60)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout + run.stderr

    def as_admin(self, *arguments, code=0):
        return self.cli(*arguments, code=code, WARDER_TOKEN=self.api.token)

    def connect(self, shown=None, **options):
        connection = Connection(self.stack, shown, **options)
        self.addCleanup(connection.close)
        return connection

    def ask(self, method, path, body=None, token=None, shown=None, **options):
        return self.connect(shown, **options).ask(method, path, body, token)

    def login(self, shown):
        return self.ask("POST", "/tokens", LOGIN, shown=shown)[1]["token"]

    def alone(self, shown):
        return self.ask("POST", "/tokens/certificate", {}, shown=shown)

    def method_of(self, token, shown=None):
        return next(s["method"] for s in self.ask("GET", "/sessions", token=token, shown=shown)[1]["items"] if s["current"])

    def reasons(self):
        return [(e["action"], e["outcome"], e["detail"].get("reason")) for e in self.api.pages("/audit")]

    def bind(self, shown, user=None, code=0):
        if user:
            return self.as_admin("certificates", "add", user, shown[0], "--name", "laptop", code=code)
        password = self.stack.folder / "password"
        password.write_text(PASSWORD)
        return self.as_admin("certificates", "add", self.admin_id, shown[0], "--name", "laptop", "--own", "--password-file", password, code=code)

    def set_policy(self, rules=(), alone=False):
        self.api.request("PUT", "/access-policy", {"rules": list(rules), "certificate_alone": alone}, {"If-Match": "*"})

    def authorities(self):
        return list(self.api.pages("/client-authorities"))

    @contextlib.contextmanager
    def trusted(self, name, authority):
        made = self.api.post("/client-authorities", {"name": name, "certificate": authority.certificate.read_text()})
        try:
            yield made
        finally:
            self.set_policy()
            self.api.request("DELETE", f"/client-authorities/{made['id']}")

    def test_a_certificate_is_asked_for_and_not_demanded(self):
        stranger = ClientAuthority(self.stack.folder / "stranger", "Stranger CA").issue("admin")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertEqual(self.ask("POST", "/tokens", LOGIN, version=version)[0], 200)
            token = self.ask("POST", "/tokens", LOGIN, shown=stranger, version=version)[1]["token"]
            self.assertEqual(self.method_of(token), "password")
        self.assertEqual(self.alone(None)[0], 401)
        self.assertEqual(self.alone(stranger)[0], 401)

    def test_beside_the_password_and_by_the_command_line(self):
        self.as_admin("client-authorities", "add", "Staff", self.root.certificate)
        self.addCleanup(lambda: [self.api.request("DELETE", f"/client-authorities/{a['id']}") for a in self.authorities()])
        shown = self.team.issue("admin")
        self.assertIn("/password", self.as_admin("certificates", "add", self.admin_id, shown[0], "--name", "laptop", code=1))
        self.bind(shown)
        self.assertIn(self.admin_id, self.as_admin("certificates", "list", "--user", self.admin_id))
        token = self.login(shown)
        self.assertEqual(self.method_of(token, shown), "password+certificate")
        # The session is of who holds the certificate.
        self.assertEqual(self.ask("GET", "/agents", token=token)[0], 403)
        self.assertEqual(self.ask("GET", "/agents", token=token, shown=self.team.issue("admin"))[0], 403)
        self.assertEqual(self.ask("GET", "/agents", token=token, shown=shown)[0], 200)
        # A connection that several sessions share gives none of them more.
        connection = self.connect(shown)
        for one, status in ((token, 200), (self.api.token, 200), ("wdk_" + "x" * 43, 401), (token, 200)):
            self.assertEqual(connection.ask("GET", "/agents", token=one)[0], status)
        self.assertEqual(self.method_of(self.api.token, shown), "password")
        # What a proxy says of certificates is not believed.
        forged = {"X-SSL-Client-Cert": shown[0].read_text().replace("\n", " "), "X-Forwarded-Client-Cert": "Subject=admin"}
        self.assertEqual(self.connect().ask("GET", "/agents", token=token, headers=forged)[0], 403)

        password = self.stack.folder / "password"
        password.write_text(PASSWORD)
        self.cli("login", "--password-file", password, "--certificate", shown[0], "--key", shown[1])
        self.assertIn("password+certificate", self.cli("sessions", "list"))
        saved = self.stack.folder / "home/.config/warder/credentials.json"
        kept = json.loads(saved.read_text())
        saved.write_text(json.dumps(kept | {"certificate_file": "", "key_file": ""}))
        self.assertIn("client certificate", self.cli("agents", "list", code=1))
        saved.write_text(json.dumps(kept))
        self.cli("logout")

    def test_administrators_are_limited_to_certificates(self):
        with self.trusted("Staff", self.root):
            shown = self.root.issue("admin")
            self.bind(shown)
            rule = {"roles": ["full-access"], "proofs": ["certificate"]}
            self.assertIn("log in with certificate yourself", str(self.assertRaisesProblem(lambda: self.set_policy([rule]))))
            token = self.login(shown)
            status, answer = self.connect(shown).ask("PUT", "/access-policy", {"rules": [rule]}, token, {"If-Match": "*"})
            self.assertEqual(status, 200, answer)
            try:
                weak = self.ask("POST", "/tokens", LOGIN)[1]
                self.assertTrue(weak["must_enrol"])
                self.assertEqual(self.ask("GET", "/agents", token=weak["token"])[0], 403)
                self.assertEqual(self.ask("GET", "/agents", token=token, shown=shown)[0], 200)
                self.assertEqual(self.ask("GET", "/agents", token=self.api.token)[0], 403)
            finally:
                self.connect(shown).ask("PUT", "/access-policy", {"rules": []}, token, {"If-Match": "*"})

    def assertRaisesProblem(self, call):
        with self.assertRaises(Exception) as raised:
            call()
        return raised.exception

    def test_alone_where_the_policy_says_so_and_every_trap(self):
        with self.trusted("Staff", self.root) as trusted:
            shown = self.root.issue("ann")
            ann = self.api.post("/users", {"username": "ann", "password": "Given-By-Others-31", "roles": ["auditor"]})["id"]
            self.bind(shown, ann)
            self.assertEqual(self.alone(shown)[0], 401)
            self.set_policy(alone=True)
            status, answer = self.alone(shown)
            self.assertEqual(status, 200, answer)
            token = answer["token"]
            change = {"current": "Given-By-Others-31", "new": "Chosen-By-Herself-47"}
            self.assertEqual(self.ask("PUT", "/session/password", change, token=token, shown=shown)[0], 204)
            self.assertEqual(self.method_of(token, shown), "certificate")
            self.cli("login", "--certificate", shown[0], "--key", shown[1], "--without-password", home="ann")
            self.assertIn("ann", self.cli("whoami", home="ann"))

            twin = ClientAuthority(self.stack.folder / "twin", "Staff CA")
            for name, bad in (("expired", self.root.issue("ann", begins=-9, ends=-1)), ("not-yet-valid", self.root.issue("ann", begins=1)),
                              ("unknown-authority", twin.issue("ann")), ("wrong-purpose", self.root.issue("ann", "server"))):
                with self.subTest(name):
                    self.assertIn(name, self.bind(bad, ann, code=1))
                    self.assertEqual(self.alone(bad)[0], 401)
            itself = (self.root.certificate, self.root.key)
            self.assertIn("wrong-purpose", self.bind(itself, ann, code=1))
            self.assertEqual(self.alone(itself)[0], 401)
            heap = self.stack.folder / "heap.pem"
            heap.write_text(shown[0].read_text() + self.root.certificate.read_text() * 200)
            with self.assertRaises((OSError, http.client.HTTPException)):
                self.alone((heap, shown[1]))
            some = self.stack.folder / "some.pem"
            some.write_text(shown[0].read_text() + self.root.certificate.read_text() * 9)
            self.assertEqual(self.alone((some, shown[1]))[0], 401)

            # A TLS session that is resumed shows nothing by itself.
            self.check_resumption(shown, token)

            self.root.revoke(shown[0])
            self.as_admin("client-authorities", "revocations", trusted["id"], self.root.revocations())
            self.assertEqual(self.ask("GET", "/agents", token=token, shown=shown)[0], 401)
            self.assertEqual(self.alone(shown)[0], 401)
            second = self.root.issue("ann")
            self.bind(second, ann)
            self.assertEqual(self.alone(second)[0], 200)
            self.api.request("PATCH", f"/users/{ann}", {"disabled": True}, {"If-Match": "*"})
            self.assertEqual(self.alone(second)[0], 401)
            reasons = self.reasons()
            for reason in ("not-alone", "revoked", "disabled", "unknown-certificate", "chain-too-long"):
                self.assertIn(("session.login", "denied", reason), reasons)
            self.assertIn(("access.denied", "denied", "revoked"), reasons)

    def check_resumption(self, shown, token):
        context = ssl.create_default_context(cafile=self.stack.manager_data / "ca.pem")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*shown)
        first = http.client.HTTPSConnection("127.0.0.1", self.stack.api_port, context=context, timeout=30)
        first.request("GET", "/api/v1/agents", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(first.getresponse().status, 200)
        session = first.sock.session
        first.close()
        with socket.create_connection(("127.0.0.1", self.stack.api_port), 30) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as again:
            self.assertFalse(again.session_reused)

    def test_of_another_tenant_opens_nothing_here(self):
        other = ClientAuthority(self.stack.folder / "other", "Other CA")
        made = self.api.post("/tenants", {"name": "acme"})
        shown = other.issue("admin")
        with self.trusted("Staff", self.root):
            self.set_policy(alone=True)
            self.assertIn("unknown-authority", self.bind(shown, code=1))
            own = self.root.issue("admin")
            self.bind(own)
            self.assertEqual(self.alone(own)[0], 200)
            self.assertEqual(self.ask("POST", "/tokens/certificate", {"tenant": "acme"}, shown=own)[0], 401)
            self.assertEqual(self.ask("POST", "/tokens/certificate", {"tenant": "no-such"}, shown=own)[0], 401)
        self.assertTrue(made)


if __name__ == "__main__":
    unittest.main()
