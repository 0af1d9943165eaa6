#include <gtest/gtest.h>

#include "manager/events/event_store.h"
#include "manager/store/testing/backend.h"

namespace warder::manager {
namespace {

class EventSchema : public testing::TestWithParam<Backend> {
 protected:
  FeatureSchema schema() const {
    return GetParam() == Backend::Postgres ? events_partitioned_schema() : events_file_schema();
  }
  void migrate_to(std::size_t migrations) {
    FeatureSchema older = schema();
    older.migrations.resize(migrations);
    const std::vector<FeatureSchema> schemas = {older};
    ASSERT_TRUE(migrate(*db_, schemas));
  }

  TestDatabase database_{GetParam()};
  std::unique_ptr<Db> db_ = database_.open().value();
};

INSTANTIATE_TEST_SUITE_P(Backends, EventSchema, kBackends, backend_name);

TEST_P(EventSchema, WhatIsThereIsCountedByTypeAndAction) {
  const std::size_t all = schema().migrations.size();
  migrate_to(all - 1);
  if (GetParam() == Backend::Postgres) {
    ASSERT_TRUE(db_->execute("CREATE TABLE events_rest PARTITION OF events DEFAULT"));
    ASSERT_TRUE(db_->execute("CREATE TABLE rollups_rest PARTITION OF rollups DEFAULT"));
  }
  constexpr std::int64_t kHour = 3'600'000'000;
  const auto add = [this](std::int64_t time, std::string_view type, std::int64_t action) {
    const Bytes id{static_cast<std::uint8_t>(time)};
    ASSERT_TRUE(
        db_->execute("INSERT INTO events (time, id, received, host, module, type, severity, action, rule, fields) "
                     "VALUES (?1, ?2, 0, 'web', 2, ?3, 1, ?4, 'r', '{}')",
                     {time, id, std::string{type}, action}));
  };
  add(kHour + 1, "a", 0);
  add(kHour + 2, "a", 0);
  add(kHour + 3, "a", 2);
  add(kHour + 4, "b", 2);
  add(2 * kHour, "b", 2);
  ASSERT_TRUE(
      db_->execute("INSERT INTO rollups (hour, host, module, severity, rule, events) VALUES (1, 'web', 2, 1, 'r', 4), "
                   "(2, 'web', 2, 1, 'r', 1)"));

  migrate_to(all);
  const StmtHandle counts =
      db_->prepare("SELECT hour, type, action, events FROM rollups ORDER BY hour, type, action").value();
  std::string seen;
  while (const Row* row = counts->step().value())
    seen += std::to_string(row->integer(0)) + row->text(1) + std::to_string(row->integer(2)) + "=" +
            std::to_string(row->integer(3)) + " ";
  EXPECT_EQ(seen, "1a0=2 1a2=1 1b2=1 2b2=1 ");
}

}  // namespace
}  // namespace warder::manager
