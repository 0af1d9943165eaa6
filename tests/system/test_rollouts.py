"""A change of a policy in rings, with two real agents: one that is lost takes the change back from the other."""
import unittest

from stack import Stack, wait_until


class Second(Stack):
    """Another agent of the manager of `stack`."""

    def __init__(self, stack):
        super().__init__("warder-test-second-")
        self.api = stack.api


class Rollouts(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.__exit__, None)
        self.stack.initialise()
        self.api = self.stack.api
        self.other = Second(self.stack)
        self.addCleanup(self.other.__exit__, None)
        for agent in (self.stack, self.other):
            agent.enrol()
            agent.start_agent()
        self.policy = next(p for p in self.api.pages("/policies") if p["parent_id"] is None)["id"]
        for agent in (self.stack, self.other):
            agent.wait_protected()
            wait_until("the policy in force", lambda agent=agent: self.of(agent)["state"] == "applied")

    def of(self, agent):
        return self.api.get(f"/agents/{agent.agent_id}/policy")

    def heartbeat(self, agent):
        return next(s["value"] for s in self.of(agent)["settings"] if (s["section"], s["key"]) == ("agent", "heartbeat_s"))

    def start(self, heartbeat_s):
        policy = self.api.get(f"/policies/{self.policy}")
        document = {**policy["document"], "agent": {**policy["document"].get("agent", {}), "heartbeat_s": heartbeat_s}}
        body = {"document": document, "rings": [{"name": "canary", "percent": 50}], "soak_s": 3600}
        return self.api.request("POST", f"/policies/{self.policy}/rollouts", body, {"If-Match": policy["etag"]})

    def rollout(self, made):
        return self.api.get(f"/rollouts/{made['id']}")

    def ahead(self):
        return [agent for agent in (self.stack, self.other) if self.of(agent)["is_ahead"]]

    def test_goes_through_and_is_taken_back(self):
        made = self.start(7)
        first = wait_until("the first ring", self.ahead)
        self.assertEqual(len(first), 1)
        self.assertEqual(self.heartbeat(first[0]), 7)
        wait_until("the first host", lambda: self.rollout(made)["rings"][0]["counts"]["healthy"] == 1)
        self.assertEqual(self.of(first[0])["state"], "applied")
        self.api.post(f"/rollouts/{made['id']}/steps", {"step": "advance"})
        wait_until("all hosts", lambda: (self.rollout(made)["rings"][1]["counts"] or {}).get("healthy") == 1)
        self.api.post(f"/rollouts/{made['id']}/steps", {"step": "advance"})
        wait_until("the end", lambda: self.rollout(made)["state"] == "finished")
        policy = self.api.get(f"/policies/{self.policy}")
        self.assertEqual(policy["document"]["agent"]["heartbeat_s"], 7)
        self.assertEqual([self.of(agent)["state"] for agent in (self.stack, self.other)], ["applied", "applied"])

        second = self.start(9)
        lost = wait_until("the first ring", self.ahead)[0]
        wait_until("the first host", lambda: self.rollout(second)["rings"][0]["counts"]["healthy"] == 1)
        lost.agent.kill()
        wait_until("the change to be taken back", lambda: self.rollout(second)["state"] == "backed-out", 240)
        self.assertEqual(self.api.get(f"/rollouts/{second['id']}/hosts")["items"][0]["problem"], "lost")
        self.assertEqual(self.heartbeat(lost), 7)
        event = wait_until("an event", lambda: self.api.events('type:"policy.rollout.backed-out"'))[0]
        self.assertEqual(event["severity"], "high")


if __name__ == "__main__":
    unittest.main()
