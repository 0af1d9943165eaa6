#include "manager/events/type_counts.h"

#include <gtest/gtest.h>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Event failed_login(Timestamp time) {
  Event event = make_event(time, Severity::Low);
  event.module = ModuleKind::LogInspection;
  event.type = "log-inspection.rule.matched";
  event.set("rule.groups", std::string{"warder,sshd,authentication_failed"});
  return event;
}

std::vector<TypeCount> counts_of(const TestEvents& events, Timestamp from, Timestamp to) {
  std::vector<TypeCount> counts;
  EXPECT_TRUE(events->type_counts(events.scope(), from, to, [&](const TypeCount& each) { counts.push_back(each); }));
  return counts;
}

TEST(TypeCounts, AreOfEachAgentHourAndType) {
  TestEvents events;
  const Timestamp from = kNow - hours{10} - minutes{15};
  ASSERT_TRUE(events.ingest({{1, make_event(from)},
                             {2, make_event(from + minutes{59})},
                             {3, failed_login(from + minutes{60})},
                             {4, make_event(from - minutes{1})}}));
  Event own = make_event(from + hours{2}, Severity::High);
  own.module = ModuleKind::Manager;
  ASSERT_TRUE(events->record(events.scope(), own));
  const auto counts = counts_of(events, from, from + hours{24});
  ASSERT_EQ(counts.size(), 3U);
  for (const TypeCount& each : counts) {
    if (!each.agent) {
      EXPECT_EQ(each.hour, 2);
      EXPECT_EQ(each.severity, Severity::High);
    } else if (each.is_failed_login) {
      EXPECT_EQ(each.agent, events.agent().id);
      EXPECT_EQ(each.hour, 1);
      EXPECT_EQ(each.events, 1);
    } else {
      EXPECT_EQ(each.type, "integrity.file.updated");
      EXPECT_EQ(each.hour, 0);
      EXPECT_EQ(each.events, 2);
    }
  }
  EXPECT_EQ(events->counted_events(events.scope(), from, from + hours{24}).value(), 4);
  EXPECT_EQ(events->counted_events(events.scope(), from - minutes{15}, from).value(), 1);
}

TEST(TypeCounts, AnExplainedChangeCountsAsInformation) {
  TestEvents events;
  const auto batch = make_sequence(1, 1);
  ASSERT_TRUE(events.ingest(batch));
  ASSERT_TRUE(events.ingest(batch));
  ASSERT_TRUE(events->explain(events.scope(), batch[0].event.id, {"user:1", "upgrade", {}}));
  const auto counts = counts_of(events, kNow - hours{24}, kNow);
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].severity, Severity::Info);
  EXPECT_EQ(counts[0].events, 1);
}

TEST(TypeCounts, GoWithTheEvents) {
  TestEvents events;
  const Timestamp old = kNow - std::chrono::days{200};
  ASSERT_TRUE(events.ingest({{1, make_event(old)}, {2, make_event(kNow)}}));
  EventStoreOptions options;
  options.retention = std::chrono::days{30};
  events.reopen(options);
  ASSERT_TRUE(events->remove_expired(events.scope()));
  EXPECT_EQ(events->counted_events(events.scope(), old - hours{24}, kNow + hours{24}).value(), 1);
}

}  // namespace
}  // namespace warder::manager
