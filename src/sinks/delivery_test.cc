#include "sinks/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace warder::sinks {
namespace {

/// Takes what it is told to.
struct Receiver {
  std::vector<EventId> taken;
  std::size_t fails_after = SIZE_MAX;
  std::size_t refuses = SIZE_MAX;  // the index within a `send`
  std::size_t unsettled = 0;
  bool has_lost_connection = false;
};

class ToldSink final : public Sink {
 public:
  explicit ToldSink(Receiver& receiver) : receiver_(receiver) {}
  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& /*stop*/) override {
    SinkReport report;
    for (; report.taken < events.size(); ++report.taken) {
      if (report.taken == receiver_.fails_after) {
        report.error = Error{ErrorCode::Unavailable, "down"};
        break;
      }
      if (report.taken == receiver_.refuses)
        report.refused.push_back({report.taken, "no"});
      else
        receiver_.taken.push_back(events[report.taken].event.id);
    }
    return report;
  }
  Result<std::size_t> unsettled() override {
    if (std::exchange(receiver_.has_lost_connection, false)) return fail(ErrorCode::Unavailable, "gone");
    return receiver_.unsettled;
  }

 private:
  Receiver& receiver_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  /// Events first…last, of which those in `passed` are not for this receiver.
  Delivery::Sending send(std::int64_t first, std::int64_t last, const std::vector<std::int64_t>& passed = {}) {
    std::vector<Passage> batch;
    std::vector<formats::OutgoingEvent> events;
    for (std::int64_t number = first; number <= last; ++number) {
      Passage each{0, number, Fate::Sent, {}};
      if (std::ranges::find(passed, number) != passed.end()) each.fate = Fate::PassedOver;
      if (each.fate == Fate::Sent) events.emplace_back();
      batch.push_back(std::move(each));
    }
    return delivery_.send(std::move(batch), events, {});
  }
  std::vector<std::int64_t> settled() {
    std::vector<std::int64_t> numbers;
    const auto certain = delivery_.settled();
    EXPECT_TRUE(certain);
    for (const Passage& each : *certain)
      for (std::size_t i = each.count; i-- > 0;) numbers.push_back(each.number - static_cast<std::int64_t>(i));
    return numbers;
  }
  using Numbers = std::vector<std::int64_t>;

  Receiver receiver_;
  Delivery delivery_{std::make_unique<ToldSink>(receiver_)};
};

TEST_F(DeliveryTest, NothingIsCertainBeforeTheReceiverHasIt) {
  receiver_.unsettled = 2;
  EXPECT_EQ(send(1, 4, {3}).taken, 4U);
  EXPECT_EQ(settled(), Numbers{1});  // 2 and 4 are open, and 3 lies behind 2
  receiver_.unsettled = 1;
  EXPECT_EQ(settled(), (Numbers{1, 2, 3}));
  delivery_.forget(3);
  receiver_.unsettled = 0;
  EXPECT_EQ(settled(), Numbers{4});
  delivery_.forget(1);
  EXPECT_TRUE(delivery_.is_empty());
}

TEST_F(DeliveryTest, NeighboursAreRememberedTogether) {
  receiver_.unsettled = 6;
  send(1, 4);
  send(5, 8);
  EXPECT_EQ(settled(), (Numbers{1, 2}));
  delivery_.forget(1);
  receiver_.unsettled = 3;
  const auto certain = delivery_.settled().value();
  ASSERT_EQ(certain.size(), 1U);
  EXPECT_EQ(certain[0].number, 5);
  EXPECT_EQ(certain[0].count, 3U);
  delivery_.forget(1);
  receiver_.unsettled = 0;
  EXPECT_EQ(settled(), (Numbers{6, 7, 8}));
}

TEST_F(DeliveryTest, WhatIsOpenMayReachBackOverSeveralRuns) {
  receiver_.unsettled = 5;
  send(1, 8, {5});
  EXPECT_EQ(settled(), (Numbers{1, 2}));
  receiver_.unsettled = 3;
  EXPECT_EQ(settled(), (Numbers{1, 2, 3, 4, 5}));
}

