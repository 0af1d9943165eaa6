"""rsyslog as a receiver on the loopback, with a certificate of its own: every message it takes is a line of a file."""
import json
import pathlib
import subprocess

from stack import Program, free_port, wait_until


def run(*command, **options):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, **options)


def make_certificate(folder, name, subject_names):
    """A certificate by a fresh authority: (ca, certificate, key) as files."""
    ca, ca_key, key, request, certificate = (folder / f"{name}-{part}.pem" for part in ("ca", "ca-key", "key", "request", "certificate"))
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca_key, "-out", ca, "-days", "2",
        "-subj", f"/CN={name} test authority")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    extension = folder / f"{name}.ext"
    extension.write_text(f"subjectAltName={subject_names}\n")
    run("openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", certificate, "-days", "2", "-extfile", extension)
    return ca, certificate, key


class Rsyslog:
    """The program itself; `lines` are the messages as JSON objects, in the order in which it took them."""

    def __init__(self, folder, port=None, client_ca=None):
        """With client_ca, a file, only senders with a certificate of that authority are taken."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.port = port or free_port()
        self.output = self.folder / "messages"
        self.ca, certificate, key = make_certificate(self.folder, "rsyslog", "IP:127.0.0.1,DNS:localhost")
        self.config = self.folder / "rsyslog.conf"
        self.config.write_text(f"""
global(workDirectory="{self.folder}" maxMessageSize="64k" DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="{client_ca or self.ca}"
       DefaultNetstreamDriverCertFile="{certificate}" DefaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="{'x509/certvalid' if client_ca else 'anon'}")
template(name="raw" type="string" string="%jsonmesg%\\n")
ruleset(name="take") {{ action(type="omfile" file="{self.output}" template="raw") }}
input(type="imtcp" port="{self.port}" address="127.0.0.1" ruleset="take")
""")
        self.program = None

    def start(self):
        self.program = Program(self.folder / "rsyslog.log", "rsyslogd", "-n", "-f", self.config, "-i", self.folder / "pid")

        def listens():
            if not self.program.is_running():
                raise AssertionError("rsyslogd ended:\n" + self.program.tail())
            return f"127.0.0.1:{self.port}" in run("ss", "-Hltn").stdout
        wait_until("rsyslog listens", listens)
        return self

    def kill(self):
        if self.program:
            self.program.kill()

    def lines(self):
        if not self.output.exists():
            return []
        whole = self.output.read_text(errors="surrogateescape").split("\n")[:-1]  # the last may still be written
        return [json.loads(line) for line in whole]
