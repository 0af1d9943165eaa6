#include "manager/events/event_partitions.h"

#include <gtest/gtest.h>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

PartitionSize day_partitions(const TenantScope& /*scope*/) {
  return PartitionSize::Day;
}

PartitionSize week_partitions(const TenantScope& /*scope*/) {
  return PartitionSize::Week;
}

using std::chrono::days;

TEST(EventPartitions, CoverTheMonthAndTheirNamesLeadBack) {
  for (const PartitionSize size : {PartitionSize::Month, PartitionSize::Week, PartitionSize::Day}) {
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
        EXPECT_EQ(again->size, size);
      }
      EXPECT_EQ(next, end_of(month));
    }
  }
}

TEST(EventPartitions, OtherNamesAreNone) {
  for (const std::string_view suffix : {"", "_2026", "_2026_13", "_2026_02_29", "_2026_2_1", "2026_02", "_2026_02_",
                                        "_2026_02_01x", "_2026_02_w0", "_2026_02_w5", "_2026_02_w", "_2026_02_w1x"})
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

TEST(EventPartitions, WeeksBeginOnFixedDaysOfTheMonth) {
  std::vector<std::string> names;
  std::vector<int> lengths;
  for (const EventPartition& part : partitions_of(parse_month("2026-11").value(), PartitionSize::Week)) {
    names.push_back(part.suffix);
    lengths.push_back(static_cast<int>((part.to - part.from) / days{1}));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"_2026_11_w1", "_2026_11_w2", "_2026_11_w3", "_2026_11_w4"}));
  EXPECT_EQ(lengths, (std::vector<int>{7, 7, 7, 9}));
}

TEST(EventPartitions, WeeksGoOneByOne) {
  if (!is_on_postgres()) GTEST_SKIP() << "only PostgreSQL has partitions";
  TestEvents events{{.retention = days{30}, .partition = week_partitions}};
  const Timestamp border = kNow - days{1} + std::chrono::hours{12};  // the 22nd, 00:00
  ASSERT_TRUE(events.ingest(
      {{1, make_event(border - std::chrono::microseconds{1})}, {2, make_event(border)}, {3, make_event(kNow)}}));
  events.clock().advance(border + days{30} - kNow - std::chrono::seconds{1});
  EXPECT_EQ(events->remove_expired(events.scope()).value(), (std::vector<std::string>{"2026-11-w1", "2026-11-w2"}));
  EXPECT_EQ(events.all().size(), 3U);
  events.clock().advance(std::chrono::seconds{1});
  EXPECT_EQ(events->remove_expired(events.scope()).value(), std::vector<std::string>{"2026-11-w3"});
  EXPECT_EQ(events.all().size(), 2U);
  EXPECT_EQ(events.counted(), 2);
  // What has been dropped of a month is made again at its size.
  events.reopen({.retention = days{60}, .partition = day_partitions});
  ASSERT_TRUE(events.ingest({{4, make_event(border - days{1})}}));
  EXPECT_EQ(events.all().size(), 3U);
}

TEST(EventPartitions, AMonthKeepsItsSizeAndTheNextHasAnother) {
  if (!is_on_postgres()) GTEST_SKIP() << "only PostgreSQL has partitions";
  const std::vector<PartitionSize> sizes{PartitionSize::Month, PartitionSize::Week, PartitionSize::Day};
  for (const PartitionSize before : sizes) {
    for (const PartitionSize after : sizes) {
      SCOPED_TRACE(std::to_string(static_cast<int>(before)) + " then " + std::to_string(static_cast<int>(after)));
      const auto of = [](PartitionSize size) { return [size](const TenantScope&) { return size; }; };
      TestEvents events{{.retention = days{30}, .partition = of(before)}};
      const Timestamp border = std::chrono::sys_days{std::chrono::year{2026} / 12 / 1};
      ASSERT_TRUE(events.ingest({{1, make_event(kNow)}}));
      events.reopen({.retention = days{30}, .partition = of(after)});
      events.clock().advance(border + days{1} - kNow);
      ASSERT_TRUE(events.ingest({{2, make_event(border - std::chrono::microseconds{1})}, {3, make_event(border)}}));
      const auto found = events.all();
      ASSERT_EQ(found.size(), 3U);
      EXPECT_EQ(found.front().event.time, border);
      EXPECT_EQ(events.counted(), 3);

      events.clock().advance(days{29} - std::chrono::seconds{1});
      static_cast<void>(events->remove_expired(events.scope()).value());
      EXPECT_EQ(events.all().size(), before == PartitionSize::Day ? 2U : 3U) << "the last second of a month holds it";
      events.clock().advance(std::chrono::seconds{1});
      const auto removed = events->remove_expired(events.scope()).value();
      ASSERT_FALSE(removed.empty());
      EXPECT_EQ(removed.back(), to_text(partitions_of(parse_month("2026-11").value(), before).back()));
      EXPECT_EQ(events.all().size(), 1U);
      EXPECT_EQ(events.counted(), 1);
    }
  }
}

}  // namespace
}  // namespace warder::manager
