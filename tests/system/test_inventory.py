"""What this host has, as the manager hears it from a real agent: whole at first, then what changed; what the policy forbids is
forgotten; a manager that was restarted or killed is not told again what it has."""
import os
import pathlib
import socket
import subprocess
import unittest

from stack import Stack, wait_until


class Inventory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.__exit__, None)
        cls.stack.initialise()
        cls.stack.set_policy({"inventory": {"language_packages": False, "interval_s": 60}})
        cls.stack.enrol()
        cls.stack.start_agent()
        cls.agent = wait_until("the agent", cls.stack.agent_record)["id"]
        wait_until("all lists", lambda: len(cls.lists()) >= 11, 120)

    @classmethod
    def lists(cls):
        return {each["kind"]: each for each in cls.stack.api.get(f"/agents/{cls.agent}/inventory")["lists"]}

    def items(self, kind, **query):
        return list(self.stack.api.pages(f"/agents/{self.agent}/inventory/{kind}", **query))

    def rescan(self):
        self.stack.api.post(f"/agents/{self.agent}/commands", {"module": "inventory", "name": "rescan"})

    def test_packages_are_those_that_dpkg_says(self):
        listed = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${Package}\t${Version}\n"],
                                capture_output=True, text=True, check=True).stdout.splitlines()
        expected = sorted(line.split("\t", 1)[1] for line in listed if line.startswith("ii"))
        told = sorted(f"{item['name']}\t{item['version']}" for item in self.items("packages"))
        self.assertEqual(told, expected)

    def test_users_are_those_of_passwd_without_peoples_names(self):
        expected = sorted(line.split(":")[0] for line in pathlib.Path("/etc/passwd").read_text().splitlines() if line)
        users = self.items("users")
        self.assertEqual(sorted(user["name"] for user in users), expected)
        self.assertFalse(any("gecos" in user["attributes"] for user in users))

    def test_a_listening_socket_comes_with_its_program(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]

        def found():
            self.rescan()
            return [each for each in self.items("sockets") if each["name"] == f"tcp/{port}"]

        one = wait_until("the socket", found, 90)[0]
        self.assertEqual(one["attributes"]["executable"], os.readlink("/proc/self/exe"))
        self.assertEqual(one["attributes"]["address"], "127.0.0.1")
        listener.close()

        def is_gone():
            self.rescan()
            return not [each for each in self.items("sockets") if each["name"] == f"tcp/{port}"]

        wait_until("its end", is_gone, 90)

    def test_the_fleet_is_searched(self):
        version = [item for item in self.items("packages", q="dpkg") if item["name"] == "dpkg"][0]["version"]
        hosts = list(self.stack.api.pages("/inventory/packages", name="dpkg", version=version))
        self.assertEqual([host["agent_id"] for host in hosts], [self.agent])
        self.assertEqual(list(self.stack.api.pages("/inventory/packages", name="dpkg", version="0")), [])
        versions = list(self.stack.api.pages("/inventory/packages/versions", q="dpkg"))
        self.assertIn({"name": "dpkg", "version": version, "hosts": 1}, versions)

    def test_packs_are_recommended_for_what_the_host_has(self):
        offers = self.stack.api.get(f"/agents/{self.agent}/recommendations")["items"]
        told = {(offer["module"], offer["id"]) for offer in offers}
        self.assertIn(("integrity", "accounts"), told)
        self.assertIn(("log-inspection", "accounts"), told)  # passwd is installed on each Debian
        self.assertNotIn(("integrity", "dnf"), told)

    def test_a_killed_manager_is_told_only_what_changed(self):
        before = self.lists()["packages"]
        self.stack.manager.kill()
        self.stack.start_manager()
        wait_until("the agent again", lambda: self.stack.agent_record()["state"] == "online", 120)
        # Lists go in order, packages before sockets: once a new socket is told, packages would have been.
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        name = f"tcp/{listener.getsockname()[1]}"

        def is_told():
            self.rescan()
            return [each for each in self.items("sockets") if each["name"] == name]

        wait_until("a new socket", is_told, 90)
        after = self.lists()["packages"]
        self.assertEqual((after["digest"], after["received"]), (before["digest"], before["received"]))

    def test_what_the_policy_forbids_is_forgotten(self):
        self.stack.set_policy({"inventory": {"language_packages": False, "users": False}})
        wait_until("no users", lambda: self.lists()["users"]["items"] == 0, 90)
        self.stack.set_policy({"inventory": {"language_packages": False}})
        wait_until("users again", lambda: self.lists()["users"]["items"] > 0, 90)


if __name__ == "__main__":
    unittest.main()
