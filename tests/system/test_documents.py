"""Documents that somebody asks for: from the public form over a real mail server to a copy that names who got it."""
import base64
import html
import json
import re
import shutil
import subprocess
import unittest

from document_visitor import VISITOR, Visitor, pdf_of
from mail_server import MailServer
from stack import BIN, PASSWORD, Api, ApiError, Stack, wait_until

def text_of(pdf):
    """Of each page, as an independent reader sees it."""
    pages = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60).stdout.decode().split("\f")
    return [" ".join(page.split()) for page in pages if page.strip()]


@unittest.skipUnless(shutil.which("qpdf") and shutil.which("pdftotext"), "qpdf and poppler-utils are not here")
class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-documents-")
        cls.addClassCleanup(lambda: cls.stack.__exit__(None, None, None))
        settings = cls.stack.manager_toml
        settings.write_text(settings.read_text() + f'console_url = "https://127.0.0.1:{cls.stack.api_port}"\n')
        cls.stack.initialise()
        cls.api = cls.stack.api
        cls.rita = cls.person("rita", "rita@example.org")
        texts = [cls.stack.folder / name for name in ("terms.en", "terms.ja")]
        for text in texts:
            text.write_text(f"Keep it to yourself ({text.suffix}).\n")
        cls.warder("trust", "publish-terms", *texts)
        cls.document = cls.file("Penetration test, summary")

    @classmethod
    def person(cls, name, mail):
        cls.api.post("/users", {"username": name, "password": "Given-By-Others-31", "roles": ["full-access"], "email": mail})
        api = Api(cls.api.base.removesuffix("/api/v1"), str(cls.stack.manager_data / "ca.pem"))
        api.login("Given-By-Others-31", name)
        api.request("PUT", "/session/password", {"current": "Given-By-Others-31", "new": PASSWORD})
        api.login(PASSWORD, name)
        return api

    @classmethod
    def file(cls, title, **other):
        filed = cls.api.post("/trust/evidence", {"commitment": "tc-22a", "title": title, "owner": "olga", "on_request": True, "issued": "2026-01-01T00:00:00Z",
                                                 "expires": "2099-01-01T00:00:00Z", "attachment": base64.b64encode(pdf_of("Findings")).decode(), **other})
        cls.rita.post(f"/trust/evidence/{filed['id']}/review")
        return filed["id"]

    @classmethod
    def warder(cls, *arguments):
        """The CLI as rita: she has a session that may decide."""
        run = subprocess.run([BIN / "warder", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                             env={"WARDER_URL": cls.api.base.removesuffix("/api/v1"), "WARDER_CA_FILE": str(cls.stack.manager_data / "ca.pem"),
                                  "WARDER_TOKEN": cls.rita.token, "HOME": str(cls.stack.folder), "PATH": "/usr/bin:/bin"})
        if run.returncode != 0:
            raise AssertionError(f"{arguments}: {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout + run.stderr

    def request_of(self, mail):
        return next(each for each in self.api.pages("/trust/requests") if each["mail"] == mail)

    def actions(self, request):
        return [entry["action"] for entry in reversed(self.api.get("/audit", limit=500)["items"]) if entry["object"] == f"document-request:{request['id']}"]

    def accept(self, visitor, path, mail):
        terms = visitor.page(path)
        version = re.search(r'name="terms" value="(\d+)"', terms)[1]
        status, headers, _ = visitor.visit(path + "/accept", {"terms": version, "mail": mail, "lang": "en"})
        self.assertEqual(status, 303)
        return headers["Location"]

    def test_a_visitor_gets_by_mail_what_somebody_else_has_approved(self):
        mail = MailServer(self.stack.folder / "mail")
        self.addCleanup(mail.kill)
        channel = self.api.post("/notice-channels", {"name": "mail", "kind": "mail", "settings": mail.settings("soc@example.com")})["id"]
        self.addCleanup(lambda: self.api.request("DELETE", f"/notice-channels/{channel}", headers={"If-Match": "*"}))
        visitor = Visitor(self.stack)
        self.assertIn(f"/trust/request?document={self.document}", visitor.page("/trust"))
        answer = visitor.ask(self.document)
        self.assertEqual(answer, visitor.ask("0197f1c2-0000-7000-8000-000000000000", mail="taro@example.com"), "who asks cannot tell")
        asked = self.request_of(VISITOR["mail"])
        self.assertEqual((asked["state"], asked["name"], asked["title"]), ("asked", VISITOR["name"], "Penetration test, summary"))
        wait_until("the event", lambda: self.api.events('type = "trust.document.requested"'))
        self.assertEqual(mail.mails(), [], "nothing before somebody has decided")

        self.assertIn("on its way by mail", self.warder("trust", "approve", asked["id"], "--days", "1", "--downloads", "2"))
        sent = wait_until("the mail", lambda: mail.mails(VISITOR["mail"]))[0]
        self.assertEqual(sent["defects"], [])
        path = re.search(r"https://[^/]+(/trust/access/[\w-]+)", sent["body"])[1]
        self.assertIn("Keep it to yourself (.en)", html.unescape(visitor.page(path)))
        self.assertEqual(visitor.visit(path + "/document", {})[0], 404, "the terms first")
        where = self.accept(visitor, path, VISITOR["mail"])
        self.assertIn("Copies left: 2", visitor.page(where))
        self.assertEqual(Visitor(self.stack).visit(path)[0], 404, "the link is this browser's")

        status, headers, copy = visitor.visit(path + "/document", {})
        self.assertEqual((status, headers["Content-Type"]), (200, "application/pdf"))
        pages = text_of(copy)
        self.assertEqual(len(pages), 2)
        for number, page in enumerate(pages, 1):
            self.assertIn(f"Findings, page {number}", page)
            self.assertIn(f"Request {asked['number']}, 20", page)
            self.assertIn(VISITOR["mail"], page)
            self.assertIn("Example Ltd.", page)
            self.assertIn("山", page)
        self.assertEqual(visitor.visit(path + "/document", {})[0], 200)
        self.assertEqual(visitor.visit(path + "/document", {})[0], 404, "two copies, no more")
        done = self.request_of(VISITOR["mail"])
        self.assertEqual((done["state"], done["downloads"], done["terms"], done["decided_by"]), ("used", 2, 1, "rita"))
        self.assertEqual(self.actions(asked), ["trust.document.ask", "trust.document.approve", "trust.document.accept", "trust.document.download", "trust.document.download"])
        for file in self.stack.manager_data.rglob("*"):
            if file.is_file():
                self.assertNotIn(path.split("/")[-1].encode(), file.read_bytes(), f"the token is in {file}")

    def test_without_mail_the_one_who_approves_hands_the_link_over_and_may_take_it_back(self):
        visitor = Visitor(self.stack)
        visitor.ask(self.document, mail="saburo@example.com")
        asked = self.request_of("saburo@example.com")
        given = self.rita.post(f"/trust/requests/{asked['id']}/approve", {})
        self.assertEqual((given["channel"], given["request"]["state"]), (None, "approved"))
        self.assertIn("no channel for mail", given["problem"])
        path = given["link"].removeprefix(f"https://127.0.0.1:{self.stack.api_port}")
        self.assertEqual(visitor.visit(path)[0], 200)
        self.assertIn("revoked", self.warder("trust", "revoke", asked["id"]))
        dead = visitor.visit(path)
        self.assertEqual((dead[0], dead[2]), (404, visitor.visit("/trust/access/never-was")[2]))

    def test_nobody_decides_for_themselves_and_no_program_does(self):
        visitor = Visitor(self.stack)
        visitor.ask(self.document, mail="RITA@example.org")
        asked = self.request_of("RITA@example.org")
        with self.assertRaises(ApiError) as refused:
            self.rita.post(f"/trust/requests/{asked['id']}/approve", {})
        self.assertEqual(refused.exception.status, 403)
        self.assertEqual(self.api.post(f"/trust/requests/{asked['id']}/refuse")["state"], "refused")
        self.assertIn("refused", self.warder("trust", "requests"))

    def test_what_takes_no_watermark_is_not_taken(self):
        for attachment in (b"a text", b"%PDF-1.7 and nothing else"):
            with self.assertRaises(ApiError) as refused:
                self.file("Not a PDF", attachment=base64.b64encode(attachment).decode())
            self.assertIn(refused.exception.status, (400, 422))
        listed = json.loads(self.warder("--json", "trust", "terms"))
        self.assertEqual([each["version"] for each in listed], [1])


if __name__ == "__main__":
    unittest.main()
