"""Signatures from a mirror over HTTP and from files, through the manager, to an agent; and what happens when they are bad."""
import hashlib
import http.server
import json
import os
import pathlib
import random
import subprocess
import threading
import unittest

from stack import BIN, ApiError, Stack, wait_until

RULE = 'rule Test_{0} {{ strings: $a = "WARDER-TEST-{0}" condition: $a }}\n'


class Mirror:
    """A folder served over HTTP with ETags; counts what was asked and answered."""

    def __init__(self, folder):
        self.folder, self.requests = folder, []
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.strip("/")
                if name == "endless.ndb":
                    return self.send_endless()
                try:
                    body = (mirror.folder / name).read_bytes()
                except OSError:
                    mirror.requests.append((name, 404))
                    return self.send_error(404)
                tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                status = 304 if self.headers.get("If-None-Match") == tag else 200
                mirror.requests.append((name, status))
                self.send_response(status)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body) if status == 200 else 0))
                self.end_headers()
                if status == 200:
                    self.wfile.write(body)

            def send_endless(self):
                self.send_response(200)
                self.end_headers()
                try:
                    while True:
                        self.wfile.write(b"Test:0:*:00\n" * 5000)
                except OSError:
                    mirror.requests.append(("endless.ndb", "cut off"))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def database(seed, lines):
    rng = random.Random(seed)
    return "".join(f"Test.B{number}:0:*:{rng.randbytes(40).hex()}\n" for number in range(lines))


