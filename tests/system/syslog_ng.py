"""syslog-ng as a receiver on the loopback. Debian's package cannot be installed beside rsyslog, so it is fetched and unpacked
into a folder."""
import json
import os
import pathlib
import subprocess
import unittest

from rsyslog import make_certificate, run
from stack import Program, free_port, wait_until

PACKAGES = ["syslog-ng-core", "libivykis0", "libnet1", "libwrap0"]


def unpack(folder):
    """The program's root; skips the test, saying why, where the packages cannot be fetched."""
    root = folder / "root"
    fetched = subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if fetched.returncode != 0:
        raise unittest.SkipTest("syslog-ng cannot be fetched: " + fetched.stderr[-300:])
    for package in folder.glob("*.deb"):
        run("dpkg", "-x", package, root)
    return root


class SyslogNg:
    """The program itself; `lines` are the messages as JSON objects, in the order in which it took them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.root = unpack(self.folder)
        self.port = free_port()
        self.output = self.folder / "messages"
        self.ca, certificate, key = make_certificate(self.folder, "syslog-ng", "IP:127.0.0.1,DNS:localhost")
        self.config = self.folder / "syslog-ng.conf"
        self.config.write_text(f"""@version: 3.38
options {{ keep-hostname(yes); log-msg-size(65536); stats-freq(0); }};
source take {{ syslog(ip("127.0.0.1") port({self.port}) transport("tls")
               tls(key-file("{key}") cert-file("{certificate}") peer-verify(optional-untrusted))); }};
destination keep {{ file("{self.output}" template("$(format-json msg=$MSG program=$PROGRAM host=$HOST msgid=$MSGID)\\n") flush-lines(1)); }};
log {{ source(take); destination(keep); }};
""")
        self.program = None

    def start(self):
        modules = next((self.root / "usr/lib/syslog-ng").iterdir())
        libraries = [self.root / "usr/lib/x86_64-linux-gnu", self.root / "usr/lib/syslog-ng"]
        self.program = Program(self.folder / "syslog-ng.log", self.root / "usr/sbin/syslog-ng", "-F", "-f", self.config, "-p", self.folder / "pid",
                               "-R", self.folder / "persist", "-c", self.folder / "control", f"--module-path={modules}",
                               environment={"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))})

        def listens():
            if not self.program.is_running():
                raise AssertionError("syslog-ng ended:\n" + self.program.tail())
            return f"127.0.0.1:{self.port}" in run("ss", "-Hltn").stdout
        wait_until("syslog-ng listens", listens)
        return self

    def kill(self):
        if self.program:
            self.program.kill()

    def lines(self):
        if not self.output.exists():
            return []
        return [json.loads(line) for line in self.output.read_text(errors="surrogateescape").split("\n")[:-1]]
