"""An operator whose promises can be kept: everything that the checks of the Trust Center look at is there, and real."""
import base64
import contextlib
import datetime
import http.server
import json
import os
import shutil
import ssl
import subprocess
import threading
import time

from document_visitor import pdf_of
from oidc_provider import make_certificate
from stack import BIN, PASSWORD, Api, Program, Stack, wait_until
from test_faults import FAKETIME
from test_siem import Receiver
from test_stream import Receiver as StreamReceiver
from trust_front import Front

HOURS_AGO = 50


class Pager(Receiver):
    """Takes notices; what they say does not matter."""

    def read(self, connection):
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            for _ in stream:
                pass


class Issuer:
    """What an identity provider publishes about itself."""

    def __init__(self, folder):
        self.ca, certificate, key = make_certificate(folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.port, self.server = 0, None
        self.start()

    def start(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"issuer": issuer.url, **{name: f"{issuer.url}/{name}" for name in (
                    "authorization_endpoint", "token_endpoint", "jwks_uri")}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


PIN = "73550312"


def make_token(folder):
    """A hardware module in software, for every manager of this process; the settings that name it."""
    tokens, configuration, pin = folder / "tokens", folder / "softhsm2.conf", folder / "token-pin"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
    pin.write_text(PIN)
    pin.chmod(0o600)
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "warder", "--so-pin", PIN, "--pin", PIN], check=True, capture_output=True, timeout=60)
    return (f'key_provider = "pkcs11"\npkcs11_module = "/usr/lib/softhsm/libsofthsm2.so"\npkcs11_token = "warder"\npkcs11_pin_file = "{pin}"\n')


class TrustStack(Stack):
    """Its manager is a file of its own, whose age can be changed."""

    def start_manager(self, environment=None):
        program = self.folder / "warder-manager"
        if not program.exists():
            shutil.copy(BIN / "warder-manager", program)
        self.manager = Program(self.folder / "manager.log", program, "run", "--config", self.manager_toml, environment=environment)
        self.wait_ready()


