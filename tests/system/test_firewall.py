"""The firewall of a host under a real manager, each in a network namespace of its own: a policy by the API, events and commands by the
command line, a policy that would cut the host off, isolation, a blocked scanner."""
import json
import pathlib
import socket
import subprocess
import sys
import unittest

from stack import BIN, PASSWORD, ROOT, Api, Stack, wait_until

sys.path.insert(0, str(ROOT / "tests/netns"))
from firewall_world import HERE, THERE, Namespace, join, run  # noqa: E402: beside the tests of the kernel

SCANNER = "10.77.0.3"
OTHERS_OFF = {name: {"enabled": False} for name in ("integrity", "log-inspection")}


class Hosts(Stack):
    """The manager is `there` at THERE, the agent `here` at HERE."""

    def __init__(self):
        self.here, self.there = Namespace(), Namespace()
        join(self.here, self.there)
        with self.there:
            run("ip", "address", "add", f"{SCANNER}/24", "dev", "v1")
        super().__init__()
        text = self.manager_toml.read_text().replace("127.0.0.1:", f"{THERE}:").replace(f'metrics_listen = "{THERE}', 'metrics_listen = "127.0.0.1')
        self.manager_toml.write_text(text + f'public_names = ["{THERE}"]\n')
        self.listeners = []

    def initialise(self):
        with self.there:
            password = json.loads(self.tool("warder-manager", "init", "--json").stdout)["password"]
            self.start_manager()
        self.api = Api(f"https://{THERE}:{self.api_port}", str(self.manager_data / "ca.pem"))
        request = self.api.request

        def from_there(*words, **named):
            with self.there:
                return request(*words, **named)
        self.api.request = from_there
        self.api.login(password)
        self.api.request("PUT", "/session/password", {"current": password, "new": PASSWORD})
        self.api.login(PASSWORD)
        self.policy_id = next(p["id"] for p in self.api.pages("/policies") if p["parent_id"] is None)

    def start(self):
        with self.here:
            self.enrol()
            self.start_agent()

    def module(self):
        return next((m for m in self.agent_record()["modules"] if m["module"] == "firewall"), None)

    def firewall(self, section):
        """Puts the section into force and waits until the agent says so."""
        self.set_policy({**OTHERS_OFF, "firewall": section})
        wait_until("the policy", lambda: self.agent_record()["policy_state"] == "applied", 90)

    def listen(self, *ports):
        for port in ports:
            with self.here:
                server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("0.0.0.0", port))
            server.listen(64)
            self.listeners.append(server)

    def connects(self, port, source=THERE, patience=2.5):
        with self.there:
            client = socket.socket()
        client.settimeout(patience)
        try:
            client.bind((source, 0))
            client.connect((HERE, port))
            return True
        except OSError:
            return False
        finally:
            client.close()

    def nft(self, *words):
        with self.here:
            return run("nft", *words)

    def cli(self, *words, code=0):
        with self.there:
            done = subprocess.run([BIN / "warder", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={
                "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "WARDER_URL": self.api.base.removesuffix("/api/v1"),
                "WARDER_CA_FILE": str(self.manager_data / "ca.pem"), "WARDER_TOKEN": self.api.token})
        if done.returncode != code:
            raise AssertionError(f"warder {words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def allow(*ports, **more):
    return {"commit_confirm_s": 0, "rules": [{"id": f"p{port}", "action": "allow", "protocol": "tcp", "destination_ports": [str(port)]}
                                             for port in ports], **more}


class Firewall(unittest.TestCase):
    def setUp(self):
        self.hosts = Hosts()
        self.addCleanup(self.hosts.__exit__, None)
        self.hosts.initialise()

    def test_a_default_policy_installs_nothing(self):
        self.hosts.listen(8080)
        self.hosts.start()
        wait_until("the firewall module's report", self.hosts.module, 90)
        wait_until("the policy", lambda: self.hosts.agent_record()["policy_state"] == "applied", 90)
        self.assertEqual(self.hosts.module()["state"], "off")
        self.assertEqual(self.hosts.nft("list", "ruleset"), "")
        self.assertTrue(self.hosts.connects(8080))

    def test_from_watching_to_blocking_and_isolation(self):
        hosts = self.hosts
        hosts.listen(8080, 9090)
        hosts.set_policy({**OTHERS_OFF, "firewall": allow(8080)})
        hosts.start()
        wait_until("the firewall", lambda: (hosts.module() or {}).get("state") == "on", 90)
        self.assertTrue(hosts.connects(9090), "tap only watches")
        event = wait_until("the event", lambda: hosts.api.events('type:"firewall.packet.would-refuse" AND destination.port:9090'))[0]
        self.assertEqual((event["action"], event["fields"]["source.ip"]), ("logged", THERE))
        self.assertTrue(hosts.connects(8080))
        services = json.loads(hosts.cli("--json", "firewall", "services", hosts.agent_id))
        listed = {(s["protocol"], s["port"]): s for s in services if s["listens"]}
        self.assertIn("python", listed["tcp", 8080]["program"])
        proposal = json.loads(hosts.cli("firewall", "propose", hosts.agent_id, "--days", "1"))
        self.assertIn("8080", [port for rule in proposal["rules"] for port in rule["destination_ports"]])

        hosts.firewall(allow(8080, mode="inline"))
        wait_until("the block", lambda: not hosts.connects(9090))
        self.assertTrue(hosts.connects(8080))
        wait_until("the event on the command line", lambda: "firewall.packet.refused" in hosts.cli("--json", "events", "list"))

        hosts.cli("firewall", "isolate", hosts.agent_id)
        self.assertFalse(hosts.connects(8080, SCANNER))
        self.assertTrue(json.loads(hosts.cli("firewall", "status", hosts.agent_id))["isolated"], "and its manager reaches it")
        wait_until("the event", lambda: hosts.api.events('type:"firewall.host.isolated"'))
        hosts.cli("firewall", "release", hosts.agent_id)
        self.assertTrue(hosts.connects(8080, SCANNER))

        hosts.firewall(allow(8080, mode="inline", recon_scan="block"))
        wait_until("the rules", lambda: json.loads(hosts.cli("firewall", "status", hosts.agent_id))["installed"])
        for port in range(20000, 20040):
            hosts.connects(port, SCANNER, 0.05)
        wait_until("the block", lambda: not hosts.connects(8080, SCANNER))
        wait_until("the event", lambda: hosts.api.events('type:"firewall.recon.detected"'))
        status = json.loads(hosts.cli("firewall", "status", hosts.agent_id))
        self.assertEqual([b["address"] for b in status["blocked"]], [SCANNER])
        self.assertEqual(status["alerts"][0]["source"], SCANNER)
        hosts.cli("firewall", "unblock", hosts.agent_id, SCANNER)
        self.assertTrue(hosts.connects(8080, SCANNER))
        hosts.cli("firewall", "unblock", hosts.agent_id, "192.0.2.1", code=1)

    def test_a_policy_that_cuts_the_host_off_is_taken_back(self):
        hosts = self.hosts
        hosts.listen(8080)
        good = allow(8080, mode="inline", commit_confirm_s=10, cold_start_s=0)
        hosts.set_policy({**OTHERS_OFF, "firewall": good})
        hosts.start()
        wait_until("the firewall", lambda: (hosts.module() or {}).get("state") == "on", 90)
        wait_until("its confirmation", lambda: not json.loads(hosts.cli("firewall", "status", hosts.agent_id))["awaits_manager"])
        bad = {**good, "protect_manager_link": False, "rules": [*good["rules"], {
            "id": "oops", "action": "deny", "priority": 4, "direction": "outgoing", "protocol": "tcp"}]}
        path = pathlib.Path(hosts.folder) / "bad.json"
        path.write_text(json.dumps({"firewall": bad}))
        findings = json.loads(hosts.cli("--json", "firewall", "analyse", str(path), "--manager", f"{THERE}:{hosts.gateway_port}", code=3))
        self.assertIn("cuts-manager", [f["problem"] for f in findings["findings"]], "told before")
        hosts.set_policy({**OTHERS_OFF, "firewall": bad})
        event = wait_until("the way back", lambda: hosts.api.events('type:"firewall.rules.rolled-back"'), 120)[0]
        self.assertEqual(event["fields"]["reason"], "last good rules")
        self.assertTrue(hosts.connects(8080))
        wait_until("the module's word", lambda: hosts.module()["reason"] == "firewall.rules.rolled-back")


if __name__ == "__main__":
    unittest.main()
