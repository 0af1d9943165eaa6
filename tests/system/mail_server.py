"""A mail server on the loopback under STARTTLS, with a certificate of its own (tests/notify/mail_receiver.py)."""
import json
import pathlib
import subprocess

from rsyslog import make_certificate
from stack import ROOT


class MailServer:
    """`mails` is what it has taken, in that order, as Python's own parser of mails reads it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.ca, certificate, key = make_certificate(self.folder, "mail", "IP:127.0.0.1,DNS:localhost")
        options = json.dumps({"certificate": str(certificate), "key": str(key)})
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(["/usr/bin/python3", "-B", ROOT / "tests/notify/mail_receiver.py", self.folder, options], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        self.port = int(self.process.stdout.readline())

    def settings(self, *to):
        """Of a channel of the kind mail that hands mails to this server."""
        return {"host": "localhost", "port": self.port, "security": "starttls", "ca_pem": self.ca.read_text(), "from": "warder@example.com", "to": list(to)}

    def become(self, mode):
        """"up", "defer", "hang" …: what the next mails get."""
        fresh = self.folder / "mode.new"
        fresh.write_text(mode)
        fresh.rename(self.folder / "mode")

    def mails(self, to=None, subject=""):
        """Those to this address whose subject has these words."""
        file = self.folder / "mails.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return [mail for mail in map(json.loads, lines) if (to is None or mail["to"] == [to]) and subject in mail["subject"]]

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process.stdout.close()
