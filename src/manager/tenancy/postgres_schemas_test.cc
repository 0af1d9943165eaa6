#include "manager/tenancy/postgres_schemas.h"

#include <gtest/gtest.h>

#include "manager/store/testing/postgres_server.h"

namespace warder::manager {
namespace {

FeatureSchema notes(int migrations = 1) {
  FeatureSchema schema{.feature = "notes",
                       .migrations = {{1, "create notes", {"CREATE TABLE notes (id BIGINT PRIMARY KEY, body BLOB)"}}},
                       .fields = {}};
  if (migrations > 1) schema.migrations.push_back({2, "add title", {"ALTER TABLE notes ADD COLUMN title TEXT"}});
  return schema;
}

class PostgresSchemasTest : public testing::Test {
 protected:
  static DatabaseOptions options(std::string_view user = "warder_app", std::string_view owner = "warder_owner") {
    return {server().conninfo(user), server().conninfo(owner)};
  }
  static TestPostgres& server() { return TestPostgres::instance(); }
  void provision(const std::string& schema, int migrations = 1) {
    const auto done = schemas_->provision(schema, std::vector{notes(migrations)});
    ASSERT_TRUE(done) << done.error().message;
  }

  std::unique_ptr<PostgresSchemas> schemas_ = PostgresSchemas::open(options()).value();
  std::string first_ = server().make_name();
  std::string second_ = server().make_name();
};

TEST_F(PostgresSchemasTest, ATenantsRoleUsesItsTablesAndOwnsNothing) {
  provision(first_);
  provision(second_);
  const auto pool = schemas_->pool(first_);
  auto db = pool->acquire().value();
  EXPECT_TRUE(db->execute("INSERT INTO notes (id) VALUES (1)"));
  EXPECT_EQ(db->execute("DELETE FROM notes").value(), 1);
  for (const std::string& refused :
       {"SELECT id FROM " + second_ + ".notes", std::string{"DROP TABLE notes"}, std::string{"TRUNCATE notes"},
        std::string{"CREATE TABLE more (a BIGINT)"}, std::string{"ALTER TABLE notes ADD COLUMN more TEXT"},
        std::string{"CREATE SCHEMA more"}, std::string{"CREATE ROLE more"},
        std::string{"UPDATE schema_versions SET number = 0"}})
    EXPECT_EQ(db->execute(refused).error().code, ErrorCode::Forbidden) << refused;
}

TEST_F(PostgresSchemasTest, ProvisioningGoesOnAndMigrates) {
  provision(first_);
  auto login = open_postgres({.conninfo = server().conninfo()}, {.schema = first_, .role = first_}).value();
  ASSERT_TRUE(login->execute("INSERT INTO notes (id) VALUES (1)"));
  EXPECT_EQ(schemas_->pending(first_, std::vector{notes(2)}).value(), std::vector<std::string>{"notes 2: add title"});
  EXPECT_FALSE(login->execute("SELECT title FROM notes"));
  provision(first_, 2);
  provision(first_, 2);
  EXPECT_TRUE(login->execute("SELECT title FROM notes"));
  EXPECT_TRUE(schemas_->pending(first_, std::vector{notes(2)})->empty());
  EXPECT_EQ(schemas_->provision(first_, std::vector{notes(1)}).error().code, ErrorCode::Conflict);
}

TEST_F(PostgresSchemasTest, DroppingLeavesNeitherSchemaNorRole) {
  provision(first_);
  provision(second_);
  ASSERT_TRUE(schemas_->drop(first_));
  ASSERT_TRUE(schemas_->drop(first_));
  EXPECT_FALSE(schemas_->pool(first_)->acquire().value()->execute("SELECT 1"));
  EXPECT_TRUE(schemas_->pool(second_)->acquire().value()->execute("SELECT id FROM notes"));
  auto statement = server().superuser()->execute("SELECT 1 FROM pg_roles WHERE rolname = ?1", {first_});
  EXPECT_EQ(statement.value(), 0);
}

TEST_F(PostgresSchemasTest, RefusesLoginsThatCouldReachMore) {
  const auto superuser = server().superuser();
  for (const std::string_view statement :
       {"CREATE ROLE warder_heir LOGIN INHERIT", "CREATE ROLE warder_maker LOGIN NOINHERIT CREATEROLE",
        "CREATE ROLE warder_member LOGIN NOINHERIT", "GRANT warder_owner TO warder_member"})
    ASSERT_TRUE(superuser->execute(statement));
  for (const std::string_view user : {"warder_owner", "warder_heir", "warder_maker", "warder_member", "postgres"}) {
    const auto refused = PostgresSchemas::open(options(user));
    ASSERT_FALSE(refused) << user;
    EXPECT_EQ(refused.error().code, ErrorCode::Forbidden) << user << ": " << refused.error().message;
  }
  EXPECT_EQ(PostgresSchemas::open(options("warder_app", "postgres")).error().code, ErrorCode::Forbidden);
}

TEST_F(PostgresSchemasTest, NamesAreMadeOfIds) {
  const auto id = parse_id<TenantId>("0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000").value();
  EXPECT_EQ(PostgresSchemas::name_of(id), "t_0199aaaabbbb7ccc8dddeeeeffff0000");
  EXPECT_FALSE(schemas_->provision("x\"; DROP SCHEMA public", {}));
  EXPECT_FALSE(schemas_->drop("pg_catalog; x"));
}

}  // namespace
}  // namespace warder::manager
