"""The five modules of the operator's own hosts, as the Trust Center sees them: one is switched off, and exactly that sentence turns."""
import unittest

from hosts import Hosts, run
from stack import wait_until
from trust_front import Front
from trust_states import sentences_of, states_after_a_round

FIVE = {"anti-malware", "firewall", "integrity", "ips", "log-inspection"}


class TrustModules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hosts = Hosts()
        cls.addClassCleanup(lambda: cls.hosts.__exit__(None, None, None))
        settings = cls.hosts.manager_toml
        settings.write_text(settings.read_text().replace("trust_check_s = 0", "trust_check_s = 3600"))
        cls.hosts.initialise()
        cls.hosts.start()

    def apply(self, **changed):
        """All five, without a look at anything of this machine, but for what is changed."""
        log, files = self.hosts.folder / "auth.log", self.hosts.watched
        log.touch()
        self.hosts.set_policy({
            "integrity": {"watch": [str(files)], "exclude": []},
            "log-inspection": {"journal": "off", "sources": [f"syslog {log}"]},
            "anti-malware": {"mode": "detect", "real_time": "off", "scan_paths": [str(files)]},
            "ips": {"mode": "tap"},
            "firewall": {"mode": "tap", "rules": [{"id": "ssh", "action": "allow", "protocol": "tcp", "destination_ports": ["22"]}]},
            **changed})
        self.hosts.wait_applied()

    def wait_on(self, modules):
        def are_on():
            states = {each["module"]: (each["state"], each["reason"]) for each in self.hosts.agent_record()["modules"]}
            on = {name for name, (state, _) in states.items() if state == "on"} & FIVE
            if on != modules:
                raise OSError(states)
            return True
        wait_until("the modules", are_on, 120)

    def setUp(self):
        self.apply()
        self.wait_on(FIVE)
        wait_until("the agent tells what listens", lambda: list(self.hosts.api.pages(f"/agents/{self.hosts.agent_id}/inventory/sockets")), 300)

    def test_a_module_that_is_off_turns_its_sentence_and_no_other(self):
        before = states_after_a_round(self.hosts.api)
        self.assertEqual({before[each] for each in sentences_of("modules.working")}, {"pass"})
        self.apply(ips={"mode": "off"})
        self.wait_on(FIVE - {"ips"})
        broken = states_after_a_round(self.hosts.api)
        self.assertEqual({each for each in broken if broken[each] != before[each]}, sentences_of("modules.working"))
        self.assertEqual({broken[each] for each in sentences_of("modules.working")}, {"fail"})
        self.apply()
        self.wait_on(FIVE)
        self.assertEqual(states_after_a_round(self.hosts.api), before)

    def test_another_that_answers_for_the_gateway(self):
        """Who connects anew to where agents connect finds somebody who takes old TLS."""
        hosts = self.hosts
        before = states_after_a_round(hosts.api)
        expected = {each for each in sentences_of("tls.gateway") if before[each] == "pass"}
        self.assertLessEqual({"tc-38a", "tc-38b"}, expected)
        with hosts.there:
            front = Front(hosts.folder, hosts.api_port)
        self.addCleanup(front.close)
        front.allow_old_tls()
        with hosts.there:
            run("nft", f"table ip other {{ chain out {{ type nat hook output priority -100; tcp dport {hosts.gateway_port} dnat to 127.0.0.1:{front.port}; }}; }}")
        try:
            broken = states_after_a_round(hosts.api)
        finally:
            with hosts.there:
                run("nft", "delete table ip other")
        self.assertEqual({each for each in broken if broken[each] != before[each]}, expected)
        self.assertEqual({broken[each] for each in expected}, {"fail"})
        wait_until("all as it was before", lambda: states_after_a_round(hosts.api) == before, 120)


if __name__ == "__main__":
    unittest.main()
