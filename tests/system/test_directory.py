"""Users of an Active Directory: a Samba domain controller and the manager in a network namespace of their own."""
import http.client
import itertools
import json
import ssl
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from samba_domain import BASE, REALM, SambaDomain
from stack import BIN, PASSWORD, ROOT, Api, ApiError, Stack

sys.path.insert(0, str(ROOT / "tests/netns"))
from firewall_world import Namespace  # noqa: E402: beside the tests of the kernel

ALICE, BOB, CAROL = "Al1ce-knows-it", "B0b-knows-it-too", "Car0l-knows-it-2"
SERVICE = "Search-Acc0unt-x"
REFUSAL = "the name or the password is wrong, or the account is locked for a while"


def dn(name):
    return f"CN={name},CN=Users,{BASE}"


class Elsewhere(Api):
    """From an address of its own: the logins of one are limited."""
    seen = itertools.count(2)

    def __init__(self, *words):
        super().__init__(*words)
        self.source = f"127.0.0.{next(self.seen)}"

    def open(self, request):
        handler = urllib.request.HTTPSHandler(context=self.context)
        handler.https_open = lambda asked: handler.do_open(http.client.HTTPSConnection, asked, context=self.context, source_address=(self.source, 0))
        return urllib.request.build_opener(handler).open(request, timeout=30)


class DirectoryStack(Stack):
    """The manager beside the domain controller; what a test does over the network it does from in there."""

    def __init__(self):
        self.namespace = Namespace()
        super().__init__("warder-directory-")
        self.domain = SambaDomain(self.folder, self.namespace)

    def __exit__(self, *words):
        self.domain.stop()
        super().__exit__(*words)

    def initialise(self):
        with self.namespace:
            super().initialise()
        self.api = self.inside(self.api)

    def inside(self, api):
        request = api.request

        def from_inside(*words, **named):
            with self.namespace:
                return request(*words, **named)
        api.request = from_inside
        return api

    def new_api(self):
        return self.inside(Elsewhere(f"https://127.0.0.1:{self.api_port}", str(self.manager_data / "ca.pem")))

    def people(self):
        domain = self.domain
        domain.add_user("search", SERVICE)
        domain.add_user("alice", ALICE, "--given-name=Alice", "--surname=Example", "--mail-address=alice@warder.test")
        domain.add_user("bob", BOB)
        domain.add_user("carol", CAROL)
        domain.add_group("ops", "alice")
        domain.add_group("admins", "ops")
        # Groups that hold each other.
        domain.add_group("ring", "admins")
        domain.tool("group", "addmembers", "admins", "ring")
        domain.add_group("auditors", "bob", "carol")

    def add_provider(self, **settings):
        return self.api.post("/identity-providers", {
            "kind": "ldap", "name": "Domain", "secret": SERVICE,
            "settings": {"servers": ["ldaps://127.0.0.1"], "ca_certificates": self.domain.ca_pem, "schema": "active-directory",
                         "bind_dn": "search@warder.test", "user_base": BASE, **settings},
            "mappings": [{"group": dn("admins"), "roles": ["operator"]}, {"group": dn("auditors"), "roles": ["auditor"]}]})

    def change_provider(self, provider, **settings):
        now = self.api.get(f"/identity-providers/{provider['id']}")["settings"]
        self.api.change(f"/identity-providers/{provider['id']}", {"settings": {**now, **settings}})

    def cli(self, *words, environment=None):
        home = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "cli")}
        with self.namespace:
            return subprocess.run([BIN / "warder", *map(str, words)], capture_output=True, text=True, timeout=120, check=False,
                                  env={"PATH": "/usr/bin:/bin", **home, **(environment or {})})


