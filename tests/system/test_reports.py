"""Reports: made by a running manager for each recipient from what that recipient may see, told by a real mail server, drawn by a real Chromium."""
import datetime
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from mail_server import MailServer
from stack import BIN, PASSWORD, ROOT, Api, ApiError, Program, Stack, wait_until


class Host:
    """An agent under a host name of its own, that watches a folder of its own."""

    def __init__(self, stack, name, tags):
        self.stack, self.name, self.folder = stack, name, stack.folder / name
        self.watched = self.folder / "watched"
        self.watched.mkdir(parents=True)
        settings = self.folder / "agent.toml"
        settings.write_text(f'state_directory = "{self.folder / "state"}"\nruntime_directory = "{self.folder / "run"}"\nshare_directory = "{ROOT / "content"}"\n')
        token = self.folder / "token"
        token.write_text(stack.api.post("/enrol-tokens", {"name": name})["token"])
        as_host = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', name, BIN / "warder-agent"]
        subprocess.run([*as_host, "enrol", "--token-file", token, "--config", settings], check=True, capture_output=True, timeout=120)
        self.id = subprocess.run([BIN / "warder-agent", "id", "--config", settings], check=True, capture_output=True, text=True, timeout=60).stdout.strip()
        policy = stack.api.post("/policies", {"name": name, "parent_id": stack.policy_id, "document": {"integrity": {"watch": [str(self.watched)]}}})["id"]
        stack.api.change(f"/agents/{self.id}", {"policy_id": policy, "tags": tags})
        self.agent = Program(self.folder / "log", *as_host, "run", "--config", settings)

    def wait_protected(self):
        def is_protected():
            record = self.stack.api.get(f"/agents/{self.id}")
            return record["policy_state"] == "applied" and any(m["module"] == "integrity" and m["state"] == "on" for m in record["modules"])
        wait_until(f"{self.name} protected", is_protected, 180)


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-reports-")
        cls.addClassCleanup(lambda: cls.stack.__exit__(None, None, None))
        settings = cls.stack.manager_toml
        settings.write_text(settings.read_text() + f'console_url = "https://127.0.0.1:{cls.stack.api_port}"\n')
        cls.stack.initialise()
        cls.api = cls.stack.api
        cls.hosts = [Host(cls.stack, "shop-1", ["shop"]), Host(cls.stack, "vault-1", ["vault"])]
        for host in cls.hosts:
            cls.addClassCleanup(host.agent.kill)
        for host in cls.hosts:
            host.wait_protected()
            (host.watched / f"of-{host.name}").write_text("x")
        wait_until("both changes", lambda: len(cls.api.events("type=integrity.file.created")) >= 2)
        cls.mail = MailServer(cls.stack.folder / "mail")
        cls.addClassCleanup(cls.mail.kill)
        cls.api.post("/notice-channels", {"name": "mail", "kind": "mail", "settings": cls.mail.settings("soc@example.com")})
        cls.api.post("/roles", {"name": "clerk", "rights": ["reports:read"]})
        cls.admin = cls.api.get("/session")["user"]["id"]
        cls.eve_id, cls.eve = cls.person("eve", scoped_roles=[{"role": "operator", "tags": ["shop"]}])
        cls.cleo_id, cls.cleo = cls.person("cleo", roles=["clerk"])

    @classmethod
    def person(cls, name, **roles):
        made = cls.api.post("/users", {"username": name, "password": "Given-By-Others-31", "roles": [], "email": f"{name}@example.org", **roles})
        api = Api(cls.api.base.removesuffix("/api/v1"), str(cls.stack.manager_data / "ca.pem"))
        api.login("Given-By-Others-31", name)
        api.request("PUT", "/session/password", {"current": "Given-By-Others-31", "new": PASSWORD})
        api.login(PASSWORD, name)
        return made["id"], api

    @staticmethod
    def content(api, delivery, form):
        """The bytes and headers of a file."""
        request = urllib.request.Request(f"{api.base}/report-deliveries/{delivery}/content?format={form}", headers={"Authorization": "Bearer " + api.token})
        with urllib.request.urlopen(request, context=api.context, timeout=90) as answer:
            return answer.read(), answer.headers

    def made(self, name, *apis, **draft):
        """A report of that name, run, and what each of these has of it."""
        report = self.api.post("/reports", {"name": name, "kind": "hosts", "range": "24h", "recipients": [self.admin, self.eve_id, self.cleo_id], **draft})["id"]
        self.assertEqual(self.api.post(f"/reports/{report}/run")["recipients"], len(draft.get("recipients", [1, 2, 3])))
        return [wait_until(name, lambda api=api: api.get("/report-deliveries", report=report)["items"])[0] for api in apis]

    def test_each_recipient_gets_what_they_may_see_and_the_hash_is_that_of_the_data(self):
        own, scoped, refused = self.made("Fleet", self.api, self.eve, self.cleo)
        whole, part = (self.content(api, each["id"], "json")[0] for api, each in ((self.api, own), (self.eve, scoped)))
        for document, delivery in ((whole, own), (part, scoped)):
            self.assertEqual(hashlib.sha256(document).hexdigest(), delivery["sha256"])
            self.assertEqual(document, json.dumps(json.loads(document), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
        self.assertIn(b"vault-1", whole)
        self.assertIn(b"shop-1", whole)
        self.assertIn(b"shop-1", part)
        self.assertNotIn(b"vault-1", part)
        self.assertEqual((refused["state"], refused["sha256"]), ("failed", None))
        self.assertIn("agents:read", refused["reason"])
        for form in ("html", "csv", "json", "pdf"):
            with self.assertRaises(urllib.error.HTTPError) as other:
                self.content(self.eve, own["id"], form)
            self.assertEqual(other.exception.code, 404)
        with self.assertRaises(ApiError) as other:
            self.eve.get(f"/report-deliveries/{own['id']}")
        self.assertEqual(other.exception.status, 404)
        event = wait_until("the event", lambda: self.api.events('type=report.failed and report.name="Fleet"'))[0]
        self.assertEqual((event["severity"], event["fields"]["count"]), ("medium", 1))

    def test_every_form_shows_hash_time_and_whose_rights(self):
        delivery, = self.made("Changes at night", self.eve, kind="integrity", recipients=[self.eve_id])
        for form, kind in (("html", "text/html"), ("csv", "text/csv")):
            body, headers = self.content(self.eve, delivery["id"], form)
            self.assertTrue(headers["Content-Type"].startswith(kind))
            self.assertRegex(headers["Content-Disposition"], rf'attachment; filename="changes-at-night-\d{{8}}\.{form}"')
            text = body.decode()
            for part in ("Changes at night", delivery["sha256"], delivery["from"], "UTC", "eve", "shop-1"):
                self.assertIn(part, text, form)
            self.assertNotIn("vault-1", text)
        self.assertNotIn("<script", self.content(self.eve, delivery["id"], "html")[0].decode())

    @unittest.skipUnless(shutil.which("chromium") and shutil.which("pdftotext"), "chromium and poppler-utils are not here")
    def test_a_pdf_is_drawn_by_chromium_and_nothing_of_it_stays(self):
        delivery, = self.made("夜間の変更", self.eve, kind="events", language="ja", recipients=[self.eve_id])
        pdf, headers = self.content(self.eve, delivery["id"], "pdf")
        self.assertEqual(headers["Content-Type"], "application/pdf")
        self.assertTrue(pdf.startswith(b"%PDF"))
        text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60).stdout.decode()
        self.assertIn("夜間の変更", text)
        self.assertIn(delivery["sha256"], re.sub(r"\s", "", text))
        self.assertNotIn("vault-1", text)
        self.assertEqual(self.content(self.eve, delivery["id"], "pdf")[0], pdf, "the same bytes")
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            self.stack.api, before = self.eve, self.stack.api
            try:
                self.stack.warder("reports", "download", delivery["id"], "--format", "pdf", "-o", file.name)
            finally:
                self.stack.api = before
            with open(file.name, "rb") as written:
                self.assertEqual(written.read(), pdf)

    def test_recipients_get_a_link_by_mail_and_no_data(self):
        delivery, = self.made("By mail", self.eve)
        mail = wait_until("the mail", lambda: self.mail.mails("eve@example.org", "By mail"))[0]
        self.assertEqual(mail["defects"], [])
        self.assertIn(f"https://127.0.0.1:{self.stack.api_port}/reports/deliveries?report={delivery['report_id']}", mail["body"])
        self.assertNotIn("shop-1", mail["body"] + mail["subject"])
        wait_until("the notices", lambda: all(each["state"] == "sent" for each in self.api.pages("/notices", about=f"report:{delivery['report_id']}")))
        self.assertEqual(self.mail.mails("cleo@example.org"), [], "there is nothing to read")

    def test_a_schedule_makes_it_once_at_its_time(self):
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1, seconds=5)
        self.stack.warder("reports", "create", "Each day", "--kind", "hosts", "--range", "previous-day", "--every", "day", "--at", soon.strftime("%H:%M"))
        report = next(each for each in self.api.pages("/reports") if each["name"] == "Each day")
        self.assertEqual((report["recipients"], report["schedule"]["zone"]), ([self.admin], "UTC"))
        self.assertEqual(report["next"][:16], soon.strftime("%Y-%m-%dT%H:%M"))
        delivery = wait_until("the report", lambda: self.api.get("/report-deliveries", report=report["id"])["items"], 200)[0]
        self.assertEqual(delivery["occurrence"][:16], soon.strftime("%Y-%m-%dT%H:%M"))
        self.assertEqual(delivery["to"][11:19], "00:00:00")
        self.stack.manager.kill()
        self.stack.start_manager()
        wait_until("the next one", lambda: self.api.get(f"/reports/{report['id']}")["next"] > delivery["occurrence"])
        self.assertEqual(len(self.api.get("/report-deliveries", report=report["id"])["items"]), 1)
        listed = json.loads(self.stack.warder("--json", "reports", "deliveries", "--report", "Each day"))
        self.assertEqual([each["id"] for each in listed], [delivery["id"]])

    def test_what_was_taken_is_in_the_audit_log(self):
        delivery, = self.made("Audited", self.eve, recipients=[self.eve_id])
        self.content(self.eve, delivery["id"], "csv")
        entry = next(each for each in self.api.get("/audit", limit=200)["items"] if each["object"] == f"report-delivery:{delivery['id']}")
        self.assertEqual((entry["action"], entry["detail"]["format"], entry["actor"]), ("report.download", "csv", f"user:{self.eve_id}"))
        for file in self.stack.manager_data.rglob("*"):
            if file.is_file() and "agents" not in file.name:
                self.assertNotIn(b'"recipient_name"', self.read(file), f"a report lies open in {file}")

    @staticmethod
    def read(file):
        try:
            return file.read_bytes()
        except FileNotFoundError:  # a journal of SQLite's that has ended
            return b""


if __name__ == "__main__":
    unittest.main()
