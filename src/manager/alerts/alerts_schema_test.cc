#include <gtest/gtest.h>

#include "manager/alerts/alerts.h"
#include "manager/store/testing/backend.h"

namespace warder::manager {
namespace {

class AlertsSchema : public ::testing::TestWithParam<Backend> {
 protected:
  void migrate_to(std::size_t migrations) {
    FeatureSchema older = alerts_schema();
    older.migrations.resize(migrations);
    const std::vector<FeatureSchema> schemas = {older};
    const auto migrated = migrate(*db_, schemas);
    ASSERT_TRUE(migrated) << migrated.error().message;
  }

  TestDatabase database_{GetParam()};
  std::unique_ptr<Db> db_ = database_.open().value();
};

INSTANTIATE_TEST_SUITE_P(Backends, AlertsSchema, kBackends, backend_name);

TEST_P(AlertsSchema, WhoIsCalledAlreadyIsKept) {
  migrate_to(1);
  const auto add = [this](const std::string& id, const DbValue& rota, std::int64_t level, const DbValue& escalates) {
    const auto added = db_->execute(
        "INSERT INTO alerts (id, rule, grp, severity, state, opened, last_seen, resolved_by, count, value, fire_at, "
        "events, acknowledged_by, is_told, told, rota, level, escalates, active_key) VALUES (?1, 'r', '{}', 3, 0, 0, "
        "0, '', 1, 1, 1, '[]', '', 1, '[]', ?2, ?3, ?4, ?1)",
        {id, rota, level, escalates});
    ASSERT_TRUE(added) << added.error().message;
  };
  add("1", nullptr, 0, nullptr);
  add("2", std::string("0198f7a0-0000-7000-8000-000000000001"), 1, std::int64_t{1'800'000'000'000'000});
  add("3", std::string("0198f7a0-0000-7000-8000-000000000002"), 2, nullptr);

  migrate_to(alerts_schema().migrations.size());
  const StmtHandle calls = db_->prepare("SELECT calls FROM alerts ORDER BY id").value();
  std::vector<std::string> seen;
  while (const Row* row = calls->step().value()) seen.push_back(row->text(0));
  const std::vector<std::string> expected = {
      "[]", R"([{"rota":"0198f7a0-0000-7000-8000-000000000001","level":1,"escalates":1800000000000000}])",
      R"([{"rota":"0198f7a0-0000-7000-8000-000000000002","level":2}])"};
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace warder::manager