class Directory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = DirectoryStack()
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.people()
        keytab = cls.stack.domain.make_keytab("HTTP/localhost", "web", "Service-of-warder-1")
        with cls.stack.manager_toml.open("a") as settings:
            settings.write(f'kerberos_keytab = "{keytab}"\n')
        cls.stack.domain.start()
        cls.stack.initialise()
        cls.provider = cls.stack.add_provider(kerberos_realm=REALM)
        cls.sync_path = f"/identity-providers/{cls.provider['id']}/sync"

    def log_in(self, name, password):
        api = self.stack.new_api()
        api.login(password, name)
        return api

    def assert_refused(self, name, password):
        with self.assertRaises(ApiError) as refused:
            self.log_in(name, password)
        self.assertEqual((refused.exception.status, refused.exception.problem["detail"]), (401, REFUSAL))

    def assert_out(self, api):
        with self.assertRaises(ApiError) as out:
            api.get("/session")
        self.assertEqual(out.exception.status, 401)

    def sync(self, **body):
        return self.stack.api.post(self.sync_path, body)

    def denials(self):
        return [entry["detail"].get("reason") for entry in self.stack.api.pages("/audit") if entry["action"] == "session.login"
                and entry["outcome"] == "denied"]

    def test_1_a_login_has_the_roles_of_groups_of_groups(self):
        session = self.log_in("alice", ALICE).get("/session")
        self.assertEqual(session["user"]["roles"], ["operator"])
        self.assertEqual(session["user"]["email"], "alice@warder.test")
        self.assertEqual(session["user"]["source"]["name"], "Domain")
        self.assertEqual(self.log_in("bob", BOB).get("/session")["user"]["roles"], ["auditor"])

    def test_2_refusals_are_all_alike(self):
        self.stack.domain.add_user("nobodys", "N0body-knows-it")
        with self.assertRaises(ApiError) as empty:  # the contract has none
            self.log_in("alice", "")
        self.assertEqual(empty.exception.status, 400)
        for name, password in (("alice", "wrong"), ("*", ALICE), ("alice)(cn=*", ALICE), ("a*", ALICE), ("stranger", ALICE),
                               ("nobodys", "N0body-knows-it"), ("search", SERVICE)):
            with self.subTest(name=name):
                self.assert_refused(name, password)

    def test_3_a_user_known_here_is_not_looked_for_there(self):
        self.stack.domain.add_user("admin", "Another-Adm1n-x")
        self.assert_refused("admin", "Another-Adm1n-x")
        self.log_in("admin", PASSWORD)

    def test_4_disabled_and_removed_users_are_out_with_the_next_synchronisation(self):
        alice, bob = self.log_in("alice", ALICE), self.log_in("bob", BOB)
        self.log_in("carol", CAROL)
        self.stack.domain.tool("user", "disable", "alice")
        self.assert_refused("alice", ALICE)
        report = self.sync()
        self.assertEqual((report["left"], report["failed"]), (1, 0), report)
        self.assert_out(alice)
        bob.get("/session")
        self.stack.domain.tool("user", "delete", "bob")
        self.assertEqual(self.sync()["left"], 1)
        self.assert_out(bob)
        self.assert_refused("bob", BOB)
        self.stack.domain.tool("user", "enable", "alice")
        self.assertEqual(self.sync()["changed"], 1)
        self.log_in("alice", ALICE)

    def test_5_who_leaves_every_mapped_group_is_out(self):
        alice = self.log_in("alice", ALICE)
        self.stack.domain.tool("group", "removemembers", "ops", "alice")
        self.assertEqual(self.sync()["left"], 1)
        self.assert_out(alice)
        self.stack.domain.tool("group", "addmembers", "auditors", "alice")
        self.sync()
        self.assertEqual(self.log_in("alice", ALICE).get("/session")["user"]["roles"], ["auditor"])
        # The primary group lists nobody.
        self.stack.domain.tool("group", "addmembers", "admins", "carol")
        self.stack.domain.tool("user", "setprimarygroup", "carol", "admins")
        self.assertEqual(self.log_in("carol", CAROL).get("/session")["user"]["roles"], ["operator", "auditor"])

    def test_6_a_directory_that_does_not_answer_as_it_should_changes_nothing(self):
        carol = self.log_in("carol", CAROL)
        wrong = self.stack.api.get(f"/identity-providers/{self.provider['id']}")["settings"]
        for what, settings in (("down", {"servers": ["ldaps://127.0.0.1:1"]}), ("another name", {"servers": ["ldaps://localhost"]}),
                               ("another authority", {"ca_certificates": (self.stack.manager_data / "ca.pem").read_text()}),
                               ("nobody", {"user_base": f"OU=Domain Controllers,{BASE}"})):
            with self.subTest(what):
                self.stack.change_provider(self.provider, **settings)
                with self.assertRaises(ApiError) as refused:
                    self.sync()
                self.assertIn(refused.exception.status, (409, 503, 504), refused.exception)
                self.assert_refused("carol", CAROL)
                carol.get("/session")
                self.assertTrue(self.stack.api.get(self.sync_path)["error"])
                self.stack.change_provider(self.provider, **wrong)
        self.sync()
        self.log_in("carol", CAROL)

    def test_7_start_tls_protects_as_ldaps_does_and_the_command_line_synchronises(self):
        self.stack.change_provider(self.provider, servers=["ldap://127.0.0.1:389"])
        self.log_in("carol", CAROL)
        self.stack.change_provider(self.provider, servers=["ldaps://127.0.0.1"])
        password = self.stack.folder / "password"
        password.write_text(PASSWORD)
        logged_in = self.stack.cli("login", "--url", f"https://127.0.0.1:{self.stack.api_port}", "--username", "admin", "--password-file", password,
                                   "--ca-file", self.stack.manager_data / "ca.pem")
        self.assertEqual(logged_in.returncode, 0, logged_in.stderr)
        synced = self.stack.cli("sso", "sync", "Domain", "--json")
        self.assertEqual(synced.returncode, 0, synced.stderr)
        self.assertEqual(json.loads(synced.stdout)["failed"], 0)

    def negotiate(self, token=None, **body):
        """Status, the answer's token and its content."""
        headers = {"Content-Type": "application/json", **({"Authorization": "Negotiate " + token} if token else {})}
        context = ssl.create_default_context(cafile=str(self.stack.manager_data / "ca.pem"))
        request = urllib.request.Request(f"https://localhost:{self.stack.api_port}/api/v1/tokens/negotiate", json.dumps(body).encode(), headers)
        with self.stack.namespace:
            try:
                with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                    return answer.status, answer.headers["WWW-Authenticate"], json.load(answer)
            except urllib.error.HTTPError as error:
                return error.code, error.headers["WWW-Authenticate"], json.load(error)

    def test_8_a_ticket_of_the_realm_logs_in(self):
        domain = self.stack.domain
        domain.add_user("erin", "Er1n-knows-it")
        domain.tool("group", "addmembers", "admins", "erin")
        environment = domain.ticket("erin", "Er1n-knows-it")
        logged_in = self.stack.cli("login", "--kerberos", "--url", f"https://localhost:{self.stack.api_port}", "--ca-file",
                                   self.stack.manager_data / "ca.pem", environment=environment)
        self.assertEqual(logged_in.returncode, 0, logged_in.stderr)
        self.assertIn("as erin", logged_in.stderr + logged_in.stdout)
        session = json.loads(self.stack.cli("whoami", "--json").stdout)
        self.assertEqual((session["user"]["username"], session["user"]["roles"]), ("erin", ["operator"]))
        self.assertEqual(self.negotiate()[:2], (401, "Negotiate"))
        token = domain.spnego_token(environment)
        status, answer, _ = self.negotiate(token)
        self.assertEqual(status, 200)
        self.assertTrue(answer.startswith("Negotiate "))
        # The same again is a replay.
        self.assertEqual(self.negotiate(token)[0], 401)
        self.assertEqual(self.denials()[0], "bad-ticket")
        self.assertEqual(self.negotiate("bm9uZQ==")[0], 401)
        # A ticket lives on; the person does not.
        domain.tool("user", "disable", "erin")
        self.assertEqual(self.negotiate(domain.spnego_token(environment))[0], 401)
        self.assertEqual(self.denials()[0], "disabled-in-directory")
        self.stack.change_provider(self.provider, kerberos_realm="")
        domain.tool("user", "enable", "erin")
        self.assertEqual(self.negotiate(domain.spnego_token(environment))[0], 401)
        self.assertEqual(self.denials()[0], "unknown-realm")


if __name__ == "__main__":
    unittest.main()
