#include "agent/inline_path.h"

#include <gtest/gtest.h>

#include "model/kernel_names.h"

namespace warder::agent {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// The same packets with every batch.
class SamePackets final : public host::PacketSource {
 public:
  explicit SamePackets(std::size_t count = 3) : count_(count) {}
  [[nodiscard]] std::string_view mechanism() const noexcept override { return "test"; }
  Result<std::span<const host::ReceivedPacket>> receive(milliseconds /*patience*/) override {
    return std::span(packets_).first(count_);
  }
  Result<void> answer(std::span<const host::PacketVerdict> verdicts) override {
    answers.assign(verdicts.begin(), verdicts.end());
    return {};
  }
  [[nodiscard]] host::PacketSourceCounters counters() const noexcept override {
    host::PacketSourceCounters counters;
    counters.lost = 7;
    return counters;
  }
  void interrupt() noexcept override {}
  std::vector<host::PacketVerdict> answers;

 private:
  std::size_t count_;
  const Bytes bytes_ = Bytes(20, 0);
  const std::vector<host::ReceivedPacket> packets_ = [this] {
    host::ReceivedPacket packet;
    packet.bytes = bytes_;
    packet.mark = 5;
    return std::vector<host::ReceivedPacket>(3, packet);
  }();
};

class Says final : public PacketJudge {
 public:
  explicit Says(Judgement judgement) : judgement_(judgement) {}
  Judgement judge(const packet::Frame& /*frame*/) override {
    ++asked;
    return judgement_;
  }
  void tick(Timestamp /*now*/) override { ++ticks; }
  int asked = 0;
  int ticks = 0;

 private:
  Judgement judgement_;
};

constexpr microseconds kAnHour = std::chrono::hours(1);
constexpr microseconds kUsedUp{-1};  // before the first packet

TEST(InlinePath, WhatTheBudgetHasNoTimeForPassesAndIsCounted) {
  SamePackets source;
  Says judge(Judgement::Drop);
  InlinePath path(source, judge, {.budget = kUsedUp, .mark_mask = kernel::kMarkMask});
  path.set_mode(InlineMode::Prevent);
  ASSERT_TRUE(path.step(milliseconds(1)));
  EXPECT_EQ(judge.asked, 0);
  EXPECT_EQ(source.answers, std::vector<host::PacketVerdict>(3));
  EXPECT_EQ(path.counters().shed, 3U);
  EXPECT_EQ(path.counters().late_batches, 1U);
  EXPECT_EQ(path.counters().dropped, 0U);
  EXPECT_EQ(path.counters().packets, 3U);
}

TEST(InlinePath, WithinTheBudgetEachPacketIsJudged) {
  SamePackets source;
  Says judge(Judgement::Drop);
  InlinePath path(source, judge, {.budget = kAnHour, .mark_mask = kernel::kMarkMask});
  ASSERT_TRUE(path.step(milliseconds(1)));
  EXPECT_EQ(path.counters().would_drop, 3U) << "observing until told otherwise";
  EXPECT_FALSE(source.answers[0].is_dropped);
  path.set_mode(InlineMode::Prevent);
  ASSERT_TRUE(path.step(milliseconds(1)));
  EXPECT_EQ(path.counters().dropped, 3U);
  EXPECT_TRUE(source.answers[2].is_dropped);
  EXPECT_EQ(path.counters().shed, 0U);
  EXPECT_EQ(judge.asked, 6);
}

TEST(InlinePath, TicksWithoutPackets) {
  SamePackets source(0);
  Says judge(Judgement::Pass);
  InlinePath path(source, judge, {.budget = kAnHour, .mark_mask = kernel::kMarkMask});
  ASSERT_TRUE(path.step(milliseconds(1)));
  EXPECT_EQ(judge.ticks, 1);
}

TEST(InlinePath, MarksOnlyItsOwnBits) {
  SamePackets source;
  Says enough(Judgement::Enough);
  InlinePath path(source, enough, {.budget = kAnHour, .mark_mask = kernel::kMarkMask});
  ASSERT_TRUE(path.step(milliseconds(1)));
  EXPECT_EQ(source.answers[0].mark, std::optional<std::uint32_t>(5 | kernel::kMarkInspectedEnough));
}

TEST(InlinePath, TellsWhatTheKernelLost) {
  SamePackets source;
  Says judge(Judgement::Pass);
  InlinePath path(source, judge, {.budget = kAnHour, .mark_mask = kernel::kMarkMask});
  ASSERT_TRUE(path.step(milliseconds(1)));
  EXPECT_EQ(path.counters().lost, 7U);
}

}  // namespace
}  // namespace warder::agent
