#include "manager/store/migrations.h"

#include "manager/store/testing/backend.h"

namespace warder::manager {
namespace {

FeatureSchema animals(int migrations) {
  FeatureSchema schema{.feature = "animals",
                       .migrations = {{1, "create animals", {"CREATE TABLE animals (id BIGINT PRIMARY KEY)"}}},
                       .fields = {{"animals", "id", PersonalData::None}}};
  if (migrations > 1) {
    schema.migrations.push_back({2, "add name", {"ALTER TABLE animals ADD COLUMN name TEXT"}});
    schema.fields.push_back({"animals", "name", PersonalData::Identifier});
  }
  return schema;
}

class Migrations : public testing::TestWithParam<Backend> {
 protected:
  Result<std::vector<std::string>> run(const FeatureSchema& schema, MigrateMode mode = MigrateMode::Apply) {
    const std::vector<FeatureSchema> schemas = {schema};
    return migrate(*db_, schemas, mode);
  }
  bool has_table(std::string_view name) { return db_->execute("SELECT 1 FROM " + std::string{name}).has_value(); }

  TestDatabase database_{GetParam()};
  std::unique_ptr<Db> db_ = database_.open().value();
};

INSTANTIATE_TEST_SUITE_P(Backends, Migrations, kBackends, backend_name);

TEST_P(Migrations, AppliesOnlyWhatIsMissing) {
  EXPECT_EQ(run(animals(1)).value(), std::vector<std::string>{"animals 1: create animals"});
  EXPECT_EQ(run(animals(2)).value(), std::vector<std::string>{"animals 2: add name"});
  EXPECT_FALSE(is_migrated(*db_, std::vector{animals(1)}).value());
  EXPECT_TRUE(is_migrated(*db_, std::vector{animals(2)}).value());
  EXPECT_TRUE(run(animals(2)).value().empty());
  EXPECT_TRUE(db_->execute("INSERT INTO animals VALUES (1, 'cat')"));
}

TEST_P(Migrations, ADryRunChangesNothing) {
  EXPECT_EQ(run(animals(2), MigrateMode::DryRun).value().size(), 2U);
  EXPECT_FALSE(has_table("animals"));
  EXPECT_EQ(run(animals(2)).value().size(), 2U);
}

TEST_P(Migrations, AFailedOneLeavesTheVersionBefore) {
  FeatureSchema broken = animals(2);
  broken.migrations[1].statements = {"CREATE TABLE half (a BIGINT)", "ALTER TABLE absent ADD COLUMN b TEXT"};
  const auto failed = run(broken);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("animals 2: add name"), std::string::npos);
  EXPECT_FALSE(has_table("half"));
  EXPECT_EQ(run(animals(2)).value().size(), 1U);
}

TEST_P(Migrations, RefusesAFileOfANewerProgram) {
  ASSERT_TRUE(run(animals(2)));
  EXPECT_EQ(run(animals(1)).error().code, ErrorCode::Conflict);
  EXPECT_EQ(migrate(*db_, {}).error().code, ErrorCode::Conflict);
}

TEST(CheckSchemas, WantsEveryColumnDeclaredOnce) {
  EXPECT_TRUE(check_schemas(std::vector{animals(2)}));
  FeatureSchema missing = animals(2);
  missing.fields.pop_back();
  EXPECT_NE(check_schemas(std::vector{missing}).error().message.find("animals.name has no declared"),
            std::string::npos);
  FeatureSchema extra = animals(1);
  extra.fields.push_back({"animals", "age", PersonalData::None});
  EXPECT_FALSE(check_schemas(std::vector{extra}));
  FeatureSchema twice = animals(1);
  twice.fields.push_back(twice.fields[0]);
  EXPECT_FALSE(check_schemas(std::vector{twice}));
}

TEST(CheckSchemas, WantsNumbersInOrder) {
  FeatureSchema schema = animals(2);
  schema.migrations[1].number = 3;
  EXPECT_FALSE(check_schemas(std::vector{schema}));
}

TEST(CheckDialect, RefusesWhatTheOtherDatabaseLacks) {
  for (const std::string_view good : {"CREATE TABLE a (b TEXT)", "create index mergers on a (replaced)"})
    EXPECT_TRUE(check_dialect(good)) << good;
  for (const std::string_view bad :
       {"CREATE TRIGGER x", "merge into a", "CREATE TABLE a (b INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE a (b TEXT); CREATE TABLE c (d TEXT)", "PRAGMA user_version",
        "INSERT OR REPLACE INTO a VALUES (1)"})
    EXPECT_FALSE(check_dialect(bad)) << bad;
}

}  // namespace
}  // namespace warder::manager
