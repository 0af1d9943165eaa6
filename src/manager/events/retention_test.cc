#include "manager/events/retention.h"

#include <gtest/gtest.h>

#include "manager/events/event_partitions.h"
#include "manager/events/outbox.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using Modules = std::map<ModuleKind, days>;

Event of_module(ModuleKind module, Timestamp time) {
  Event event = make_event(time);
  event.module = module;
  return event;
}

EventStoreOptions options_of(PartitionSize size = PartitionSize::Day) {
  EventStoreOptions options;
  options.retention = days{60};
  options.partition = [size](const TenantScope&) { return size; };
  options.keeps_outbox = [](const TenantScope&) { return true; };
  return options;
}

struct RetentionTest : ::testing::Test {
  TestEvents events{options_of(), {audit_schema()}};
  AuditLog audit{*events.tenants(), events.clock()};
  EventRetentions retentions{*events.tenants(), audit, days{60}};

  void keep(const Modules& modules) { ASSERT_TRUE(retentions.replace(events.scope(), modules)); }
  /// One event of each of two modules a day, of days 9 to 0 before now.
  void fill() {
    std::uint64_t sequence = 0;
    std::vector<SequencedEvent> batch;
    for (int day = 9; day >= 0; --day)
      for (const ModuleKind module : {ModuleKind::Firewall, ModuleKind::Integrity})
        batch.push_back({++sequence, of_module(module, kNow - days{day})});
    ASSERT_TRUE(events.ingest(batch));
  }
  std::int64_t stored(std::string_view filter) {
    return static_cast<std::int64_t>(events.all(parse_filter(filter).value()).size());
  }
  std::int64_t counted(std::string_view filter) {
    return events->facets(events.scope(), {parse_filter(filter).value(), {}, {}}, {}, 1).value().total;
  }
};

TEST_F(RetentionTest, IsOfAModuleAndNeverLongerThanTheSettings) {
  keep({{ModuleKind::Firewall, days{5}}});
  EXPECT_EQ(retentions.find(events.scope()).value().of(ModuleKind::Firewall), days{5});
  EXPECT_EQ(retentions.find(events.scope()).value().of(ModuleKind::Ips), days{60});
  EXPECT_FALSE(retentions.replace(events.scope(), {{ModuleKind::Ips, days{61}}}));
  EXPECT_FALSE(retentions.replace(events.scope(), {{ModuleKind::Ips, days{0}}}));
  EXPECT_EQ(audit.list(events.scope(), {}).value().items.at(0).record.action, "events.retention");
  const EventRetention kept{
      days{60}, {{ModuleKind::Firewall, days{5}}, {ModuleKind::Ips, days{5}}, {ModuleKind::Agent, days{9}}}};
  EXPECT_EQ(kept.groups(),
            (std::vector<std::vector<ModuleKind>>{{ModuleKind::Firewall, ModuleKind::Ips}, {ModuleKind::Agent}}));
}

TEST_F(RetentionTest, AModulesEventsGoInTheirTimeAndTheOthersStay) {
  keep({{ModuleKind::Firewall, days{5}}});
  fill();
  // Older than its module's time when it came: stored as of its reception, as what is too old always was.
  EXPECT_EQ(stored("module=firewall"), 10);
  const auto removed = events->remove_expired(events.scope()).value();
  EXPECT_EQ(stored("module=integrity"), 10);
  EXPECT_EQ(counted("module=integrity"), 10);
  EXPECT_EQ(stored("module=firewall"), 10);
  events.clock().advance(days{3});
  const auto later = events->remove_expired(events.scope()).value();
  if (is_on_postgres()) {
    EXPECT_EQ(later.back(), "2026-11-19 firewall") << "dropped as a whole";
  }
  // Of days 0 to 2 before, and those four that were retimed.
  EXPECT_EQ(stored("module=firewall"), 3 + 4);
  EXPECT_EQ(counted("module=firewall"), stored("module=firewall"));
  EXPECT_EQ(stored("module=integrity"), 10);
  EXPECT_EQ(counted("module=integrity"), 10);
  EXPECT_EQ(events->counted_events(events.scope(), kNow - days{30}, kNow + days{1}).value(),
            10 + stored("module=firewall"));
}

