#include "manager/siem/destination_run.h"

#include <gtest/gtest.h>

#include "manager/siem/testing.h"

namespace warder::manager {
namespace {

using testing::FakeSink;
using testing::Receiver;

class DestinationRunTest : public ::testing::Test {
 protected:
  DestinationRunTest() { make(testing::syslog_draft()); }

  void make(const DestinationDraft& draft) {
    destination_ = destinations_.create(scope_, draft, events_->outbox_end(scope_).value()).value();
    restart();
  }
  /// As after the end of the program: what was in flight is not known any more.
  void restart(const std::string& holder = "me") {
    run_ = DestinationRun::create({destinations_, *events_, messages_, events_.clock()}, scope_, "acme", destination_,
                                  std::make_unique<FakeSink>(receiver_), holder)
               .value();
  }
  std::vector<EventId> store(std::uint64_t first, std::uint64_t last) {
    const auto sequence = make_sequence(first, last);
    EXPECT_TRUE(events_.ingest(sequence));
    std::vector<EventId> ids;
    for (const SequencedEvent& each : sequence) ids.push_back(each.event.id);
    return ids;
  }
  /// All of one time: a long sequence of make_sequence reaches into the future.
  std::vector<EventId> store_many(std::uint64_t count) {
    std::vector<EventId> ids;
    std::vector<SequencedEvent> batch;
    for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
      batch.push_back({sequence, make_event(kNow)});
      ids.push_back(batch.back().event.id);
      if (batch.size() < 100 && sequence < count) continue;
      const auto stored = events_.ingest(std::exchange(batch, {}));
      EXPECT_TRUE(stored) << stored.error().message;
    }
    return ids;
  }
  Result<Round> round() { return run_->round({}); }
  DestinationState state() { return destinations_.state(scope_, destination_.id).value(); }
  std::int64_t backlog() {
    return events_->outbox_backlog(scope_, destinations_.place(scope_, destination_.id).value()).value();
  }

