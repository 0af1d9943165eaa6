"""The golden host of a policy: two agents on one machine, each with its own file system at the watched path."""
import json
import os
import pathlib
import subprocess
import unittest

from stack import BIN, PASSWORD, Api, ApiError, Stack, wait_until

IN_OWN_TREE = ["unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t tmpfs tmpfs "$0" && exec "$@"']


class Agent(Stack):
    """A second agent of the manager of `stack`."""

    def __init__(self, stack):
        super().__init__("warder-test-second-")
        self.api = stack.api


class Golden(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.__exit__, None)
        self.stack.initialise()
        self.other = Agent(self.stack)
        self.addCleanup(self.other.__exit__, None)
        for agent in (self.stack, self.other):
            agent.enrol()
            agent.start_agent(*IN_OWN_TREE, self.stack.watched)
        for agent in (self.stack, self.other):
            agent.wait_protected()

    def tree(self, agent):
        return pathlib.Path(f"/proc/{agent.agent.pid}/root{self.stack.watched}")

    def events(self, agent, name):
        # Both agents have the host name of this machine.
        path = self.stack.watched / name
        return [e for e in self.stack.api.events(f'file.path:"{path}"') if e["agent_id"] == agent.agent_id]

    def event(self, agent, name, what="an event"):
        return wait_until(f"{what} of {name}", lambda: self.events(agent, name), 60)[0]

    def cli(self, *words, code=0):
        done = subprocess.run([BIN / "warder", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={
            "PATH": "/usr/bin:/bin", "HOME": str(self.stack.folder), "WARDER_URL": self.stack.api.base.removesuffix("/api/v1"),
            "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"), "WARDER_TOKEN": self.stack.api.token})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_what_the_golden_host_has_is_no_alarm_on_the_other(self):
        golden, other = self.stack, self.other
        self.assertIsNone(json.loads(self.cli("policies", "golden-host", "Base", "--json"))["agent_id"])
        named = json.loads(self.cli("policies", "golden-host", "Base", "--host", golden.agent_id, "--json"))
        self.assertEqual(named["agent_id"], golden.agent_id)
        entry = self.stack.api.get("/audit", action="golden-host.name")["items"][0]
        self.assertEqual(entry["detail"]["agent"], golden.agent_id)
        by = "golden host " + named["hostname"]

        # The golden host first.
        (self.tree(golden) / "first").write_text("rolled out")
        own = self.event(golden, "first")
        (self.tree(other) / "first").write_text("rolled out")
        same = self.event(other, "first")
        self.assertEqual((same["severity"], same["fields"].get("change.explained_by")), ("info", by))
        self.assertEqual(same["fields"]["change.severity_was"], own["severity"])
        self.assertNotIn("change.explained_by", self.event(golden, "first")["fields"], "no host explains itself")

        # The other host first: the alarm that is stored becomes information.
        (self.tree(other) / "later").write_text("rolled out")
        early = self.event(other, "later")
        self.assertNotIn("change.explained_by", early["fields"])
        (self.tree(golden) / "later").write_text("rolled out")
        wait_until("the explanation", lambda: self.event(other, "later")["fields"].get("change.explained_by") == by, 60)

        # What differs in content, or in nothing but mode or an attribute of its own, is an alarm.
        for name, spoil in {"content": lambda path: path.write_text("trojan"), "mode": lambda path: os.chmod(path, 0o4755),
                            "attribute": lambda path: os.setxattr(path, "user.x", b"1")}.items():
            (self.tree(golden) / name).write_text("rolled out")
            self.event(golden, name)
            path = self.tree(other) / ("." + name)  # comes to its place at once, as it will be
            path.write_text("rolled out")
            try:
                spoil(path)
            except OSError:  # a tmpfs without attributes of users
                continue
            path.rename(self.tree(other) / name)
            wait_until(f"the alarm of {name}", lambda: self.events(other, name), 60)
            for event in self.events(other, name):
                self.assertNotIn("change.explained_by", event["fields"], name)

        # A deletion.
        (self.tree(golden) / "first").unlink()
        gone = f'file.path:"{self.stack.watched}/first" and type:"integrity.file.deleted"'
        wait_until("that it went", lambda: self.stack.api.events(gone), 60)
        (self.tree(other) / "first").unlink()
        wait_until("both", lambda: len(self.stack.api.events(gone)) == 2, 60)
        told = {e["agent_id"]: e["fields"].get("change.explained_by") for e in self.stack.api.events(gone)}
        self.assertEqual(told, {golden.agent_id: None, other.agent_id: by})

        # No more golden host: alarms again.
        self.cli("policies", "golden-host", "Base", "--none")
        self.assertEqual(len(self.stack.api.get("/audit", action="golden-host.clear")["items"]), 1)
        (self.tree(golden) / "last").write_text("rolled out")
        self.event(golden, "last")
        (self.tree(other) / "last").write_text("rolled out")
        self.assertNotIn("change.explained_by", self.event(other, "last")["fields"])

    def test_only_who_may_change_policies_names_a_golden_host(self):
        path = f"/policies/{self.stack.policy_id}/golden-host"
        admin = self.stack.api
        with self.assertRaises(ApiError) as unknown:
            admin.request("PUT", path, {"agent_id": self.stack.policy_id})
        self.assertEqual(unknown.exception.status, 400)
        admin.post("/users", {"username": "reader", "password": PASSWORD + "-once", "roles": ["auditor"]})
        reader = Api(admin.base.removesuffix("/api/v1"), str(self.stack.manager_data / "ca.pem"))
        reader.login(PASSWORD + "-once", "reader")
        reader.request("PUT", "/session/password", {"current": PASSWORD + "-once", "new": PASSWORD})
        reader.login(PASSWORD, "reader")
        self.assertIsNone(reader.get(path)["agent_id"])
        for method, body in (("PUT", {"agent_id": self.stack.agent_id}), ("DELETE", None)):
            with self.assertRaises(ApiError) as refused:
                reader.request(method, path, body)
            self.assertEqual(refused.exception.status, 403)
        self.assertIsNone(admin.get(path)["agent_id"])


if __name__ == "__main__":
    unittest.main()