TEST_F(RetentionTest, WhatWasStoredBeforeTheTimesWereSetGoesToo) {
  fill();
  keep({{ModuleKind::Firewall, days{5}}});
  ASSERT_TRUE(events->remove_expired(events.scope()));
  EXPECT_EQ(stored("module=firewall"), 6);
  EXPECT_EQ(counted("module=firewall"), 6);
  EXPECT_EQ(counted("module=integrity"), 10);
}

TEST_F(RetentionTest, WhatComesLateFindsAPlace) {
  keep({{ModuleKind::Firewall, days{5}}});
  fill();
  events.clock().advance(days{3});
  ASSERT_TRUE(events->remove_expired(events.scope()));
  events.reopen();
  const std::int64_t before = stored("module=firewall");
  ASSERT_TRUE(events.ingest({{100, of_module(ModuleKind::Firewall, kNow - days{3})}}));
  EXPECT_EQ(stored("module=firewall"), before + 1);
  ASSERT_TRUE(events->remove_expired(events.scope()));
  EXPECT_EQ(counted("module=integrity"), 10);
}

TEST_F(RetentionTest, CountsWhatWasNotSent) {
  fill();
  const auto first = events->read_outbox(events.scope(), {}, 3).value();
  OutboxPlace place;
  for (const OutboxItem& item : first) place.numbers[item.file] = item.number;
  keep({{ModuleKind::Firewall, days{5}}});
  ASSERT_TRUE(events->remove_expired(events.scope()));
  const auto rest = events->read_outbox(events.scope(), place, 100).value();
  ASSERT_EQ(rest.size(), 17U);
  EXPECT_EQ(std::ranges::count_if(rest, [](const OutboxItem& item) { return !item.event; }), 2);
  // The whole file, with its outbox.
  events.clock().advance(days{100});
  ASSERT_TRUE(events->remove_expired(events.scope()));
  EXPECT_EQ(stored(""), 0);
  EXPECT_EQ(events->outbox_backlog(events.scope(), place).value(), 17);
  const auto gone = events->read_outbox(events.scope(), place, 100).value();
  ASSERT_EQ(gone.size(), 17U);
  EXPECT_FALSE(gone.front().event);
  EXPECT_EQ(gone.front().number, 4);
  events.reopen();
  EXPECT_EQ(events->outbox_backlog(events.scope(), place).value(), 17);
  // Who begins now has nothing to do with it.
  EXPECT_EQ(events->outbox_backlog(events.scope(), events->outbox_end(events.scope()).value()).value(), 0);
  for (const OutboxItem& item : gone) place.numbers[item.file] = item.number;
  ASSERT_TRUE(events->prune_outbox(events.scope(), place));
  EXPECT_EQ(events->outbox_backlog(events.scope(), place).value(), 0);
  events.reopen();
  EXPECT_TRUE(events->read_outbox(events.scope(), place, 100).value().empty());
}

TEST(PartitionsByModule, HaveNamesThatLeadBack) {
  const std::vector<ModuleKind> modules{ModuleKind::Firewall, ModuleKind::LogInspection};
  EXPECT_EQ(modules_suffix(modules), "_m3_6");
  EXPECT_EQ(parse_modules_suffix("_m3_6"), modules);
  for (const char* bad : {"", "_m", "_mx", "_m9", "_rest", "_m3_", "m3"})
    EXPECT_FALSE(parse_modules_suffix(bad)) << bad;
  EXPECT_EQ(size_for(days{7}), PartitionSize::Day);
  EXPECT_EQ(size_for(days{30}), PartitionSize::Week);
  EXPECT_EQ(size_for(days{200}), PartitionSize::Month);
}

}  // namespace
}  // namespace warder::manager