  TestEvents events_{testing::keeping_outbox(), {audit_schema(), destinations_schema()}};
  const TenantScope scope_ = events_.scope();
  AuditLog audit_{*events_.tenants(), events_.clock()};
  Destinations destinations_{*events_.tenants(), audit_, events_.clock()};
  Messages messages_;
  Receiver receiver_;
  Destination destination_;
  std::unique_ptr<DestinationRun> run_;
};

TEST_F(DestinationRunTest, SendsWhatIsStoredInOrderAndOnlyOnce) {
  const auto ids = store(1, 5);
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(round().value(), Round::Idle);
  restart();
  EXPECT_EQ(round().value(), Round::Idle);
  EXPECT_EQ(receiver_.taken, ids);
  EXPECT_EQ(state().delivered, 5);
  EXPECT_EQ(backlog(), 0);
}

TEST_F(DestinationRunTest, NothingFromBeforeItWasMade) {
  store(1, 3);
  make(testing::syslog_draft("later"));
  const auto ids = store(4, 5);
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(receiver_.taken, ids);
}

TEST_F(DestinationRunTest, GoesOnWhereTheReceiverStopped) {
  const auto ids = store(1, 5);
  receiver_.fails_after = 2;
  EXPECT_EQ(round().error().message, "the receiver is down");
  EXPECT_EQ(state().error, "the receiver is down");
  EXPECT_EQ(state().delivered, 2);
  EXPECT_EQ(backlog(), 3);
  receiver_.fails_after = SIZE_MAX;
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(receiver_.taken, ids);
  EXPECT_EQ(state().error, "");
}

TEST_F(DestinationRunTest, WhatMayNotHaveArrivedIsSentAgain) {
  const auto ids = store(1, 5);
  receiver_.unsettled = 2;
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(round().value(), Round::Waiting);
  EXPECT_EQ(state().delivered, 3);
  receiver_.has_lost_connection = true;
  receiver_.unsettled = 0;
  EXPECT_FALSE(round());
  EXPECT_EQ(round().value(), Round::Sent);
  std::vector<EventId> expected = ids;
  expected.insert(expected.end(), ids.end() - 2, ids.end());
  EXPECT_EQ(receiver_.taken, expected);
  EXPECT_EQ(state().delivered, 5);
}

TEST_F(DestinationRunTest, WhileThereIsMoreItsPlaceIsWrittenNowAndThen) {
  const auto ids = store_many(2'100);  // four batches and a part
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(state().delivered, 500) << "the first time";
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(state().delivered, 500);
  events_.clock().advance(std::chrono::milliseconds{100});
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_GE(state().delivered, 1'000);
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_LT(state().delivered, 2'000);
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(state().delivered, 2'100) << "there is no more";
  EXPECT_EQ(receiver_.taken, ids);
}

TEST_F(DestinationRunTest, WhatWasSentBeforeAnErrorIsWrittenAtOnce) {
  store_many(1'200);
  EXPECT_EQ(round().value(), Round::Sent);
  receiver_.fails_after = 7;
  EXPECT_FALSE(round());
  EXPECT_EQ(state().delivered, 507);
}

TEST_F(DestinationRunTest, AfterADeathWhatWasInFlightIsSentAgain) {
  const auto ids = store(1, 3);
  receiver_.unsettled = 1;
  EXPECT_EQ(round().value(), Round::Sent);
  receiver_.unsettled = 0;
  restart();
  EXPECT_EQ(round().value(), Round::Sent);
  std::vector<EventId> expected = ids;
  expected.push_back(ids.back());
  EXPECT_EQ(receiver_.taken, expected);
}

TEST_F(DestinationRunTest, WhatIsNotWantedIsPassedOverAndCounted) {
  DestinationDraft draft = testing::syslog_draft("picky");
  draft.floor = Severity::High;
  draft.filter = "host:web-1";
  make(draft);
  SequencedEvent wanted{2, make_event(kNow, Severity::High)};
  SequencedEvent kept{3, make_event(kNow, Severity::High)};
  kept.event.set("event.forward", false);
  ASSERT_TRUE(events_.ingest({{1, make_event(kNow, Severity::Low)}, wanted, kept}));
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(receiver_.taken, std::vector{wanted.event.id});
  EXPECT_EQ(state().delivered, 1);
  EXPECT_EQ(backlog(), 0);
}

TEST_F(DestinationRunTest, WhatIsRefusedIsADeadLetterAndHoldsUpNothing) {
  const auto ids = store(1, 3);
  receiver_.refuses = {ids[1]};
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(receiver_.taken, (std::vector{ids[0], ids[2]}));
  const auto letters = destinations_.dead_letters(scope_, destination_.id).value();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].event, ids[1]);
  EXPECT_EQ(letters[0].reason, "not to my taste");
  EXPECT_EQ(state().refused, 1);
}

TEST_F(DestinationRunTest, AnotherManagerTakesOverWhenTheHoldEnds) {
  store(1, 1);
  EXPECT_EQ(round().value(), Round::Sent);
  restart("another");
  EXPECT_EQ(round().value(), Round::Elsewhere);
  events_.clock().advance(Destinations::kHold + std::chrono::seconds(1));
  const auto ids = store(2, 2);
  EXPECT_EQ(round().value(), Round::Sent);
  EXPECT_EQ(receiver_.taken.back(), ids.back());
}

TEST_F(DestinationRunTest, AClockSetBackHoldsNothingUp) {
  const auto ids = store(1, 2);
  receiver_.refuses = {ids[0]};
  EXPECT_EQ(round().value(), Round::Sent);
  receiver_.refuses = {};
  events_.clock().step_to(events_.clock().now() - std::chrono::hours(24));
  ASSERT_TRUE(destinations_.retry_dead_letters(scope_, destination_.id, {}));
  events_.clock().advance(std::chrono::seconds(2));
  ASSERT_TRUE(round());
  EXPECT_EQ(receiver_.taken, (std::vector{ids[1], ids[0]}));
  restart("another");
  EXPECT_EQ(round().value(), Round::Elsewhere) << "its hold was renewed";
  events_.clock().step_to(events_.clock().now() - std::chrono::hours(24));
  EXPECT_EQ(round().value(), Round::Idle) << "no hold lasts a day";
}

TEST_F(DestinationRunTest, TheHoldIsRenewedInTimeAndNotWithEveryRound) {
  const auto is_free_after = [this](std::chrono::seconds first, std::chrono::seconds second) {
    EXPECT_TRUE(destinations_.let_go(scope_, destination_.id, "another"));
    EXPECT_EQ(round().value(), Round::Idle);
    events_.clock().advance(first);
    EXPECT_EQ(round().value(), Round::Idle);
    events_.clock().advance(second);
    return destinations_.hold(scope_, destination_.id, "another").value();
  };
  EXPECT_TRUE(is_free_after(std::chrono::seconds(5), Destinations::kHold - std::chrono::seconds(4)));
  restart();
  EXPECT_FALSE(is_free_after(Destinations::kHold / 2, Destinations::kHold / 2 + std::chrono::seconds(1)));
}

TEST_F(DestinationRunTest, ADeadLetterIsSentAgainWhenSomebodySaysSo) {
  const auto ids = store(1, 3);
  receiver_.refuses = {ids[0], ids[2]};
  ASSERT_TRUE(round());
  ASSERT_EQ(destinations_.dead_letters(scope_, destination_.id)->size(), 2U);
  // Refused again: it stays.
  EXPECT_EQ(destinations_.retry_dead_letters(scope_, destination_.id, {ids[0]}).value(), 1);
  events_.clock().advance(std::chrono::seconds{2});
  ASSERT_TRUE(round());
  ASSERT_EQ(destinations_.dead_letters(scope_, destination_.id)->size(), 2U);
  EXPECT_EQ(state().delivered, 1);
  // Taken, but the connection ends before it is certain: once more.
  receiver_.refuses = {};
  receiver_.unsettled = 2;
  EXPECT_EQ(destinations_.retry_dead_letters(scope_, destination_.id, {}).value(), 2);
  events_.clock().advance(std::chrono::seconds{2});
  EXPECT_EQ(round().value(), Round::Waiting);
  EXPECT_EQ(destinations_.dead_letters(scope_, destination_.id)->size(), 2U);
  receiver_.has_lost_connection = true;
  EXPECT_FALSE(round());
  receiver_.unsettled = 0;
  events_.clock().advance(std::chrono::seconds{2});
  ASSERT_TRUE(round());
  EXPECT_TRUE(destinations_.dead_letters(scope_, destination_.id)->empty());
  EXPECT_EQ(receiver_.taken, (std::vector{ids[1], ids[0], ids[2], ids[0], ids[2]}));
  EXPECT_EQ(state().delivered, 3);
  EXPECT_EQ(backlog(), 0);
}

TEST_F(DestinationRunTest, OnlyDeadLettersAreSentAgain) {
  const auto ids = store(1, 1);
  ASSERT_TRUE(round());
  const auto retried = destinations_.retry_dead_letters(scope_, destination_.id, {ids[0]});
  EXPECT_EQ(retried.error().code, ErrorCode::NotFound);
  EXPECT_EQ(destinations_.retry_dead_letters(scope_, destination_.id, {}).value(), 0);
}

}  // namespace
}  // namespace warder::manager
