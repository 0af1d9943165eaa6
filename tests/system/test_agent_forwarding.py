"""Events that an agent sends to a syslog receiver by itself: a real rsyslog over TLS, and receivers that die, stall, talk nonsense or are not there."""
import json
import socket
import ssl
import threading
import unittest

from rsyslog import Rsyslog, make_certificate
from stack import ApiError, Stack, free_port, wait_until


def firsts(ids):
    return list(dict.fromkeys(ids))


def events_of(lines):
    """The events in messages as rsyslog has them; what is no whole message is left out, as a parser would."""
    found = []
    for line in lines:
        try:
            found.append(json.loads(line["msg"]))
        except ValueError:
            continue
    return found


class Nonsense:
    """A listener that answers everything with bytes that mean nothing, or with nothing at all."""

    def __init__(self, port, answer):
        self.answer, self.seen = answer, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.seen.set()
            try:
                connection.sendall(self.answer)
            except OSError:
                continue

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()


class AgentForwarding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        try:
            certificate_ca, certificate, key = make_certificate(cls.stack.folder, "host", "DNS:web-1")
            cls.host_ca = certificate_ca
            with cls.stack.agent_toml.open("a") as file:
                file.write(f'forwarding_certificate = "{certificate}"\nforwarding_key = "{key}"\n')
            cls.stack.up()
        except BaseException:
            cls.stack.__exit__(None, None, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.stack.__exit__(None, None, None)

    def setUp(self):
        self.addCleanup(self.forward, None)

    def forward(self, section):
        """Puts the section into the policy, and waits until the agent has it."""
        name = None if section is None else f"{section['host']}:{section['port']}"
        self.stack.set_policy({"agent": {"heartbeat_s": 5, "self_protection": False}, "integrity": {"watch": [str(self.stack.watched)], "exclude": []},
                               "log-inspection": {"enabled": False}, **({"forwarding": section} if section else {})})
        wait_until("the agent has the policy", lambda: self.status().get("destination") == name and self.stack.agent_record()["policy_state"] == "applied")

    def rsyslog(self, **options):
        receiver = Rsyslog(self.stack.folder / f"rsyslog-{free_port()}", **options)
        self.addCleanup(receiver.kill)
        return receiver

    @staticmethod
    def to(receiver, **more):
        return {"enabled": True, "host": "127.0.0.1", "port": receiver.port, "ca_pem": receiver.ca.read_text(), "settle_ms": 300, "max_bytes": 65536,
                "modules": ["integrity"], **more}

    def status(self):
        return self.stack.agent_status().get("forwarding", {})

    def fleet_state(self):
        return next((module for module in self.stack.agent_record()["modules"] if module["module"] == "forwarding"), None)

    def write(self, prefix, count):
        for number in range(count):
            (self.stack.watched / f"{prefix}-{number}").write_text("x")

    @staticmethod
    def created(events, *prefixes):
        return [e["id"] for e in events if e["type"] == "integrity.file.created"
                and any(f"/{prefix}-" in e["fields"].get("file.path", "") for prefix in prefixes)]

    def stored(self, count, *prefixes):
        """The ids that the manager has."""
        def ids():
            found = self.created(self.stack.api.events("module=integrity"), *prefixes)
            return set(found) if len(found) >= count else None
        return wait_until("the events at the manager", ids, 180)

    def test_the_receiver_has_the_events_that_the_manager_has(self):
        receiver = self.rsyslog().start()
        self.forward(self.to(receiver))
        self.write("same", 40)
        ids = self.stored(40, "same")
        wait_until("all at rsyslog", lambda: ids <= set(self.created(events_of(receiver.lines()), "same")), 60)
        wait_until("all settled", lambda: self.status()["waiting"] == 0)
        got = self.created(events_of(receiver.lines()), "same")
        self.assertEqual(sorted(got), sorted(ids), "each once")
        self.assertEqual(got, sorted(got), "in order")
        manager = {e["id"]: e for e in self.stack.api.events("module=integrity")}
        for event in events_of(receiver.lines()):
            if event["id"] in ids:
                for key in ("time", "type", "severity", "fields", "agent_id", "host"):
                    self.assertEqual(event[key], manager[event["id"]][key], key)
        state = wait_until("the fleet shows it", lambda: (self.fleet_state() or {}).get("counters", {}).get("delivered", 0) >= 40 and self.fleet_state())
        self.assertEqual((state["state"], state["counters"]["lost"]), ("on", 0))
        self.assertIn("forwarding", self.stack.tool("warder-agent", "status").stdout)

    def test_nothing_is_lost_while_the_receiver_is_away_slow_and_talks_nonsense(self):
        receiver = self.rsyslog().start()
        self.forward(self.to(receiver))
        self.write("before", 50)
        wait_until("some at rsyslog", lambda: self.created(events_of(receiver.lines()), "before"), 60)
        # Ten minutes of five changes a second, while rsyslog is killed in the middle of it.
        writer = threading.Thread(target=self.write, args=("load", 3000))
        writer.start()
        wait_until("some of the load", lambda: self.created(events_of(receiver.lines()), "load"), 60)
        receiver.kill()
        wait_until("the failure is told", lambda: self.status()["error"], 60)
        for answer in (b"\x15\x03\x03\x00\x02\x02\x28 hello, nothing here is TLS\r\n" * 8, b""):
            nonsense = Nonsense(receiver.port, answer)
            self.assertTrue(nonsense.seen.wait(90))
            nonsense.close()
        writer.join()
        # The manager is not kept waiting by any of it.
        ids = self.stored(3050, "before", "load")
        self.assertGreater(self.status()["waiting"], 0)
        self.stack.agent.kill()
        self.stack.start_agent()
        self.stack.wait_protected()
        receiver.start()
        wait_until("all at rsyslog", lambda: ids <= set(self.created(events_of(receiver.lines()), "before", "load")), 240)
        got = firsts(self.created(events_of(receiver.lines()), "before", "load"))
        self.assertEqual(set(got), ids)
        self.assertEqual(got, sorted(got), "in order")
        wait_until("all settled", lambda: self.status()["waiting"] == 0 and not self.status()["error"], 60)
        self.assertEqual(self.status()["lost"], 0)

    def test_a_receiver_that_stalls_slows_down_neither_modules_nor_manager(self):
        stalled = Nonsense(free_port(), b"")  # takes connections and reads nothing
        self.addCleanup(stalled.close)
        port = stalled.listener.getsockname()[1]
        self.forward({"enabled": True, "host": "127.0.0.1", "port": port, "transport": "tcp", "modules": ["integrity"]})
        self.write("stall", 500)
        self.stored(500, "stall")
        self.assertGreaterEqual(self.status()["waiting"], 500)

    def test_a_receiver_that_is_away_is_an_event_and_a_state(self):
        self.forward({"enabled": True, "host": "127.0.0.1", "port": free_port(), "transport": "tcp", "modules": ["integrity"]})
        self.write("away", 1)
        state = wait_until("degraded in the fleet", lambda: (self.fleet_state() or {}).get("state") == "degraded" and self.fleet_state(), 90)
        self.assertEqual(state["reason"], "agent.forwarding.failed")
        self.assertGreaterEqual(state["counters"]["waiting"], 1)
        event = wait_until("the event", lambda: self.stack.api.events("type=agent.forwarding.failed"), 30)[0]
        self.assertIn("127.0.0.1", event["fields"]["sink.name"])
        self.assertTrue(event["fields"]["error"])

    def test_the_host_shows_its_own_certificate(self):
        receiver = self.rsyslog(client_ca=self.host_ca).start()
        self.forward(self.to(receiver))
        self.write("unknown", 3)
        wait_until("it is refused", lambda: self.status()["error"] or self.status()["waiting"], 60)
        self.assertFalse(self.created(events_of(receiver.lines()), "unknown"))
        self.forward(self.to(receiver, client_certificate="host"))
        wait_until("with its certificate it is taken", lambda: len(set(self.created(events_of(receiver.lines()), "unknown"))) == 3, 60)

    def test_the_agents_certificate_vouches_for_it(self):
        ca, certificate, key = make_certificate(self.stack.folder, "receiver", "IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(self.stack.agent_state / "identity" / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        names = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def take():
                while not names:
                    plain, _ = listener.accept()
                    try:
                        with context.wrap_socket(plain, server_side=True) as connection:
                            if connection.recv(1):
                                names.append(dict(pair[0] for pair in connection.getpeercert()["subject"]))
                    except OSError:
                        continue
            threading.Thread(target=take, daemon=True).start()
            self.forward({"enabled": True, "host": "127.0.0.1", "port": listener.getsockname()[1], "ca_pem": ca.read_text(), "client_certificate": "agent"})
            self.write("vouched", 1)
            wait_until("a connection with the certificate", lambda: names, 60)
        self.assertIn(self.stack.agent_id, json.dumps(names))

    def test_a_policy_that_could_send_nothing_is_refused(self):
        with self.assertRaisesRegex(ApiError, "/document/forwarding/ca_pem"):
            self.stack.set_policy({"forwarding": {"enabled": True, "host": "a", "ca_pem": "no certificate"}})
        with self.assertRaisesRegex(ApiError, "/document/forwarding/floor"):
            self.stack.set_policy({"forwarding": {"floor": "loud"}})


if __name__ == "__main__":
    unittest.main()
