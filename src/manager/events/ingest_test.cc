#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using std::chrono::days;

std::vector<SequencedEvent> part(const std::vector<SequencedEvent>& all, std::size_t first, std::size_t count) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

TEST(Ingest, StoresAndAcknowledges) {
  TestEvents events;
  const auto result = events.ingest(make_sequence(1, 3));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->acknowledged, 3U);
  EXPECT_EQ(result->stored, 3U);
  EXPECT_EQ(events.all().size(), 3U);
  EXPECT_EQ(events.counted(), 3);
  EXPECT_EQ(events->acknowledged(events.scope(), events.agent().id, epoch()).value(), 3U);
  EXPECT_EQ(events->acknowledged(events.scope(), events.agent().id, epoch(2)).value(), 0U);
}

TEST(Ingest, KeepsTheWholeEvent) {
  TestEvents events;
  const auto sent = make_sequence(1, 1);
  ASSERT_TRUE(events.ingest(sent));
  const StoredEvent stored = events.all().at(0);
  EXPECT_EQ(stored.event, sent[0].event);
  EXPECT_EQ(stored.host, "web-1");
  EXPECT_EQ(stored.agent, events.agent().id);
  EXPECT_EQ(stored.received, kNow);
}

TEST(Ingest, ARepeatedBatchIsKnownEvenAfterARestart) {
  TestEvents events;
  const auto batch = make_sequence(1, 5);
  ASSERT_TRUE(events.ingest(batch));
  for (int i = 0; i < 2; ++i) {
    const auto again = events.ingest(batch);
    EXPECT_EQ(again->stored, 0U);
    EXPECT_EQ(again->duplicates, 5U);
    EXPECT_EQ(again->acknowledged, 5U);
    events.reopen();
  }
  EXPECT_EQ(events.all().size(), 5U);
  EXPECT_EQ(events.counted(), 5);
}

TEST(Ingest, AGapIsNotPassedAtFirst) {
  TestEvents events;
  const auto batch = make_sequence(1, 10);
  EXPECT_EQ(events.ingest(part(batch, 5, 5))->acknowledged, 0U);  // 6..10 came first
  EXPECT_EQ(events.ingest(part(batch, 0, 5))->acknowledged, 5U);
  EXPECT_EQ(events.ingest(part(batch, 5, 5))->acknowledged, 10U);
  EXPECT_EQ(events.all().size(), 10U);
  EXPECT_EQ(events.counted(), 10);
}

TEST(Ingest, AGapShownTwiceIsAnUnexplainedLoss) {
  TestEvents events;
  const auto batch = make_sequence(4, 6);
  EXPECT_EQ(events.ingest(batch)->acknowledged, 0U);
  EXPECT_EQ(events.ingest(batch)->acknowledged, 6U);
  const auto gaps = events.all(parse_filter("type=agent.spool.gap").value());
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(*gaps[0].event.find("loss.events"), EventValue{std::int64_t{3}});
  EXPECT_EQ(events.all().size(), 4U);
}

