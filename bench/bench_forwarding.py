#!/usr/bin/env python3
"""Events from an agent's spool to a real rsyslog over TLS, until rsyslog has written them. Peers in the same run: rsyslog's own omfwd over TLS
with the same payloads from a file, and logger, which knows no TLS, over plain TCP. Rounds in turns, best of each. Then a whole manager: what
waits for a receiver that was away, from its first message to its last."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/system"))
from rsyslog import make_certificate  # noqa: E402
from stack import Program, Stack, free_port, wait_until  # noqa: E402

BIN = pathlib.Path(os.environ.get("WARDER_BIN", HERE.parent / "build/release/bin"))
COUNT, ROUNDS = 50_000, 3
WITH_TLS = 'StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'


class Receiver:
    """rsyslogd that writes what it takes to a file."""

    def __init__(self, folder, certificate, tls, port=None):
        self.port, self.output, ca_key_files = port or free_port(), folder / "messages", certificate
        ca, own, key = ca_key_files
        folder.mkdir()
        (folder / "conf").write_text(f"""
global(workDirectory="{folder}" maxMessageSize="64k" DefaultNetstreamDriver="{'ossl' if tls else 'ptcp'}" DefaultNetstreamDriverCAFile="{ca}"
       DefaultNetstreamDriverCertFile="{own}" DefaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" {WITH_TLS if tls else ''})
template(name="raw" type="string" string="%msg%\\n")
ruleset(name="take") {{ action(type="omfile" file="{self.output}" template="raw" flushOnTXEnd="on") }}
input(type="imtcp" port="{self.port}" address="127.0.0.1" ruleset="take")
""")
        self.program = Program(folder / "log", "rsyslogd", "-n", "-f", folder / "conf", "-i", folder / "pid")
        wait_until("rsyslog listens", lambda: f"127.0.0.1:{self.port}" in subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout)
        self.seen, self.offset = 0, 0

    def wait(self, count):
        """Until it has written so many lines more."""
        wanted = self.seen + count
        while self.seen < wanted:
            if self.output.exists():
                with self.output.open("rb") as file:
                    file.seek(self.offset)
                    part = file.read()
                self.offset += len(part)
                self.seen += part.count(b"\n")
            time.sleep(0.005)


def warder(folder, receiver, ca):
    folder.mkdir()
    sender = subprocess.Popen([BIN / "forward_events", folder, str(COUNT), str(receiver.port), ca], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    sender.stdout.readline()
    begin = time.monotonic()
    sender.stdin.write("\n")
    sender.stdin.flush()
    receiver.wait(COUNT)
    took = time.monotonic() - begin
    sender.communicate()
    return COUNT / took


def omfwd(folder, receiver, ca, lines):
    """The time begins when it connects: its start is not counted."""
    folder.mkdir()
    source = folder / "lines"
    source.write_text("")
    (folder / "conf").write_text(f"""
global(workDirectory="{folder}" maxMessageSize="64k" DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="{ca}")
module(load="imfile" mode="inotify")
input(type="imfile" File="{source}" Tag="warder" ruleset="send")
ruleset(name="send" queue.type="LinkedList" queue.size="200000" queue.dequeueBatchSize="1024") {{
  action(type="omfwd" target="127.0.0.1" port="{receiver.port}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"
         StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="anon")
}}
""")
    sender = Program(folder / "log", "rsyslogd", "-n", "-f", folder / "conf", "-i", folder / "pid")
    with source.open("a") as file:
        file.write("first\n")
    receiver.wait(1)  # it reads, and is connected
    with source.open("a") as file:
        begin = time.monotonic()
        file.write(lines)
    receiver.wait(COUNT)
    took = time.monotonic() - begin
    sender.kill()
    return COUNT / took


def logger(receiver, source):
    begin = time.monotonic()
    subprocess.run(["logger", "-T", "-n", "127.0.0.1", "-P", str(receiver.port), "--octet-count", "--size", "8192", "-t", "warder", "-f", source], check=True)
    receiver.wait(COUNT)
    return COUNT / (time.monotonic() - begin)


def manager(certificate):
    """Events of an agent that waited in the manager's log, and how many it had."""
    with Stack() as stack:
        stack.up()
        port, log = free_port(), stack.folder / "auth.log"
        settings = {"host": "127.0.0.1", "port": port, "ca_pem": pathlib.Path(certificate[0]).read_text(), "max_bytes": 65536}
        stack.api.post("/destinations", {"name": "siem", "kind": "syslog", "format": "cef", "settings": settings, "filter": "module=log-inspection"})
        stack.set_policy({"integrity": {"watch": [str(stack.watched)]},
                          "log-inspection": {"sources": [f"syslog {log}"], "journal": "off", "from_start": True, "max_lines_per_s": 0, "forward_level": 1}})
        made = log.with_suffix(".made")
        made.write_text("".join(f"Nov 22 10:00:00 web1 sshd[{n}]: Accepted publickey for user{n % 50} from 192.0.2.{n % 250} port {n % 60000} ssh2\n" for n in range(COUNT)))
        made.rename(log)
        wait_until("the events", lambda: stack.api.get("/events/facets", fields="module", filter="module=log-inspection")["total"] >= COUNT, 600)
        receiver = Receiver(stack.folder / "receiver", certificate, True, port)
        try:
            receiver.wait(1)
            begin, first = time.monotonic(), receiver.seen
            receiver.wait(COUNT - first)
            return (COUNT - first) / (time.monotonic() - begin)
        finally:
            receiver.program.kill()


def main():
    with tempfile.TemporaryDirectory(prefix="warder-bench-") as name:
        appends = []
        for turn in range(ROUNDS):
            folder = pathlib.Path(name) / str(turn)
            folder.mkdir()
            appends.append([float(rate) for rate in subprocess.run([BIN / "forward_events", folder, "20000", "--append"], capture_output=True, text=True,
                                                                   check=True).stdout.split()])
        bare, kept = (max(rates) for rates in zip(*appends))
    print(f"| events/s into the spool, in batches of 100, while a receiver is away | {kept:,.0f} | without a receiver {bare:,.0f} | {kept / bare:.2f} |")
    with tempfile.TemporaryDirectory(prefix="warder-bench-") as name:
        folder = pathlib.Path(name)
        certificate = make_certificate(folder, "rsyslog", "IP:127.0.0.1")
        over_tls, plain = Receiver(folder / "tls", certificate, True), Receiver(folder / "plain", certificate, False)
        lines = subprocess.run([BIN / "forward_events", folder, str(COUNT), "--lines"], capture_output=True, text=True, check=True).stdout
        source = folder / "lines"
        source.write_text(lines)
        best = {"warder": 0.0, "omfwd": 0.0, "logger": 0.0}
        try:
            for turn in range(ROUNDS):
                for peer, run in (("warder", lambda: warder(folder / f"warder-{turn}", over_tls, certificate[0])),
                                  ("omfwd", lambda: omfwd(folder / f"omfwd-{turn}", over_tls, certificate[0], lines)),
                                  ("logger", lambda: logger(plain, source))):
                    best[peer] = max(best[peer], run())
        finally:
            over_tls.program.kill()
            plain.program.kill()
        whole = manager(certificate)
        size = len(lines) // COUNT
        print(f"| events/s from the spool to rsyslog over TLS, CEF of {size} bytes | {best['warder']:,.0f} | omfwd over TLS {best['omfwd']:,.0f} | {best['warder'] / best['omfwd']:.2f} |")
        print(f"| the same | {best['warder']:,.0f} | logger over plain TCP {best['logger']:,.0f} | {best['warder'] / best['logger']:.2f} |")
    print(f"| events/s of a manager's destination, rsyslog over TLS, after it was away | {whole:,.0f} | omfwd over TLS {best['omfwd']:,.0f} | {whole / best['omfwd']:.2f} |")


main()