class Signatures(unittest.TestCase):
    def setUp(self):
        self.stack = self.enterContext(Stack("warder-test-signatures-"))
        self.folder = self.stack.folder / "mirror"
        self.folder.mkdir()
        self.mirror = Mirror(self.folder)
        self.addCleanup(self.mirror.close)

    def configure(self, *names, max_bytes=50_000_000):
        with open(self.stack.manager_toml, "a", encoding="utf-8") as file:
            file.write(f'signature_mirror_url = "{self.mirror.url}"\nsignature_mirror_files = {json.dumps(names)}\n'
                       f"signature_mirror_interval_s = 3600\nsignature_mirror_max_bytes = {max_bytes}\n")

    def signatures(self):
        return self.stack.api.get("/signatures")

    def fetch(self):
        """Lets the manager look at its mirror, and waits until it has."""
        before = self.signatures()["mirror"]["tried"]
        self.stack.api.post("/signatures/fetch", None)
        wait_until("the mirror was looked at", lambda: self.signatures()["mirror"]["tried"] != before)
        return self.signatures()

    def events(self, kind):
        return [event for event in self.stack.api.pages("/events") if event["type"] == kind]

    def agent_files(self):
        """The files of the set that is active on the agent."""
        content = self.stack.agent_state / "content"
        try:
            active = json.loads((content / "state.json").read_text())["antimalware-signatures"]["active"]
            return {path.name: path.read_bytes() for path in (content / "sets" / active).iterdir() if path.name[0] != "."}
        except (OSError, KeyError):
            return {}

    def wait_for_agent(self, expected):
        wait_until("the agent has the signatures", lambda: self.agent_files() == expected, seconds=60)

    def test_a_mirror_reaches_agents_and_bad_files_do_not(self):
        self.configure("main.ndb", "own.yar")
        main, rule = database(1, 30_000), RULE.format("A")
        (self.folder / "main.ndb").write_text(main)
        (self.folder / "own.yar").write_text(rule)
        self.stack.up()
        self.wait_for_agent({"main.ndb": main.encode(), "own.yar": rule.encode()})
        self.assertEqual(len(self.events("signatures.published")), 1)
        first = self.signatures()
        self.assertEqual(first["published"]["files"], 2)
        self.assertIsNone(first["mirror"]["error"])

        # Nothing new: nothing is fetched, nothing published.
        self.mirror.requests.clear()
        self.assertEqual(self.fetch()["published"], first["published"])
        self.assertEqual(self.mirror.requests, [("main.ndb", 304), ("own.yar", 304)])

        # One line more.
        main += "Test.New:0:*:57415244455220\n"
        (self.folder / "main.ndb").write_text(main)
        self.fetch()
        self.wait_for_agent({"main.ndb": main.encode(), "own.yar": rule.encode()})

        # A file that the scanner would not take: an event, and what was published stays.
        published = self.signatures()["published"]
        (self.folder / "own.yar").write_text("rule broken {")
        after = self.fetch()
        self.assertEqual(after["published"], published)
        self.assertIn("own.yar", after["mirror"]["error"])
        self.fetch()
        failed = self.events("signatures.mirror.failed")
        self.assertEqual(len(failed), 1)  # told once
        self.assertEqual(failed[0]["severity"], "high")
        self.assertEqual(self.agent_files()["own.yar"], rule.encode())

        # The mirror works again.
        (self.folder / "own.yar").write_text(RULE.format("B"))
        self.assertIsNone(self.fetch()["mirror"]["error"])
        self.wait_for_agent({"main.ndb": main.encode(), "own.yar": RULE.format("B").encode()})
        self.assertEqual(len(self.events("signatures.mirror.recovered")), 1)

    def test_what_is_too_large_missing_or_not_signed_is_refused(self):
        self.configure("endless.ndb", "none.ndb", "daily.cvd", max_bytes=1_000_000)
        header = f"ClamAV-VDB:26 Nov 2026 08-00 +0000:7:1:90:{hashlib.md5(b'x').hexdigest()}:AAAA:builder:1795680000"
        (self.folder / "daily.cvd").write_bytes(header.encode().ljust(512) + b"x")
        self.stack.initialise()
        wait_until("the mirror was looked at", lambda: self.signatures()["mirror"]["tried"] is not None)
        error = self.signatures()["mirror"]["error"]
        self.assertIn("larger than 1000000 bytes", error)
        self.assertIn("404", error)
        self.assertIn("daily.cvd: not as ClamAV signed it", error)
        self.assertEqual(self.signatures()["files"], [])
        self.assertIsNone(self.signatures()["published"])
        with self.assertRaises(ApiError) as refused:
            self.stack.api.post("/signatures/publish", None)
        self.assertEqual(refused.exception.status, 409)

    def test_files_are_imported_by_the_command_line(self):
        self.stack.up()

        def warder(*words, expected=0):
            done = subprocess.run([BIN / "warder", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                                  check=False, env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder),
                                                    "WARDER_URL": self.stack.api.base.removesuffix("/api/v1"),
                                                    "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"), "WARDER_TOKEN": self.stack.api.token})
            self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
            return done.stdout + done.stderr

        main, rule, broken = self.folder / "main.ndb", self.folder / "own.yar", self.folder / "broken.yar"
        main.write_text(database(2, 20_000))
        rule.write_text(RULE.format("C"))
        broken.write_text("rule broken {")
        warder("signatures", "import", main, rule)
        self.assertIn("broken.yar", warder("signatures", "import", broken, expected=1))
        self.assertIn("Nothing is published", warder("signatures", "list"))
        self.assertEqual(self.agent_files(), {})
        warder("signatures", "publish")
        self.wait_for_agent({"main.ndb": main.read_bytes(), "own.yar": rule.read_bytes()})
        listed = warder("signatures", "list")
        self.assertIn("main.ndb", listed)
        self.assertIn("Published: made 20", listed)
        main.write_text(main.read_text() + "Test.New:0:*:57415244455220\n")
        warder("signatures", "import", "--publish", main)
        warder("signatures", "remove", "own.yar")
        self.wait_for_agent({"main.ndb": main.read_bytes(), "own.yar": rule.read_bytes()})
        warder("signatures", "publish")
        self.wait_for_agent({"main.ndb": main.read_bytes()})
        warder("signatures", "fetch", expected=1)  # there is no mirror


if __name__ == "__main__":
    unittest.main()
