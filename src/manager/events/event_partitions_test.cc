#include "manager/events/event_partitions.h"

#include <gtest/gtest.h>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

PartitionSize day_partitions(const TenantScope& /*scope*/) {
  return PartitionSize::Day;
}

using std::chrono::days;

TEST(EventPartitions, CoverTheMonthAndTheirNamesLeadBack) {
  for (const PartitionSize size : {PartitionSize::Month, PartitionSize::Day}) {
    for (const std::string_view text : {"2026-02", "2028-02", "2026-12"}) {
      const Month month = parse_month(text).value();
      Timestamp next = start_of(month);
      for (const EventPartition& part : partitions_of(month, size)) {
        EXPECT_EQ(part.from, next);
        next = part.to;
        const auto again = parse_partition(part.suffix);
        ASSERT_TRUE(again) << part.suffix;
        EXPECT_EQ(again->from, part.from);
        EXPECT_EQ(again->to, part.to);
      }
      EXPECT_EQ(next, end_of(month));
    }
  }
}

TEST(EventPartitions, OtherNamesAreNone) {
  for (const std::string_view suffix :
       {"", "_2026", "_2026_13", "_2026_02_29", "_2026_2_1", "2026_02", "_2026_02_", "_2026_02_01x"})
    EXPECT_FALSE(parse_partition(suffix)) << suffix;
}

TEST(EventPartitions, DaysGoOneByOneWithTheirCounts) {
  if (!is_on_postgres()) GTEST_SKIP() << "only PostgreSQL has partitions";
  TestEvents events{{.retention = days{30}, .partition = day_partitions}};
  ASSERT_TRUE(events.ingest({{1, make_event(kNow - days{3})}, {2, make_event(kNow - days{2})}, {3, make_event(kNow)}}));
  EXPECT_TRUE(events->remove_expired(events.scope())->empty());
  events.clock().advance(days{28});
  const auto removed = events->remove_expired(events.scope()).value();
  ASSERT_FALSE(removed.empty());
  EXPECT_EQ(removed.back(), "2026-11-19");
  EXPECT_EQ(events.all().size(), 2U);
  EXPECT_EQ(events.counted(), 2);
  events.reopen();
  EXPECT_EQ(events.all().size(), 2U);
  EXPECT_EQ(events->acknowledged(events.scope(), events.agent().id, epoch()).value(), 3U);

  // With a longer retention a day that has been dropped counts again: no host's spool stands still for that.
  events.reopen({.retention = days{60}, .partition = day_partitions});
  ASSERT_TRUE(events.ingest({{4, make_event(kNow - days{3})}}));
  EXPECT_EQ(events.all().back().event.time, kNow - days{3});
}

}  // namespace
}  // namespace warder::manager