TEST(Ingest, ADeclaredLossIsToldOnceWithItsCount) {
  TestEvents events;
  const auto lost = [&events] {
    std::vector<std::int64_t> counts;
    for (const StoredEvent& loss : events.all(parse_filter("type=agent.spool.loss").value()))
      counts.push_back(std::get<std::int64_t>(*loss.event.find("loss.events")));
    std::ranges::sort(counts);
    return counts;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(events.ingest(make_sequence(4, 6), {{1, 3, 3, Severity::Critical}})->acknowledged, 6U);
    events.reopen();
  }
  EXPECT_EQ(lost(), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(events.all(parse_filter("severity=critical").value()).size(), 1U);
  // The spool stays full: the same range grows before it is acknowledged.
  EXPECT_EQ(events.ingest(make_sequence(12, 12), {{8, 9, 2, Severity::Low}})->acknowledged, 6U);
  EXPECT_EQ(events.ingest(make_sequence(12, 12), {{7, 11, 5, Severity::Low}})->acknowledged, 12U);
  EXPECT_EQ(lost(), (std::vector<std::int64_t>{2, 3, 3}));
}

TEST(Ingest, AWholeLossAtTheEndIsAcknowledged) {
  TestEvents events;
  EXPECT_EQ(events.ingest({}, {{1, 7, 7, Severity::Low}})->acknowledged, 7U);
  EXPECT_EQ(events.ingest({}, {{8, 20, 2, Severity::Low}})->acknowledged, 7U);  // 11 of these still come
}

TEST(Ingest, InvalidEventsArePoisonAndBlockNothing) {
  TestEvents events;
  auto batch = make_sequence(1, 4);
  batch[1].event.type.clear();
  batch[2].event.fields.emplace_back("file.path", std::string{"twice"});
  const auto result = events.ingest(batch);
  EXPECT_EQ(result->poison, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(result->acknowledged, 4U);
  EXPECT_EQ(events.all().size(), 2U);
}

TEST(Ingest, RefusesShapesThatCannotBe) {
  TestEvents events;
  EXPECT_EQ(events->ingest(events.scope(), events.agent(), Bytes{}, {}, {}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(events->ingest(events.scope(), events.agent(), Bytes(65), {}, {}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(events.ingest(make_sequence(1, 1001)).error().code, ErrorCode::TooLarge);
  for (const LossRange& bad :
       {LossRange{0, 1, 1}, LossRange{5, 4, 1}, LossRange{1, 2, 3}, LossRange{1, 2, 0}, LossRange{1, UINT64_MAX, 5}})
    EXPECT_EQ(events.ingest({}, {bad}).error().code, ErrorCode::Invalid);
  const auto absurd = events.ingest({{0, make_event(kNow)}, {UINT64_MAX, make_event(kNow)}});
  EXPECT_EQ(absurd->poison.size(), 2U);
  EXPECT_EQ(absurd->acknowledged, 0U);
}

TEST(Ingest, ClockSkewOfTwoDaysIsStoredAsSent) {
  TestEvents events;
  const std::vector<SequencedEvent> batch = {{1, make_event(kNow - days{2})}, {2, make_event(kNow + days{2})}};
  ASSERT_TRUE(events.ingest(batch));
  EXPECT_EQ(events.all().at(0).event, batch[1].event);
  EXPECT_EQ(events.all().at(1).event, batch[0].event);
}

TEST(Ingest, AnAbsurdTimeIsReplacedAndFlaggedOnce) {
  TestEvents events;
  const std::vector<SequencedEvent> batch = {{2, make_event(from_micros(5))}, {3, make_event(kNow + days{3650})}};
  EXPECT_EQ(events.ingest(batch)->acknowledged, 0U);  // above a gap: it will come again
  events.clock().advance(days{20});
  EXPECT_EQ(events.ingest(batch)->acknowledged, 3U);
  const auto stored = events.all(parse_filter("module=integrity").value());
  ASSERT_EQ(stored.size(), 2U);
  for (const StoredEvent& one : stored) {
    EXPECT_EQ(one.event.time, kNow);
    EXPECT_NE(one.event.find("event.time_sent"), nullptr);
    EXPECT_EQ(events->find(events.scope(), one.event.id)->event, one.event);
  }
}

TEST(Ingest, MonthsHaveTheirFiles) {
  TestEvents events;
  const std::vector<SequencedEvent> batch = {
      {1, make_event(kNow - days{60})}, {2, make_event(kNow)}, {3, make_event(kNow - days{30})}};
  EXPECT_EQ(events.ingest(batch)->acknowledged, 3U);
  if (is_on_postgres()) {
    auto db = events.tenants()->config(events.scope()).acquire().value();
    for (const std::string table : {"events_2026_09", "events_2026_10", "rollups_2026_11"}) {
      EXPECT_TRUE(db->execute("SELECT CAST(?1 AS regclass)", {table})) << table;
      EXPECT_EQ(db->execute("SELECT 1 FROM " + table).error().code, ErrorCode::Forbidden) << table;
    }
    return;
  }
  for (const std::string_view month : {"2026-09", "2026-10", "2026-11"}) {
    const auto name = "events-" + std::string{month} + ".db";
    EXPECT_TRUE(std::filesystem::exists(events.tenants()->directory(events.scope()) / name)) << name;
  }
  EXPECT_EQ(events.all().size(), 3U);
}

TEST(Ingest, AFullDiskAcknowledgesNothingAndHealsByItself) {
  if (is_on_postgres()) GTEST_SKIP() << "only a file has a limit of its own";
  TestEvents small{{.max_pages_per_file = 40}};
  auto batch = make_sequence(1, 1000);
  const auto full = small.ingest(batch);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(small->acknowledged(small.scope(), small.agent().id, epoch()).value(), 0U);
  EXPECT_TRUE(small.all().empty());
  EXPECT_EQ(small.ingest(part(batch, 0, 10))->acknowledged, 10U);
}

TEST(Ingest, AgentsDoNotShareTheirSequences) {
  TestEvents events;
  ASSERT_TRUE(events.ingest(make_sequence(1, 3)));
  const AgentRef other{AgentId{UuidGenerator{fill_random}.next(kNow)}, "db-1"};
  EXPECT_EQ(events->ingest(events.scope(), other, epoch(), make_sequence(1, 2), {})->acknowledged, 2U);
  EXPECT_EQ(events.all().size(), 5U);
  EXPECT_EQ(events.all(parse_filter("host=db-1").value()).size(), 2U);
}

TEST(Ingest, RetentionRemovesMonthsAndKeepsPlaces) {
  TestEvents events{{.retention = days{90}}};
  ASSERT_TRUE(events.ingest({{1, make_event(kNow - days{60})}}));
  EXPECT_TRUE(events->remove_expired(events.scope())->empty());
  events.clock().advance(days{90});
  EXPECT_EQ(events->remove_expired(events.scope()).value(), std::vector<std::string>{"2026-09"});
  EXPECT_TRUE(events.all().empty());
  events.reopen();
  EXPECT_EQ(events->acknowledged(events.scope(), events.agent().id, epoch()).value(), 1U);
}

TEST(Ingest, RecordsTheManagersOwnEvents) {
  TestEvents events;
  Event own = make_event(kNow);
  own.module = ModuleKind::Manager;
  ASSERT_TRUE(events->record(events.scope(), own, events.agent()));
  ASSERT_TRUE(events->record(events.scope(), make_event(kNow)));
  EXPECT_EQ(events.all(parse_filter("module=manager and host=web-1").value()).size(), 1U);
  EXPECT_EQ(events.all().size(), 2U);
}

TEST(Ingest, TheManagersOwnEventsTakeNoSecretsAlong) {
  TestEvents events;
  Event own = make_event(kNow);
  own.module = ModuleKind::Manager;
  own.set("error", "https://idp.example/?access_token=Kanarienvogel7x refused");
  ASSERT_TRUE(events->record(events.scope(), own));
  const auto stored = events.all();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(std::get<std::string>(*stored.front().event.find("error")),
            "https://idp.example/?access_token=[secret] refused");
}

/// Sends everything as an agent does – torn, repeated, reordered, with lost answers, restarts and crashes in between –
/// and counts.
class HostileDelivery {
 public:
  explicit HostileDelivery(unsigned seed) : random_(seed) {
    for (std::uint64_t sequence = 1; sequence <= kTotal; ++sequence)
      all_.push_back({sequence, make_event(kNow - days{below(70)})});
  }

  void run() {
    std::uint64_t acknowledged = 0;
    for (int round = 0; acknowledged < kTotal && round < 100; ++round) {
      const bool is_calm = round >= 12;
      const std::size_t first = is_calm || below(3) > 0 ? acknowledged : below(kTotal);
      const std::size_t count = std::min<std::size_t>(1 + below(8), kTotal - first);
      crash_at_step(is_calm ? 0 : static_cast<int>(below(5)));
      const auto result = events_.ingest(part(all_, first, count));
      if (!result || (!is_calm && below(5) == 0)) events_.reopen();
      // The agent forgets only what was acknowledged to it, and asks where it stands.
      acknowledged = events_->acknowledged(events_.scope(), events_.agent().id, epoch()).value();
      if (result) {
        EXPECT_GE(acknowledged, result->acknowledged);
      }
    }
    EXPECT_EQ(acknowledged, kTotal);
  }

  void count() {
    std::multiset<EventId> missing;
    for (const SequencedEvent& event : all_) missing.insert(event.event.id);
    std::int64_t gaps = 0;
    std::int64_t lost = 0;
    for (const StoredEvent& stored : events_.all()) {
      if (stored.event.type == "agent.spool.gap") {
        ++gaps;
        lost += std::get<std::int64_t>(*stored.event.find("loss.events"));
      } else {
        EXPECT_EQ(missing.erase(stored.event.id), 1U) << "stored twice, or never sent";
      }
    }
    EXPECT_LE(static_cast<std::int64_t>(missing.size()), lost) << "lost without a word";
    EXPECT_EQ(events_.counted(), static_cast<std::int64_t>(kTotal - missing.size()) + gaps);
  }

 private:
  static constexpr std::uint64_t kTotal = 30;

  std::uint64_t below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>{0, limit - 1}(random_);
  }
  void crash_at_step(int step) {
    events_->set_probe([step](IngestStep) mutable -> Result<void> {
      if (--step == 0) return fail(ErrorCode::Unavailable, "the program ends here");
      return {};
    });
  }

  std::mt19937 random_;
  TestEvents events_{{.durable = false}};
  std::vector<SequencedEvent> all_;
};

TEST(Ingest, EveryEventIsStoredExactlyOnceWhateverHappens) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    HostileDelivery delivery{seed};
    delivery.run();
    delivery.count();
  }
}

}  // namespace
}  // namespace warder::manager
