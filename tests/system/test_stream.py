"""The independent stream: what an operator does to it is seen by whoever has nothing but the records and a public key."""
import json
import os
import signal
import sqlite3
import subprocess
import unittest

from rsyslog import Rsyslog, make_certificate
from stack import BIN, Program, Stack, free_port, wait_until

FINDINGS = 3


class Receiver:
    """`warder stream receive`, and the other commands of the one who has its keys."""

    def __init__(self, stack):
        self.folder = stack.folder / "infosec"
        self.folder.mkdir()
        self.port = free_port()
        self.ca, self.certificate, self.private_key = make_certificate(self.folder, "receiver", "IP:127.0.0.1")
        self.token = self.folder / "token"
        self.token.write_text("a token that strangers lack\n")
        self.files = self.folder / "files"
        self.state = self.folder / "state"
        self.public_key = json.loads(self.warder("--json", "stream", "keygen", self.folder / "receiver.key"))["public_key"]
        self.key = self.folder / "stream.pub"
        self.program = None

    def warder(self, *arguments, code=0):
        run = subprocess.run([BIN / "warder", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False,
                             env={**os.environ, "HOME": str(self.folder)})
        if run.returncode != code:
            raise AssertionError(f"{arguments}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout

    def start(self):
        self.program = Program(self.folder / "receive.log", BIN / "warder", "stream", "receive", "--key", self.key, "--directory", self.files,
                               "--certificate", self.certificate, "--private-key", self.private_key, "--token-file", self.token,
                               "--listen", f"127.0.0.1:{self.port}")

    def records(self):
        files = sorted(self.files.glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().split("\n")[:-1]]

    def opened(self, kind=None):
        files = sorted(self.files.glob("*.jsonl"))
        if not files:
            return []
        lines = self.warder("stream", "read", "--key", self.folder / "receiver.key", *files).splitlines()
        return [line for line in map(json.loads, lines) if kind in (None, line["kind"])]

    def verify(self, code, *more):
        report = json.loads(self.warder("--json", "stream", "verify", "--key", self.key, *more, *sorted(self.files.glob("*.jsonl")), code=code))
        return report, {each["kind"] for each in report["findings"] if each["finding"]}


class Stream(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.__exit__, None, None, None)
        self.receiver = Receiver(self.stack)
        self.settings = self.stack.folder / "stream.toml"
        self.configure()
        text = self.stack.manager_toml.read_text()
        self.stack.manager_toml.write_text(text + f'stream_settings = "{self.settings}"\n')
        self.receiver.key.write_text(self.stack.tool("warder-manager", "stream-key").stdout)
        self.receiver.start()
        self.addCleanup(self.receiver.program.kill)
        self.stack.initialise()

    def configure(self, **more):
        values = {"destination": f"https://127.0.0.1:{self.receiver.port}/stream", "receiver_key": self.receiver.public_key,
                  "key_file": str(self.stack.folder / "stream.key"), "ca_file": str(self.receiver.ca),
                  "token_file": str(self.receiver.token), "heartbeat_s": 1, **more}
        self.settings.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))

    def wait_for(self, kind, count=1):
        return wait_until(f"{count} of {kind}", lambda: (found := [r for r in self.receiver.records() if r["kind"] == kind]) and len(found) >= count and found)

    def test_everything_an_operator_does_is_seen(self):
        self.wait_for("heartbeat", 2)
        report, kinds = self.receiver.verify(0)
        self.assertTrue(report["intact"])
        self.assertIn("stream.started", [event["body"]["type"] for event in self.receiver.opened("event")])
        # Nothing of it can be read without the receiver's key.
        self.assertNotIn("stream.started", "".join(file.read_text() for file in self.receiver.files.glob("*")))
        audit = [entry["action"] for entry in self.stack.api.pages("/audit")]
        self.assertIn("stream.start", audit)

        with self.subTest("the settings are changed while it runs"):
            self.configure(heartbeat_s=3600)
            self.wait_for("changed")
            self.assertEqual(self.receiver.verify(FINDINGS)[1], {"changed"})
            self.configure()
            self.wait_for("changed", 2)
        self.receiver.verify(FINDINGS, "--state", self.receiver.state)
        self.receiver.verify(0, "--state", self.receiver.state)

        with self.subTest("the manager is stopped"):
            self.stack.manager.kill(signal.SIGTERM)
            self.wait_for("stopped")
            self.assertEqual(self.receiver.verify(FINDINGS, "--state", self.receiver.state)[1], {"stopped"})
            self.stack.start_manager()
            self.wait_for("started", 2)
            self.receiver.verify(0, "--state", self.receiver.state)

        with self.subTest("the manager is killed"):
            self.stack.manager.kill()
            wait_until("silence", lambda: "silence" in self.receiver.verify(FINDINGS, "--grace-s", 1)[1])
            self.stack.start_manager()
            self.wait_for("started", 3)
            self.assertIn("restarted", self.receiver.verify(FINDINGS, "--state", self.receiver.state)[1])

        with self.subTest("the stream is taken out of the manager's settings"):
            self.stack.manager.kill(signal.SIGTERM)
            self.wait_for("stopped", 2)
            text = self.stack.manager_toml.read_text()
            self.stack.manager_toml.write_text(text.replace("stream_settings", "# stream_settings"))
            self.stack.start_manager()
            self.assertIn("stream.remove", [entry["action"] for entry in self.stack.api.pages("/audit")])
            self.assertIn("critical", [e["severity"] for e in self.stack.api.events('type="stream.stopped"')])

    def test_events_deleted_before_they_were_told_are_missed(self):
        if self.stack.server:
            self.skipTest("the rows are deleted in SQLite's files")
        self.wait_for("event")
        self.stack.manager.kill()
        files = list(self.stack.manager_data.rglob("events-*.db"))
        self.assertEqual(len(files), 1)
        with sqlite3.connect(files[0]) as database:
            # As if two more had been stored, and taken away again.
            database.execute("UPDATE outbox_end SET number = number + 2")
        database.close()
        self.stack.start_manager()
        lost = wait_until("the loss", lambda: self.receiver.opened("lost"))
        self.assertEqual(lost[0]["body"]["to"] - lost[0]["body"]["from"], 1)
        self.assertIn("lost", self.receiver.verify(FINDINGS)[1])

    def test_a_receiver_that_is_away_misses_nothing(self):
        self.wait_for("heartbeat")
        self.receiver.program.kill()
        self.stack.manager.kill(signal.SIGTERM)
        self.stack.start_manager()
        self.stack.manager.kill()
        self.stack.start_manager()
        self.receiver.start()
        self.addCleanup(self.receiver.program.kill)
        self.wait_for("started", 3)
        report, kinds = self.receiver.verify(FINDINGS)
        self.assertEqual(kinds, {"stopped", "restarted"})

    def test_who_has_no_token_is_not_listened_to(self):
        self.wait_for("heartbeat")
        wrong = self.stack.folder / "wrong"
        wrong.write_text("guessed")
        self.stack.manager.kill(signal.SIGTERM)
        self.wait_for("stopped")
        self.configure(token_file=str(wrong))
        self.stack.start_manager()
        wait_until("tries", lambda: self.metric("warder_stream_errors_total") > 0)
        self.assertEqual([r["kind"] for r in self.receiver.records()][-1], "stopped")
        self.assertGreater(self.metric("warder_stream_waiting"), 0)

    def metric(self, name):
        text = subprocess.run(["curl", "-s", f"http://127.0.0.1:{self.stack.metrics_port}/metrics"], capture_output=True, text=True, check=True).stdout
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ")), 0)

    def test_rsyslog_takes_it_over_tls(self):
        self.stack.manager.kill()
        rsyslog = Rsyslog(self.stack.folder / "rsyslog").start()
        self.addCleanup(rsyslog.kill)
        self.configure(destination=f"syslog://127.0.0.1:{rsyslog.port}", ca_file=str(rsyslog.ca))
        self.stack.start_manager()

        def heartbeats():
            lines = [line["msg"].strip() for line in rsyslog.lines()]
            (self.receiver.folder / "from-rsyslog").write_text("".join(line + "\n" for line in lines))
            return [line for line in lines if '"kind":"heartbeat"' in line]
        wait_until("heartbeats at rsyslog", lambda: len(heartbeats()) >= 2)
        first = json.loads((self.receiver.folder / "from-rsyslog").read_text().split("\n")[0])["number"]
        report = json.loads(self.receiver.warder("--json", "stream", "verify", "--key", self.receiver.key, self.receiver.folder / "from-rsyslog",
                                                 code=FINDINGS))
        # The records before went to the other receiver; the change of the settings is told.
        kinds = {(f["kind"], f["to"]) for f in report["findings"] if f["finding"]}
        self.assertLessEqual({kind for kind, _ in kinds}, {"gap", "restarted", "changed"})
        self.assertTrue(first == 1 or ("gap", first - 1) in kinds, report)


if __name__ == "__main__":
    unittest.main()
