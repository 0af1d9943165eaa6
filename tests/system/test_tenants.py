"""A tenant's life as its operators and its own people meet it, on the command line; with an agent that goes on."""
import hashlib
import json
import os
import subprocess
import unittest

from stack import BIN, PASSWORD, Api, Stack, wait_until


class Tenants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-tenants-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.initialise()
        # Two operators: one asks, and the tenant answers.
        cls.operator = cls.stack.api

    def cli(self, api, *words, code=0):
        run = subprocess.run([BIN / "warder", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={
            **os.environ, "HOME": str(self.stack.folder), "WARDER_URL": api.base.removesuffix("/api/v1"),
            "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"), "WARDER_TOKEN": api.token})
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout if code == 0 else run.stderr

    def make(self, name, *options):
        """A tenant, and its administrator logged in."""
        made = json.loads(self.cli(self.operator, "--json", "tenants", "create", name, *options))
        api = Api(self.operator.base.removesuffix("/api/v1"), str(self.stack.manager_data / "ca.pem"))
        api.request("POST", "/password-resets", {"token": made["link"].rpartition("#")[2], "new": PASSWORD})
        api.login(PASSWORD, made["username"])
        return api

    def test_suspended_its_people_are_out_and_its_agent_goes_on(self):
        acme = self.make("acme", "--max-agents", 1)
        stack = self.stack
        token = stack.folder / "acme.token"
        token.write_text(acme.post("/enrol-tokens", {"name": "t", "uses": 2})["token"])
        stack.tool("warder-agent", "enrol", "--token-file", token)
        agent_id = stack.tool("warder-agent", "id").stdout.strip()
        base = next(policy for policy in acme.pages("/policies") if policy["parent_id"] is None)["id"]
        acme.change(f"/policies/{base}", {"document": {"integrity": {"watch": [str(stack.watched)]}, "log-inspection": {"enabled": False}}})
        stack.start_agent()
        wait_until("agent protected", lambda: any(m["module"] == "integrity" and m["state"] == "on" for m in acme.get(f"/agents/{agent_id}")["modules"]), 90)

        self.cli(self.operator, "tenants", "suspend", "acme", "--reason", "unpaid since May")
        self.assertIn("unpaid since May", self.cli(acme, "agents", "list", code=1))
        (stack.watched / "while-suspended").write_text("x")
        self.cli(self.operator, "tenants", "resume", "acme")
        wait_until("what happened meanwhile", lambda: any("while-suspended" in json.dumps(e) for e in acme.events()))
        usage = json.loads(self.cli(acme, "--json", "tenants", "usage"))
        days = usage["items"] if isinstance(usage, dict) else usage
        self.assertEqual((days[0]["agents"], days[0]["users"]), (1, 1))
        self.assertGreater(days[0]["events"], 0)

        export = self.cli(acme, "tenants", "export")
        lines = export.splitlines(keepends=True)
        end = json.loads(lines[-1])["end"]
        self.assertEqual(end["sha256"], hashlib.sha256("".join(lines[:-1]).encode()).hexdigest())
        self.assertIn("while-suspended", export)
        offline = stack.folder / "acme.jsonl"
        stack.tool("warder-manager", "tenant", "export", "acme", "--output", offline)
        self.assertEqual(offline.stat().st_mode & 0o777, 0o600)
        self.assertIn("while-suspended", offline.read_text())

    def test_an_operator_enters_only_while_a_grant_holds(self):
        beta = self.make("beta")
        self.assertIn("no active grant", self.cli(self.operator, "--tenant", "beta", "users", "list", code=1))
        asked = json.loads(self.cli(self.operator, "--json", "grants", "request", "beta", "--reason", "case 4711", "--expires", "1h"))
        self.assertIn("case 4711", self.cli(beta, "grants", "list"))
        self.cli(beta, "grants", "agree", asked["id"])
        self.assertIn("admin", self.cli(self.operator, "--tenant", "beta", "users", "list"))
        self.assertIn("users:write", self.cli(self.operator, "--tenant", "beta", "users", "set", "admin", "--disable", code=1))
        self.cli(beta, "grants", "end", asked["id"], "--reason", "enough")
        self.cli(self.operator, "--tenant", "beta", "users", "list", code=1)
        actions = [entry["action"] for entry in beta.pages("/audit")]
        for action in ("access-grant.request", "access-grant.agree", "access-grant.use", "access-grant.end"):
            self.assertIn(action, actions)

    def test_a_template_a_deletion_taken_back_and_a_check_of_isolation(self):
        template = self.stack.folder / "template.json"
        template.write_text(json.dumps({"limits": {"max_agents": 7}, "policies": [{"name": "Web", "document": {"agent": {"heartbeat_s": 20}}}]}))
        self.cli(self.operator, "tenants", "set-template", template)
        gamma = self.make("gamma")
        self.assertIn("Web", [policy["name"] for policy in gamma.pages("/policies")])
        self.assertEqual(gamma.get("/tenant")["tenant"]["limits"]["max_agents"], 7)
        template.write_text('{"policies": [{"name": "Web", "parent": "Missing", "document": {}}]}')
        self.assertIn("/policies/0/parent", self.cli(self.operator, "tenants", "set-template", template, code=1))
        self.cli(self.operator, "tenants", "delete", "gamma", "--reason", "contract ended", "--yes")
        self.assertIn("deleting", self.cli(self.operator, "tenants", "show", "gamma"))
        self.cli(self.operator, "tenants", "resume", "gamma")
        self.assertIn("active", self.cli(self.operator, "tenants", "show", "gamma"))
        self.assertIn("true", self.cli(self.operator, "--json", "tenants", "check-isolation"))
        self.cli(gamma, "tenants", "list", code=1)

    def test_each_list_of_the_command_line_is_read_to_its_end(self):
        for words in (("tenants", "list"), ("grants", "list"), ("roles", "list"), ("api-keys", "list"), ("users", "list"), ("keys", "list"),
                      ("sessions", "list"), ("users", "sessions"), ("agents", "list"), ("groups", "list"), ("policies", "list"), ("approvals", "list"),
                      ("enrol-token", "list"), ("content", "list")):
            self.assertIsInstance(json.loads(self.cli(self.operator, "--json", *words)), list, words)