class TrustWorld:
    def __init__(self, second_factor):
        self.stack = TrustStack()
        try:
            self.prepare(second_factor)
        except BaseException:
            self.close()
            raise

    def close(self):
        if getattr(self, "infosec", None) and self.infosec.program:
            self.infosec.program.kill()
        self.stack.__exit__(None, None, None)

    def prepare(self, second_factor):
        stack = self.stack
        self.siem, self.pager = Receiver(), Pager()
        self.front, self.issuer = Front(stack.folder, stack.api_port), Issuer(stack.folder)
        self.begin_in_the_past()
        self.settings = stack.manager_toml.read_text().replace("trust_check_s = 0", "trust_check_s = 3600") + self.more_settings()
        self.configure()
        stack.start_manager()
        self.api = stack.api
        self.api.login(PASSWORD)
        self.secret = second_factor(self.api)
        stack.enrol()
        stack.start_agent()
        stack.wait_protected()
        wait_until("the agent tells what listens", lambda: list(self.api.pages(f"/agents/{stack.agent_id}/inventory/sockets")), 300)
        self.sign_reviews()
        self.add_siem()
        self.add_pager()
        self.publish()
        self.answer_somebody()
        self.add_identities()
        self.api.post(f"/incidents/{self.incident}/breach", {"notified": self.now()})
        self.api.post("/backups")
        wait_until("a backup", lambda: any(run["state"] == "succeeded" for run in self.api.get("/backup-runs")["items"]), 120)

    def publish(self):
        """A certificate that everybody may have, and a document on request, both reviewed by somebody else; his second factor is no part of this world for long."""
        certificate, report = [self.api.post("/trust/evidence", {
            "commitment": "tc-13b", "title": title, "owner": "olga", how: True, "issued": "2026-01-01T00:00:00Z", "expires": "2099-01-01T00:00:00Z",
            "attachment": base64.b64encode(document).decode()}) for title, how, document in (("Certificate", "public", b"a certificate"), ("Report", "on_request", pdf_of("Report")))]
        self.api.post("/trust/terms", {"en": "Keep it to yourself.", "ja": "秘密にしてください。"})
        made = self.api.post("/users", {"username": "rita", "password": "Given-By-Others-31", "roles": ["full-access"]})["id"]
        rita = Api(self.api.base.removesuffix("/api/v1"), str(self.stack.manager_data / "ca.pem"))
        rita.login("Given-By-Others-31", "rita")
        rita.request("PUT", "/session/password", {"current": "Given-By-Others-31", "new": PASSWORD})
        rita.login(PASSWORD, "rita")
        for filed in (certificate, report):
            rita.post(f"/trust/evidence/{filed['id']}/review")
        self.write_policies(rita)
        self.api.request("DELETE", f"/users/{made}", headers={"If-Match": "*"})
        self.document = certificate["sha256"]

    def answer_somebody(self):
        """A request of a data subject."""
        asked = self.api.post("/subject-requests", {"right": "access", "person": "Alice Example", "values": ["alice"]})["id"]
        for step, note in (("check-identity", "seen"), ("complete", "sent")):
            self.api.post(f"/subject-requests/{asked}/steps", {"step": step, "note": note})

    def write_policies(self, reviewer):
        """Of both subjects that promises rest on; everybody has acknowledged them."""
        self.policies = {}
        for subject in ("acceptable-use", "consequences"):
            policy = self.api.post("/trust/policies", {"subject": subject, "title": subject, "owner": "olga", "text": f"About {subject}."})["id"]
            reviewer.post(f"/trust/policies/{policy}/review", {"version": 1})
            self.api.post(f"/trust/own-policies/{policy}/acknowledgements", {"version": 1})
            self.policies[subject] = policy

    @staticmethod
    def now():
        return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def more_settings(self):
        stack = self.stack
        backups, stream = stack.folder / "backups", stack.folder / "stream.toml"
        backups.mkdir()
        self.infosec = StreamReceiver(stack)
        values = {"destination": f"https://127.0.0.1:{self.infosec.port}/stream", "receiver_key": self.infosec.public_key,
                  "key_file": str(stack.folder / "stream.key"), "ca_file": str(self.infosec.ca), "token_file": str(self.infosec.token), "heartbeat_s": 1}
        stream.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
        with open(stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write(f'stream_settings = "{stream}"\n')
        self.infosec.key.write_text(stack.tool("warder-manager", "stream-key").stdout)
        self.infosec.start()
        return (f'stream_settings = "{stream}"\nconsole_url = "https://127.0.0.1:{self.front.port}"\nsecurity_contact = "mailto:security@example.com"\n'
                f'api_requests_per_minute_node = 0\nbackup_directory = "{backups}"\nsso_ca_file = "{self.issuer.ca}"\n'
                'sso_allowed_networks = ["127.0.0.1"]\n')

    def configure(self, custodians=("admin", "other"), provider="pkcs11"):
        settings = self.settings.replace('key_provider = "pkcs11"', f'key_provider = "{provider}"')
        self.stack.manager_toml.write_text(settings + f"root_key_custodians = {json.dumps(custodians)}\n")

    def begin_in_the_past(self):
        """Two days ago the manager was set up, and an incident was declared, which was one of personal data."""
        stack = self.stack
        with open(stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write(make_token(stack.folder))
        past = {"LD_PRELOAD": FAKETIME, "FAKETIME": f"-{HOURS_AGO}h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        password = json.loads(stack.tool("warder-manager", "init", "--json", environment=past).stdout)["password"]
        stack.start_manager(past)
        stack.api = api = Api(f"https://127.0.0.1:{stack.api_port}", str(stack.manager_data / "ca.pem"))
        api.login(password)
        api.request("PUT", "/session/password", {"current": password, "new": PASSWORD})
        api.login(PASSWORD)
        stack.policy_id = next(policy for policy in api.pages("/policies") if policy["parent_id"] is None)["id"]
        stack.set_policy({"integrity": {"watch": [str(stack.watched)], "exclude": []}, "log-inspection": {"enabled": False}, "inventory": {"interval_s": 60, "language_packages": False}})
        self.admin = next(api.pages("/users"))["id"]
        api.request("PUT", "/events/retention", {"modules": {"firewall": 1}})
        wait_until("the first day is begun", lambda: api.get("/reviews")["items"])
        self.incident = api.post("/incidents", {"title": "letters went to the wrong people", "impact": "high", "urgency": "high"})["id"]
        self.assign(self.admin)
        api.post(f"/incidents/{self.incident}/evidence", {"kind": "audit", "name": "audit.jsonl"})
        api.post(f"/incidents/{self.incident}/breach", {})
        over = api.post("/incidents", {"title": "a lost token"})["id"]
        api.request("PATCH", f"/incidents/{over}", {"root_cause": "a pocket", "corrective_action": "a new one", "plan_review": "as it was"}, {"If-Match": "*"})
        api.post(f"/incidents/{over}/state", {"state": "closed"})
        wait_until("somebody was told", lambda: all(each["seconds"]["notify"] is not None for each in api.pages("/incidents")))
        stack.manager.kill(15)

    def assign(self, user):
        self.stack.api.request("PATCH", f"/incidents/{self.incident}", {"assignee": user}, {"If-Match": "*"})

    def sign_reviews(self):
        """Every day that is over: the days on which there was no manager as well."""
        def days():
            return [day for day in self.api.pages("/reviews") if day["state"] != "running"]
        wait_until("days that are over are triaged", lambda: days() and all(day["triaged"] for day in days()), 60)
        for day in days():
            self.api.post(f"/reviews/{day['day']}/sign-offs", {"whole_day": True, "systems": [
                {"system": each["system"], "judgement": "expected", "note": "a test"}
                for each in self.api.pages(f"/reviews/{day['day']}/systems") if each["result"] != "quiet"]})

    def add_siem(self):
        self.api.post("/destinations", {"name": "siem", "kind": "syslog", "settings": {
            "host": "127.0.0.1", "port": self.siem.port, "transport": "tcp", "framing": "line-feed", "settle_ms": 100, "max_bytes": 65536}})

    def add_pager(self):
        channel = self.api.post("/notice-channels", {"name": "pager", "kind": "syslog", "settings": {
            "host": "127.0.0.1", "port": self.pager.port, "transport": "tcp", "framing": "line-feed", "settle_ms": 100}})["id"]
        self.api.post("/alert-routes", {"name": "all", "severity": "high", "channels": [channel]})
        self.api.post("/alert-heartbeats", {"name": "life", "channel": channel, "interval_s": 10})
        wait_until("a sign of life", lambda: any(each["state"] == "sent" for each in self.api.get("/notices")["items"]), 60)

    def add_identities(self):
        self.restrict("127.0.0.0/8")
        self.api.post("/identity-providers", {"kind": "oidc", "name": "issuer", "settings": {"issuer": self.issuer.url, "client_id": "warder"},
                                              "secret": "Provider-Secret-of-Tests-1", "mappings": []})
        made = self.api.post("/tenants", {"name": "acme"})
        self.acme = Api(self.stack.api.base.removesuffix("/api/v1"), str(self.stack.manager_data / "ca.pem"))
        self.acme.request("POST", "/password-resets", {"token": made["link"]["token"], "new": PASSWORD})
        self.acme_admin = made["username"]

    def restrict(self, *networks):
        rules = [{"networks": list(networks)}] if networks else []
        self.api.request("PUT", "/access-policy", {"rules": rules}, {"If-Match": "*"})

    def age_program(self, days):
        at = time.time() - days * 86_400
        os.utime(self.stack.folder / "warder-manager", (at, at))
