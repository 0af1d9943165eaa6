#include "manager/events/outbox.h"

#include <gtest/gtest.h>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

EventStoreOptions keeping() {
  EventStoreOptions options;
  options.keeps_outbox = [](const TenantScope&) { return true; };
  return options;
}

std::vector<std::uint64_t> minutes_of(const std::vector<OutboxItem>& items) {
  std::vector<std::uint64_t> minutes;
  for (const OutboxItem& item : items) {
    const auto before = kNow - item.event.value().event.time;
    minutes.push_back(1000 - static_cast<std::uint64_t>(duration_cast<std::chrono::minutes>(before).count()));
  }
  return minutes;
}

OutboxPlace behind(OutboxPlace place, const std::vector<OutboxItem>& items) {
  for (const OutboxItem& item : items) place.numbers[item.file] = item.number;
  return place;
}

TEST(Outbox, HoldsWhatIsStoredInTheOrderOfStoring) {
  TestEvents events(keeping());
  ASSERT_TRUE(events.ingest(make_sequence(1, 3)));
  ASSERT_TRUE(events.ingest(make_sequence(1, 5)));  // the first three again
  const auto first = events->read_outbox(events.scope(), {}, 2).value();
  EXPECT_EQ(minutes_of(first), (std::vector<std::uint64_t>{1, 2}));
  const OutboxPlace place = behind({}, first);
  EXPECT_EQ(minutes_of(events->read_outbox(events.scope(), place, 100).value()), (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(events->outbox_backlog(events.scope(), place).value(), 3);
  EXPECT_EQ(OutboxPlace::parse(place.text()).value(), place);
}

TEST(Outbox, StaysEmptyWhereNothingIsSent) {
  TestEvents events;
  ASSERT_TRUE(events.ingest(make_sequence(1, 3)));
  EXPECT_TRUE(events->read_outbox(events.scope(), {}, 10).value().empty());
  EXPECT_EQ(events->outbox_backlog(events.scope(), {}).value(), 0);
}

TEST(Outbox, TheEndIsBehindAllThatIsThere) {
  TestEvents events(keeping());
  ASSERT_TRUE(events.ingest(make_sequence(1, 3)));
  const OutboxPlace end = events->outbox_end(events.scope()).value();
  EXPECT_TRUE(events->read_outbox(events.scope(), end, 10).value().empty());
  ASSERT_TRUE(events.ingest(make_sequence(4, 4)));
  EXPECT_EQ(minutes_of(events->read_outbox(events.scope(), end, 10).value()), (std::vector<std::uint64_t>{4}));
}

TEST(Outbox, ForgetsWhatEverybodyHasAndCountsOn) {
  TestEvents events(keeping());
  ASSERT_TRUE(events.ingest(make_sequence(1, 3)));
  const OutboxPlace place = behind({}, events->read_outbox(events.scope(), {}, 2).value());
  ASSERT_TRUE(events->prune_outbox(events.scope(), place));
  EXPECT_EQ(minutes_of(events->read_outbox(events.scope(), {}, 10).value()), (std::vector<std::uint64_t>{3}));
  ASSERT_TRUE(events->prune_outbox(events.scope(), events->outbox_end(events.scope()).value()));
  events.reopen();
  ASSERT_TRUE(events.ingest(make_sequence(4, 4)));
  const auto items = events->read_outbox(events.scope(), place, 10).value();
  EXPECT_EQ(minutes_of(items), (std::vector<std::uint64_t>{4}));
  EXPECT_EQ(items[0].number, 4);
}

TEST(Outbox, AnEventOfAnotherMonthIsReadToo) {
  TestEvents events(keeping());
  SequencedEvent old{1, make_event(kNow - std::chrono::days(40))};
  ASSERT_TRUE(events.ingest({old, {2, make_event(kNow)}}));
  const auto items = events->read_outbox(events.scope(), {}, 10).value();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].event.value().event, old.event);
  // One that comes late, into the older month, when the newer one was read.
  const OutboxPlace place = behind({}, items);
  ASSERT_TRUE(events.ingest({{3, make_event(kNow - std::chrono::days(39))}}));
  EXPECT_EQ(events->read_outbox(events.scope(), place, 10).value().size(), 1U);
}

TEST(Outbox, WhatTheRetentionTookIsSaidToBeGone) {
  TestEvents events(keeping());
  ASSERT_TRUE(events.ingest({{1, make_event(kNow - std::chrono::days(300))}, {2, make_event(kNow)}}));
  events.clock().advance(std::chrono::days(200));
  ASSERT_TRUE(events->remove_expired(events.scope()));
  const auto items = events->read_outbox(events.scope(), {}, 10).value();
  // With SQLite its outbox is gone as well: where that ended is known.
  ASSERT_EQ(items.size(), 2U);
  EXPECT_FALSE(items.front().event.has_value());
  EXPECT_TRUE(items.back().event.has_value());
}

TEST(Outbox, APlaceThatIsNoneIsRefused) {
  for (const char* text : {"", "[]", "{\"a\":1}", "{\"1\":\"x\"}"}) EXPECT_FALSE(OutboxPlace::parse(text)) << text;
}

}  // namespace
}  // namespace warder::manager
