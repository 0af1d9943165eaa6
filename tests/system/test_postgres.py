"""A manager whose data is in PostgreSQL: who owns what, a server that goes away, and databases that are up to date."""
import unittest

from stack import Stack, wait_until


class Postgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(on_postgres=True)
        cls.addClassCleanup(cls.stack.__exit__, None)
        cls.stack.initialise()
        cls.api = cls.stack.api

    def sql(self, statement, user="postgres"):
        return self.stack.server.sql(self.stack.database, statement, user=user).split()

    def schemas(self):
        return self.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%' OR nspname = 'warder_control'")

    def test_each_tenant_has_a_schema_and_the_owner_owns_it(self):
        self.assertEqual(len(self.schemas()), 2)
        owners = self.sql("SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                          "JOIN pg_roles r ON r.oid = c.relowner WHERE n.nspname LIKE 't\\_%' OR n.nspname = 'warder_control'")
        self.assertEqual(owners, ["warder_owner"])

    def test_every_table_has_a_primary_key(self):
        bare = self.sql("SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND "
                        "(n.nspname LIKE 't\\_%' OR n.nspname = 'warder_control') AND NOT EXISTS "
                        "(SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')")
        self.assertEqual(bare, [])

    def test_the_request_paths_login_reads_nothing_by_itself(self):
        for schema in self.schemas():
            with self.assertRaisesRegex(AssertionError, "permission denied"):
                self.sql(f"SELECT count(*) FROM {schema}.schema_versions", user="warder_app")

    def test_the_manager_goes_on_when_the_server_comes_back(self):
        before = self.api.get("/audit/verification")["entries"]
        self.stack.server.kill()
        self.stack.server.start()
        after = wait_until("an answer from the new server", lambda: self.api.get("/audit/verification"))
        self.assertTrue(after["intact"])
        self.assertGreaterEqual(after["entries"], before)

    def test_databases_are_up_to_date(self):
        said = self.stack.tool("warder-manager", "migrate", "--dry-run").stdout.splitlines()
        self.assertEqual(said, ["control: up to date", "tenant primary: up to date"])
        self.assertIn("up to date", self.stack.tool("warder-manager", "migrate").stdout)


if __name__ == "__main__":
    unittest.main()
