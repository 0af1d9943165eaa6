"""The firewall of a host under a real manager, each in a network namespace of its own: a policy by the API, events and commands by the
command line, a policy that would cut the host off, isolation, a blocked scanner."""
import json
import pathlib
import unittest

from hosts import OTHERS_OFF, SCANNER, THERE, Hosts
from stack import wait_until


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

        hosts.put(firewall=allow(8080, mode="inline"))
        wait_until("the block", lambda: not hosts.connects(9090))
        self.assertTrue(hosts.connects(8080))
        wait_until("the event on the command line", lambda: "firewall.packet.refused" in hosts.cli("--json", "events", "list"))

        hosts.cli("firewall", "isolate", hosts.agent_id)
        self.assertFalse(hosts.connects(8080, SCANNER))
        self.assertTrue(json.loads(hosts.cli("firewall", "status", hosts.agent_id))["isolated"], "and its manager reaches it")
        wait_until("the event", lambda: hosts.api.events('type:"firewall.host.isolated"'))
        hosts.cli("firewall", "release", hosts.agent_id)
        self.assertTrue(hosts.connects(8080, SCANNER))

        hosts.put(firewall=allow(8080, mode="inline", recon_scan="block"))
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
