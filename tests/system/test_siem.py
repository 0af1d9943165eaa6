"""Events on their way to other systems: a real rsyslog over TLS, and receivers that die, stall or are not there."""
import contextlib
import json
import re
import socket
import threading
import unittest

from rsyslog import Rsyslog, make_certificate
from stack import ApiError, Stack, wait_until
from syslog_ng import SyslogNg

MODULES = "module=integrity"


def cef_ids(lines):
    """The ids of events in messages as rsyslog has them."""
    found = (re.search(r"externalId=([0-9a-f-]{36})", line["msg"]) for line in lines)
    return [match.group(1) for match in found if match]


def firsts(ids):
    return list(dict.fromkeys(ids))


class Receiver:
    """A TCP receiver of line-feed framed messages that can stall and die."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.connections = []
        self.port = self.listener.getsockname()[1]
        self.lines, self.lock, self.takes = [], threading.Lock(), threading.Event()
        self.takes.set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.read, args=(connection,), daemon=True).start()

    def read(self, connection):
        with connection, connection.makefile("rb") as stream:
            for line in stream:
                self.takes.wait()
                with self.lock:
                    self.lines.append(json.loads(line.split(b" - ", 2)[-1].split(b" - ", 1)[-1]))

    def ids(self):
        with self.lock:
            return [line["id"] for line in self.lines]

    def close(self):
        self.takes.set()
        self.listener.close()

    def die(self):
        """No connection stays, and none is taken."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Siem(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        try:
            cls.stack.up()
            cls.rsyslog = Rsyslog(cls.stack.folder / "rsyslog").start()
        except BaseException:
            cls.stack.__exit__(None, None, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.rsyslog.kill()
        cls.stack.__exit__(None, None, None)

    def setUp(self):
        self.addCleanup(self.remove_destinations)

    def remove_destinations(self):
        for each in self.stack.api.pages("/destinations"):
            self.stack.api.request("DELETE", f"/destinations/{each['id']}", headers={"If-Match": "*"})

    def add_rsyslog(self, name="siem", **more):
        settings = {"host": "127.0.0.1", "port": self.rsyslog.port, "ca_pem": self.rsyslog.ca.read_text(), "settle_ms": 300}
        return self.stack.api.post("/destinations", {"name": name, "kind": "syslog", "format": "cef", "settings": settings, "filter": MODULES, **more})

    def add_receiver(self, receiver, **more):
        settings = {"host": "127.0.0.1", "port": receiver.port, "transport": "tcp", "framing": "line-feed", "settle_ms": 200, "max_bytes": 65536}
        return self.stack.api.post("/destinations", {"name": f"receiver-{receiver.port}", "kind": "syslog", "filter": MODULES, "settings": settings, **more})

    def write(self, prefix, count):
        for number in range(count):
            (self.stack.watched / f"{prefix}-{number}").write_text("x")

    def stored(self, prefix, count):
        """The ids of the events of these files, once they all are there, in the order of storing."""
        def events():
            found = [e for e in self.stack.api.events(MODULES) if f"/{prefix}-" in e["fields"].get("file.path", "")
                     and e["type"] == "integrity.file.created"]
            return found if len(found) >= count else None
        return [e["id"] for e in wait_until("the events", events, 90)]

    def state(self, destination):
        return self.stack.api.get(f"/destinations/{destination['id']}")["state"]

    def test_rsyslog_takes_each_event_over_tls(self):
        ca = self.stack.folder / "siem-ca.pem"
        ca.write_text(self.rsyslog.ca.read_text())
        self.stack.warder("destinations", "add", "central", "--kind", "syslog", "--setting", "host=127.0.0.1", "--setting", f"port={self.rsyslog.port}",
                    "--setting-file", f"ca_pem={ca}", "--setting", "settle_ms=300", "--format", "cef")
        self.stack.warder("destinations", "try", "central")
        self.write("first", 20)
        ids = self.stored("first", 20)
        wait_until("all of them at rsyslog", lambda: set(ids) <= set(cef_ids(self.rsyslog.lines())), 60)
        message = next(line for line in self.rsyslog.lines() if ids[0] in line["msg"])
        self.assertTrue(message["msg"].lstrip().startswith("CEF:0|Warder|Warder Agent|"), message)
        self.assertEqual(message["programname"], "warder")
        self.assertEqual(sorted(i for i in cef_ids(self.rsyslog.lines()) if i in ids), sorted(ids))
        listed = json.loads(self.stack.warder("--json", "destinations", "list"))
        self.assertEqual(listed[0]["name"], "central")
        wait_until("all settled", lambda: self.stack.api.get(f"/destinations/{listed[0]['id']}")["state"]["backlog"] == 0)

    def test_syslog_ng_takes_each_event_over_tls_in_every_form(self):
        receiver = SyslogNg(self.stack.folder / "syslog-ng").start()
        self.addCleanup(receiver.kill)
        settings = {"host": "127.0.0.1", "port": receiver.port, "ca_pem": receiver.ca.read_text(), "settle_ms": 300, "max_bytes": 65536}
        forms = {"cef": "CEF:0|Warder|", "leef": "LEEF:2.0|Warder|", "json": '{"id":', "ocsf": "{"}
        for form in forms:
            self.stack.api.post("/destinations", {"name": f"ng-{form}", "kind": "syslog", "format": form, "settings": {**settings, "program": f"warder-{form}"},
                                                  "filter": MODULES})
        self.write("ng", 10)
        ids = self.stored("ng", 10)
        for form, begin in forms.items():
            def messages(form=form):
                return [line["msg"] for line in receiver.lines() if line["program"] == f"warder-{form}"]
            wait_until(f"all as {form}", lambda messages=messages: all(any(i in message for message in messages()) for i in ids), 60)
            self.assertTrue(all(message.startswith(begin) for message in messages()), messages()[:1])
        # Killed and back: what came meanwhile comes all the same.
        receiver.kill()
        self.write("ng-later", 10)
        later = self.stored("ng-later", 10)
        receiver.start()
        wait_until("the later ones", lambda: all(any(i in line["msg"] for line in receiver.lines() if line["program"] == "warder-cef") for i in later), 90)

    def test_nothing_is_lost_when_the_receiver_is_killed(self):
        destination = self.add_rsyslog()
        self.write("kill", 60)
        wait_until("some at rsyslog", lambda: [i for i in cef_ids(self.rsyslog.lines())], 60)
        self.rsyslog.kill()
        self.write("down", 60)
        ids = self.stored("kill", 60) + self.stored("down", 60)
        wait_until("the failure is told", lambda: self.state(destination)["error"], 60)
        self.rsyslog.start()
        wait_until("all of them at rsyslog", lambda: set(ids) <= set(cef_ids(self.rsyslog.lines())), 120)
        wait_until("all settled", lambda: self.state(destination)["backlog"] == 0, 60)
        self.assertIsNone(self.state(destination)["error"])

    def test_order_is_kept_and_a_stalled_receiver_holds_up_no_other(self):
        stalled, quick = Receiver(), Receiver()
        self.addCleanup(stalled.close)
        self.addCleanup(quick.close)
        one, other = self.add_receiver(stalled), self.add_receiver(quick)
        stalled.takes.clear()
        self.write("stall", 80)
        ids = self.stored("stall", 80)
        wait_until("all at the quick one", lambda: set(ids) <= set(quick.ids()), 60)
        self.assertFalse(set(ids) & set(stalled.ids()))
        stalled.takes.set()
        wait_until("all at the other", lambda: set(ids) <= set(stalled.ids()), 60)
        wait_until("all settled", lambda: self.state(one)["backlog"] == 0 and self.state(other)["backlog"] == 0)
        self.assertEqual(firsts(quick.ids()), firsts(stalled.ids()))

    def test_a_manager_that_dies_sends_the_rest_afterwards(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.add_receiver(receiver)
        self.write("death", 40)
        wait_until("some at the receiver", receiver.ids, 60)
        self.stack.manager.kill()
        self.stack.start_manager()
        ids = wait_until("the events", lambda: self.stored("death", 40), 120)
        wait_until("all at the receiver", lambda: set(ids) <= set(receiver.ids()), 120)

    def test_a_receiver_that_cannot_prove_who_it_is_gets_nothing(self):
        other_ca, _, _ = make_certificate(self.stack.folder, "another", "IP:127.0.0.1")
        before = len(self.rsyslog.lines())
        destination = self.add_rsyslog("doubtful", settings={"host": "127.0.0.1", "port": self.rsyslog.port, "ca_pem": other_ca.read_text()})
        trial = self.stack.api.post(f"/destinations/{destination['id']}/trial")
        self.assertFalse(trial["arrived"])
        self.assertIn("TLS", trial["error"])
        self.assertEqual(len(self.rsyslog.lines()), before)

    def test_bad_settings_are_refused_with_their_place(self):
        for change, place in (({"settings": {"host": "127.0.0.1", "port": 0}}, "/settings/port"), ({"settings": {"hosts": "a"}}, "/settings"),
                              ({"filter": "("}, "/filter"), ({"kind": "pigeon"}, "/kind")):
            with self.subTest(place=place), self.assertRaises(ApiError) as refused:
                self.stack.api.post("/destinations", {"name": "bad", "kind": "syslog", "settings": {"host": "127.0.0.1"}, **change})
            self.assertEqual(refused.exception.status, 400)
            self.assertIn(place, json.dumps(refused.exception.problem))


if __name__ == "__main__":
    unittest.main()