TEST_F(DeliveryTest, RefusedNeighboursAreToldOneByOne) {
  std::vector<Passage> batch{{0, 1, Fate::Refused, {}, {}, "first"}, {0, 2, Fate::Refused, {}, {}, "second"}};
  delivery_.send(std::move(batch), {}, {});
  const auto certain = delivery_.settled().value();
  ASSERT_EQ(certain.size(), 2U);
  EXPECT_EQ(certain[0].reason, "first");
  EXPECT_EQ(certain[1].reason, "second");
}

TEST_F(DeliveryTest, OnlyNeighboursOfOneQueueAndOneFateAreCountedTogether) {
  const auto fates = [this](std::vector<Passage> batch) {
    std::vector<formats::OutgoingEvent> events(
        static_cast<std::size_t>(std::ranges::count(batch, Fate::Sent, &Passage::fate)));
    delivery_.send(std::move(batch), events, {});
    const auto certain = delivery_.settled().value();
    delivery_.forget(certain.size());
    return certain.size();
  };
  EXPECT_EQ(fates({{1, 1, Fate::Lost, {}}, {1, 2, Fate::Lost, {}}}), 1U);
  EXPECT_EQ(fates({{1, 1, Fate::Lost, {}}, {2, 2, Fate::Lost, {}}}), 2U) << "another file";
  EXPECT_EQ(fates({{1, 1, Fate::Lost, {}}, {1, 3, Fate::Lost, {}}}), 2U) << "2 is none of them";
  EXPECT_EQ(fates({{1, 1, Fate::Lost, {}}, {1, 2, Fate::Sent, {}}}), 2U);
  EXPECT_EQ(fates({{0, Passage::kNoNumber, Fate::Sent, {}}, {0, 1, Fate::Sent, {}}}), 2U) << "the first has no place";
}

TEST_F(DeliveryTest, RoomIsBoundedByEventsAndByWhatIsRemembered) {
  const auto many = static_cast<std::int64_t>(Delivery::kMaxInFlight);
  send(1, many - 1);
  EXPECT_TRUE(delivery_.has_room());
  send(many, many);
  EXPECT_FALSE(delivery_.has_room());
  EXPECT_EQ(delivery_.settled()->size(), 1U);
  delivery_.forget(1);
  EXPECT_TRUE(delivery_.has_room());
  std::vector<Passage> scattered;
  for (std::size_t i = 1; i <= Delivery::kMaxRuns; ++i)
    scattered.push_back({0, static_cast<std::int64_t>(2 * i), Fate::PassedOver, {}});
  delivery_.send(std::move(scattered), {}, {});
  EXPECT_FALSE(delivery_.has_room());
  delivery_.begin_again();
  send(1, many - 1);
  EXPECT_TRUE(delivery_.has_room()) << "nothing of before counts";
}

TEST_F(DeliveryTest, WhatWasInFlightWhenTheConnectionEndedIsSentAgain) {
  receiver_.unsettled = 3;
  send(1, 3);
  receiver_.has_lost_connection = true;
  EXPECT_FALSE(delivery_.settled());
  EXPECT_TRUE(delivery_.is_empty());
  receiver_.unsettled = 0;
  EXPECT_TRUE(settled().empty());
}

TEST_F(DeliveryTest, WhatWasNotTakenIsNotInFlight) {
  receiver_.fails_after = 2;
  const auto sending = send(1, 5, {2});
  EXPECT_EQ(sending.taken, 3U);  // 1, 2 passed over, 3
  EXPECT_EQ(sending.error.value().message, "down");
  EXPECT_EQ(settled(), (Numbers{1, 2, 3}));
}

TEST_F(DeliveryTest, ARefusedEventSaysWhy) {
  receiver_.refuses = 1;
  EXPECT_EQ(send(1, 3).taken, 3U);
  const auto certain = delivery_.settled().value();
  ASSERT_EQ(certain.size(), 3U);
  EXPECT_EQ(certain[1].fate, Fate::Refused);
  EXPECT_EQ(certain[1].reason, "no");
  EXPECT_EQ(certain[2].fate, Fate::Sent);
}

TEST(MayLeave, UnlessTheHostsPolicyKeepsIt) {
  Event event;
  EXPECT_TRUE(may_leave(event));
  event.set("event.forward", true);
  EXPECT_TRUE(may_leave(event));
  event.set("event.forward", false);
  EXPECT_FALSE(may_leave(event));
}

}  // namespace
}  // namespace warder::sinks
