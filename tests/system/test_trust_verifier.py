"""The page's verifier and the command, given statuses made by hand: they count the agents that have cosigned, and no other. Without a manager."""
import base64
import json
import pathlib
import subprocess
import tempfile
import unittest

from oidc_provider import NODE
from stack import BIN, ROOT
from trust_forger import Forger, Key

SCRIPT = """import { verifyStatus } from MODULE; import { readFileSync } from 'node:fs';
verifyStatus(readFileSync(FILE, 'utf8'), '', Date.now()).then((report) => console.log(JSON.stringify(report)), (error) => console.log(JSON.stringify({refused: error.message})))"""


class TrustVerifier(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.forger = Forger(self.folder)
        self.agents = [Key(self.folder, f"agent-{number}", 4) for number in range(2)]

    def by_page(self, status):
        if not NODE.exists():
            self.skipTest("the console's node is not there")
        file, module = self.folder / "status.json", self.folder / "verify.mjs"
        file.write_text(status)
        module.write_text((ROOT / "src/manager/trust/verify.js").read_text())
        script = SCRIPT.replace("MODULE", json.dumps(str(module))).replace("FILE", json.dumps(str(file)))
        run = subprocess.run([NODE, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        report = json.loads(run.stdout)
        self.assertNotIn("refused", report)
        self.assertEqual([line["shown"] for line in report["lines"]], ["pass"])
        return report["witnesses"]

    def by_command(self, status):
        """How many it calls right, and how many not."""
        file = self.folder / "status.json"
        file.write_text(status)
        run = subprocess.run([BIN / "warder", "trust", "verify", file], capture_output=True, text=True, timeout=60, check=False)
        said = run.stdout + run.stderr
        self.assertIn("Signed by", said)
        return said.count("Cosigned at"), said.count("A witness is not right")

    def check(self, witnesses, expected):
        status = self.forger.status(witnesses)
        shown = self.by_page(status)
        self.assertEqual([each["isRight"] for each in shown], expected, shown)
        self.assertEqual(self.by_command(status), (expected.count(True), expected.count(False)))
        return shown

    def test_every_size_that_an_agent_may_have_seen(self):
        agent = self.agents[0]
        for size in (1, 2, 3, 4, 6, 7, 8, 11, 12, 13):
            with self.subTest(size=size):
                (shown,) = self.check([self.forger.witness(agent, size)], [True])
                self.assertEqual((shown["name"], shown["time"]), (agent.name, self.forger.now * 1000))

    def test_without_agents_none_is_said(self):
        self.assertEqual(self.check([], []), [])

    def test_forged_cosignatures_do_not_count(self):
        right, agent = self.forger.witness(self.agents[0], 6), self.agents[1]
        good, stranger = self.forger.witness(agent, 8), Key(self.folder, "agent-3", 4)
        stranger.name, stranger.id = agent.name, agent.id
        fork = [*self.forger.leaves[:3], "another", *self.forger.leaves[4:]]
        lies = {
            "by nobody": {**good, "note": self.forger.checkpoint(8)},
            "by another key in its name": {**good, "note": stranger.cosign(self.forger.checkpoint(8), self.forger.now)},
            "of another time": {**good, "note": self.with_another_time(good["note"], agent)},
            "of another checkpoint": {**good, "note": self.forger.checkpoint(8) + good["note"].splitlines(keepends=True)[-1].replace("A", "B", 1)},
            "of a log that was another": {**good, "note": agent.cosign(self.forger.checkpoint(8, fork), self.forger.now)},
            "of more entries than there are": {**good, "note": agent.cosign(self.forger.checkpoint(14, [*self.forger.leaves, "more"]), self.forger.now)},
            "without its proof": {**good, "proof": []},
            "by a key that signs notes": {**good, "key": self.forger.log.text},
            "of no log at all": {**good, "note": "nothing"},
            "twice": right,
        }
        for what, lie in lies.items():
            with self.subTest(what):
                first, second = self.check([right, lie], [True, False])
                self.assertEqual((first["why"], bool(second["why"])), ("", True))

    def with_another_time(self, note, agent):
        """The signature of one time below another."""
        lines = note.splitlines(keepends=True)
        other = agent.cosign(self.forger.checkpoint(8), self.forger.now - 86_400).splitlines(keepends=True)[-1]
        raw, false = (signed_bytes(line) for line in (lines[-1], other))
        return "".join(lines[:-1]) + agent.line(false[:8] + raw[8:])


def signed_bytes(line):
    """What stands in a line of signatures, without the key's id."""
    return base64.b64decode(line.split()[2])[4:]


if __name__ == "__main__":
    unittest.main()
