"""Root on the manager's host changes the audit log in the database: nobody has to ask for it to be found."""
import pathlib
import sqlite3
import unittest
import urllib.request

from stack import Stack, wait_until


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


if __name__ == "__main__":
    unittest.main()
