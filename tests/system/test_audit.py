"""Root on the manager's host changes the audit log in the database: nobody has to ask for it to be found."""
import json
import os
import pathlib
import sqlite3
import subprocess
import unittest
import urllib.request

from stack import BIN, Stack, wait_until


def settings(stack, text):
    stack.manager_toml.write_text(stack.manager_toml.read_text() + text)


def root_changes(stack, *statements):
    """The first tenant's configuration, as root has it: past the manager."""
    if stack.server:
        schema = stack.server.sql(stack.database, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'").strip()
        stack.server.sql(stack.database, f"SET search_path TO {schema}", *statements)
        return
    (path,) = pathlib.Path(stack.manager_data).glob("tenants/*/config.db")
    with sqlite3.connect(path, timeout=30) as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def size_of(checkpoint):
    """Entries of a checkpoint in a file; 0: there is none yet."""
    return int(checkpoint.read_text().splitlines()[1]) if checkpoint.exists() else 0


def cli(stack, *words):
    return subprocess.run([BIN / "warder", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={
        **os.environ, "HOME": str(stack.folder), "WARDER_URL": stack.api.base.removesuffix("/api/v1"),
        "WARDER_CA_FILE": str(stack.manager_data / "ca.pem"), "WARDER_TOKEN": stack.api.token})


class Audit(unittest.TestCase):
    def test_changed_rows_are_found_and_the_manager_goes_on(self):
        with Stack() as stack:
            settings(stack, "audit_checkpoint_s = 1\naudit_verify_s = 1\n")
            stack.initialise()
            signed = wait_until("a checkpoint nobody asked for", lambda: stack.api.get("/audit/checkpoint"))
            self.assertGreater(signed["size"], 0)
            self.assertEqual(stack.api.events('type = "audit.broken"'), [])
            root_changes(stack, "UPDATE audit SET actor = 'user:innocent' WHERE entry = 2", "DELETE FROM audit WHERE entry = 1")
            first = wait_until("the event", lambda: stack.api.events('type = "audit.broken"'))[-1]
            self.assertEqual((first["severity"], first["fields"]["audit.entry"]), ("critical", 1))
            self.assertEqual(first["fields"]["tenant.name"], "primary")
            with urllib.request.urlopen(f"http://127.0.0.1:{stack.metrics_port}/metrics", timeout=5) as answer:
                self.assertIn("warder_audit_broken 1\n", answer.read().decode())
            stack.wait_ready()
            stack.api.change(f"/policies/{stack.policy_id}", {"description": "still administered"})

    def test_a_list_made_anew_with_all_keys_is_found_by_the_agent(self):
        with Stack() as stack:
            settings(stack, "audit_checkpoint_s = 1\n")
            stack.initialise()
            stack.set_policy({"agent": {"heartbeat_s": 5}, "integrity": {"enabled": False}, "log-inspection": {"enabled": False}})
            stack.enrol()
            stack.start_agent()
            kept = stack.agent_state / "audit/checkpoint"
            wait_until("the agent remembers a checkpoint", lambda: size_of(kept))
            first = size_of(kept)
            stack.api.change(f"/policies/{stack.policy_id}", {"description": "later"})
            wait_until("and a later one", lambda: size_of(kept) > first)
            export = stack.folder / "audit.jsonl"
            export.write_text(cli(stack, "audit", "export").stdout)
            self.assertEqual(cli(stack, "audit", "verify", export, "--checkpoint", kept).returncode, 0)
            self.assertEqual(stack.api.events('type = "audit.fork"'), [])
            cosigned = wait_until("the manager has its cosignature", lambda: stack.api.get("/audit/witnesses")["items"])
            self.assertEqual([each["agent"] for each in cosigned], [stack.agent_id])
            self.assertEqual(json.loads(cli(stack, "audit", "witnesses", "--json").stdout)[0]["verified"], True)
            noted = stack.folder / "cosigned"
            noted.write_text(cosigned[0]["note"])
            self.assertEqual(cli(stack, "audit", "verify", export, "--checkpoint", noted).returncode, 0)

            # Everything on this host fits together again afterwards: the manager itself signs another list with its own key.
            stack.agent.kill()
            remembered, size = kept.read_text(), size_of(kept)
            stack.manager.kill()
            root_changes(stack, *(f"DELETE FROM {table}" for table in ("audit", "audit_nodes", "audit_head", "audit_checkpoints")))
            stack.start_manager()
            for number in range(size + 1):
                stack.api.change(f"/policies/{stack.policy_id}", {"description": f"innocent {number}"})
            wait_until("the new list signed", lambda: stack.api.get("/audit/checkpoint")["size"] > size)
            verified = stack.api.get("/audit/verification")
            self.assertTrue(verified["intact"], verified)
            stack.start_agent()
            (fork,) = wait_until("the agent's event", lambda: stack.api.events('type = "audit.fork"'))
            self.assertEqual((fork["severity"], fork["fields"]["error"]), ("critical", f"its first {size} entries are others"))
            self.assertEqual(fork["fields"]["audit.held"], remembered)
            self.assertEqual(kept.read_text(), remembered, "what it remembers stays")
            export.write_text(cli(stack, "audit", "export").stdout)
            self.assertEqual(cli(stack, "audit", "verify", export).returncode, 0)
            checked = cli(stack, "audit", "verify", export, "--checkpoint", kept)
            self.assertEqual(checked.returncode, 3)
            self.assertIn("forked", checked.stdout)


if __name__ == "__main__":
    unittest.main()
