"""A backup of a running manager, restored on another host: every table as it was, and a manager that works with it."""
import contextlib
import hashlib
import json
import pathlib
import shutil
import sqlite3
import unittest

from postgres import PrivatePostgres
from stack import PASSWORD, Api, ApiError, Stack, wait_until


def tables_of_sqlite(data):
    """{(file, table): its rows}"""
    found = {}
    for path in sorted(pathlib.Path(data).rglob("*.db")):
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                found[str(path.relative_to(data)), name] = sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))
    return found


def tables_of_postgres(server, database):
    """{(schema, table): its rows}; partitions by themselves."""
    names = server.sql(database, "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                       "c.relkind IN ('r', 'p') AND (n.nspname LIKE 't\\_%' OR n.nspname = 'warder_control') ORDER BY 1").split()
    return {tuple(name.split(".")): sorted(server.sql(database, f"SELECT t::text FROM {name} t").splitlines()) for name in names}


def told_of(stack):
    """Types of the events about backups."""
    return [event["type"] for event in stack.api.events('module = "manager"') if event["type"].startswith("backup.")]


def digest(rows):
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


class Backup(unittest.TestCase):
    def tables(self, stack):
        return tables_of_postgres(stack.server, stack.database) if stack.server else tables_of_sqlite(stack.manager_data)

    def backup(self, stack, *words, code=0):
        done = stack.tool("warder-manager", "backup", *words, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def fill(self, stack):
        stack.initialise()
        other = json.loads(stack.tool("warder-manager", "tenant", "add", "other", "--json").stdout)
        for number in range(20):
            stack.api.change(f"/policies/{stack.policy_id}", {"description": f"number {number}"})
        stack.enrol()
        stack.start_agent()
        wait_until("events of the agent", lambda: stack.api.events('type = "agent.started"'))
        stack.agent.kill()
        return other

    def test_all_tables_are_restored_and_the_manager_goes_on(self):
        with Stack() as stack, Stack() as fresh:
            self.fill(stack)
            shelf = stack.folder / "backups"
            shelf.mkdir()
            online = json.loads(self.backup(stack, "create", "--directory", shelf, "--json").stdout)
            stack.manager.kill()
            before = self.tables(stack)
            made = json.loads(self.backup(stack, "create", "--directory", shelf, "--json").stdout)
            self.backup(stack, "verify", online["file"])
            key = fresh.folder / "root.key"
            shutil.copy(stack.manager_data / "keys/root.key", key)
            key.chmod(0o600)
            self.backup(fresh, "restore", made["file"], "--root-key", key)
            self.compare(before, self.tables(fresh))
            self.refuses_what_is_not_empty(fresh, made["file"], key)
            self.assertTrue(pathlib.Path(made["file"]).exists())

            # What was made while the manager ran is a whole manager, too.
            with Stack() as third:
                restored = json.loads(self.backup(third, "restore", online["file"], "--root-key", key, "--json").stdout)
                self.assertEqual({log["tenant"]: log["intact"] for log in restored["audit"]}, {"primary": True, "other": True})
                third.start_manager()
                api = Api(f"https://127.0.0.1:{third.api_port}", str(third.manager_data / "ca.pem"))
                api.login(PASSWORD)
                self.assertEqual(len(api.events('type = "agent.started"')), 1)
                self.assertTrue(api.get("/audit/verification")["intact"])
                self.assertEqual(api.get(f"/policies/{stack.policy_id}")["description"], "number 19")
                self.assertEqual([entry["object"] for entry in api.pages("/audit", action="backup.restore")], ["backup:" + online["id"]])

    def compare(self, before, after):
        """Restore, and each use of the root key, are entries of the first tenant's audit log; all else is as it was."""
        self.assertEqual(before.keys(), after.keys())
        self.assertGreater(sum(map(len, before.values())), 50)
        differing = {name for name in before if digest(before[name]) != digest(after[name])}
        self.assertEqual({table for _, table in differing}, {"audit", "audit_head", "audit_nodes"})
        self.assertEqual(len(differing), 3, "of one tenant")
        for place, table in differing - {name for name in differing if name[1] == "audit_head"}:
            added = [row for row in after[place, table] if row not in before[place, table]]
            self.assertEqual(digest([row for row in after[place, table] if row not in added]), digest(before[place, table]))
            if table == "audit":
                self.assertEqual(["backup.restore" in row for row in added], [False] * (len(added) - 1) + [True])
                self.assertTrue(all("root-key.unwrap" in row for row in added[:-1]), added)

    def refuses_what_is_not_empty(self, fresh, file, key):
        self.assertIn("is not empty", self.backup(fresh, "restore", file, "--root-key", key, code=1).stderr)
        if not fresh.server:
            return
        shutil.rmtree(fresh.manager_data)
        self.assertIn("has a schema", self.backup(fresh, "restore", file, "--root-key", key, code=1).stderr)

    def test_tenants_on_further_servers_are_in_it(self):
        second = PrivatePostgres()
        self.addCleanup(second.stop)

        def name_second(stack):
            database, _ = second.make_database()
            url = f"postgresql:///{database}?host={second.folder}&user="
            stack.manager_toml.write_text(f'database_servers = ["second {url}warder_app {url}warder_owner"]\n' + stack.manager_toml.read_text())
            return database
        with Stack(on_postgres=True) as stack, Stack(on_postgres=True) as fresh, Stack(on_postgres=True) as bare:
            database = name_second(stack)
            stack.tool("warder-manager", "init")
            made = json.loads(self.backup(stack, "create", "--directory", stack.folder, "--json").stdout)
            self.assertEqual([part["name"] for part in made["parts"]][:3], ["tenants.json", "postgresql.dump", "ca.pem"], "no tenant is there yet")
            stack.tool("warder-manager", "tenant", "add", "other")
            made = json.loads(self.backup(stack, "create", "--directory", stack.folder, "--json").stdout)
            self.assertEqual([part["name"] for part in made["parts"]][:3], ["tenants.json", "postgresql.dump", "postgresql.second.dump"])
            before = tables_of_postgres(second, database)
            self.assertGreater(sum(map(len, before.values())), 5)
            key = stack.manager_data / "keys/root.key"
            self.assertIn("no such server", self.backup(bare, "restore", made["file"], "--root-key", key, code=1).stderr)
            self.assertFalse(bare.manager_data.exists())
            database = name_second(fresh)
            restored = json.loads(self.backup(fresh, "restore", made["file"], "--root-key", key, "--json").stdout)
            self.assertEqual({log["tenant"]: log["intact"] for log in restored["audit"]}, {"primary": True, "other": True})
            after = tables_of_postgres(second, database)
            self.assertEqual({name: digest(rows) for name, rows in after.items()}, {name: digest(rows) for name, rows in before.items()})

    def test_a_running_manager_makes_and_verifies_its_own(self):
        with Stack() as stack, Stack() as fresh:
            shelf = stack.folder / "backups"
            shelf.mkdir()
            with open(stack.manager_toml, "a", encoding="utf-8") as settings:
                settings.write(f'backup_directory = "{shelf}"\nbackup_keep = 2\n')
            stack.initialise()
            by_itself = wait_until("the first by itself", lambda: [run for run in stack.api.pages("/backup-runs") if run["state"] == "succeeded"])
            self.assertEqual([run["actor"] for run in by_itself], ["job:backup"])
            made = json.loads(stack.warder("backup", "create", "--json"))
            self.assertEqual((made["task"], made["state"], made["error"]), ("create", "succeeded", ""))
            self.assertRegex(made["actor"], "^user:")
            self.assertIn(made["file"], stack.warder("backup", "list"))
            self.backup(stack, "verify", shelf / made["file"])

            whole = (shelf / made["file"]).read_bytes()
            (shelf / made["file"]).write_bytes(whole[:-200] + b"\0" + whole[-199:])
            self.assertIn("damaged", stack.warder("backup", "verify", made["file"], code=1))
            shown = next(backup for backup in stack.api.pages("/backups") if backup["name"] == made["file"])
            self.assertEqual((shown["made"]["state"], shown["verified"]["state"]), ("succeeded", "failed"))
            (shelf / made["file"]).write_bytes(whole)
            stack.warder("backup", "verify", made["file"])
            stack.warder("backup", "verify", "../control.db", code=1)
            last = json.loads(stack.warder("backup", "create", "--json"))
            self.assertEqual([backup["name"] for backup in stack.api.pages("/backups")], [last["file"], made["file"]], "two are kept")

            # Told after the run has ended: five, with the one that the manager has made by itself.
            told = wait_until("all to be told", lambda: len(told_of(stack)) == 5 and told_of(stack))
            self.assertEqual(set(told), {"backup.created", "backup.verified", "backup.failed"})
            entries = [(entry["action"], entry["outcome"]) for entry in stack.api.pages("/audit") if entry["object"].startswith("backup:")]
            self.assertEqual(sorted(set(entries)), [("backup.create", "success"), ("backup.verify", "failure"), ("backup.verify", "success")])
            self.only_operators_may(stack)

            # `warder backup restore` is the manager's program on its host.
            stack.warder("backup", "restore", shelf / last["file"], "--config", fresh.manager_toml, "--root-key", stack.manager_data / "keys/root.key")
            fresh.start_manager()
            api = Api(f"https://127.0.0.1:{fresh.api_port}", str(fresh.manager_data / "ca.pem"))
            api.login(PASSWORD)

    def only_operators_may(self, stack):
        acme = self.member(stack, "acme")
        for method, path in (("GET", "/backups"), ("POST", "/backups"), ("GET", "/backup-runs")):
            with self.assertRaises(ApiError) as refused:
                acme.request(method, path)
            self.assertEqual(refused.exception.status, 403)

    def test_one_tenant_is_restored_and_the_others_stay(self):
        with Stack() as stack:
            stack.initialise()
            acme, beta = self.member(stack, "acme"), self.member(stack, "beta")
            acme.post("/groups", {"name": "then"})
            made = json.loads(self.backup(stack, "create", "--directory", stack.folder, "--json").stdout)
            for client in (acme, beta):
                client.post("/groups", {"name": "since"})
            stack.tool("warder-manager", "keys", "rotate", "tenant", "--owner", "acme")
            stack.tool("warder-manager", "keys", "rotate", "contact", "--owner", "acme")
            refused = self.backup(stack, "restore", made["file"], "--only-tenant", "acme", code=1)
            self.assertIn("stop", refused.stderr)
            stack.manager.kill()
            self.backup(stack, "restore", made["file"], "--only-tenant", "nobody", code=1)
            done = json.loads(self.backup(stack, "restore", made["file"], "--only-tenant", "acme", "--json").stdout)
            self.assertEqual((done["tenant"], done["backup"]), ("acme", made["id"]))
            stack.start_manager()
            self.assertEqual(self.denied(acme), 401, "sessions of before have ended")
            acme.login(PASSWORD, "acme/admin")
            self.assertEqual([group["name"] for group in acme.pages("/groups")], ["then"])
            self.assertEqual([group["name"] for group in beta.pages("/groups")], ["since"])
            self.assertTrue(acme.get("/audit/verification")["intact"])
            for client in (acme, stack.api):
                self.assertEqual(len(list(client.pages("/audit", action="tenant.restore"))), 1)

            # Erased by mistake: back from the same backup, with its keys.
            acme_id = next(tenant["id"] for tenant in stack.api.pages("/tenants") if tenant["name"] == "acme")
            stack.manager.kill()
            self.erase(stack, acme_id)
            self.backup(stack, "restore", made["file"], "--only-tenant", acme_id)
            stack.start_manager()
            acme.login(PASSWORD, "acme/admin")
            self.assertEqual([group["name"] for group in acme.pages("/groups")], ["then"])

    def member(self, stack, name):
        made = stack.api.post("/tenants", {"name": name, "administrator": {"username": "admin"}})
        client = Api(stack.api.base.removesuffix("/api/v1"), str(stack.manager_data / "ca.pem"))
        client.request("POST", "/password-resets", {"token": made["link"]["token"], "new": PASSWORD})
        client.login(PASSWORD, made["username"])
        return client

    def denied(self, client):
        with self.assertRaises(ApiError) as refused:
            client.get("/groups")
        return refused.exception.status

    def erase(self, stack, tenant):
        """Asks for its deletion, as of long ago; the manager erases it when it starts."""
        stack.start_manager()
        stack.api.post(f"/tenants/{tenant}/status", {"status": "deleting", "reason": "by mistake"})
        stack.manager.kill()
        statement = f"UPDATE tenant_terms SET deletion_due = 1 WHERE tenant_id = '{tenant}'"
        if stack.server:
            stack.server.sql(stack.database, statement.replace("tenant_terms", "warder_control.tenant_terms"))
        else:
            with contextlib.closing(sqlite3.connect(stack.manager_data / "control.db")) as database, database:
                database.execute(statement)
        stack.start_manager()
        wait_until("the tenant is erased", lambda: tenant not in [each["id"] for each in stack.api.pages("/tenants")])
        stack.manager.kill()

    def test_retention_and_refusals(self):
        with Stack() as stack:
            stack.initialise()
            shelf = stack.folder / "backups"
            shelf.mkdir()
            for _ in range(3):
                self.backup(stack, "create", "--directory", shelf, "--keep", "2")
            kept = sorted(shelf.iterdir())
            self.assertEqual(len(kept), 2)
            self.assertEqual(len(list(stack.api.pages("/audit", action="backup.create"))), 3)
            whole = kept[-1].read_bytes()
            for bad, said in ((whole[:-100], "cut off"), (whole[:5000] + b"\0" * 100 + whole[5100:], "damaged"), (b"x" + whole, "not a backup")):
                damaged = shelf / "damaged"
                damaged.write_bytes(bad)
                self.assertIn(said, self.backup(stack, "verify", damaged, code=1).stderr)
            other = stack.folder / "other.key"
            other.write_text("0" * 64 + "\n")
            other.chmod(0o600)
            self.assertIn("another root key", self.backup(stack, "verify", kept[-1], "--root-key", other, code=1).stderr)
            self.assertIn("no root key", self.backup(stack, "verify", kept[-1], "--root-key", stack.folder / "none", code=1).stderr)
            self.backup(stack, "create", "--directory", shelf, "--keep", "0", code=2)


if __name__ == "__main__":
    unittest.main()
