#include "manager/notify/notice_outbox.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/notify/testing.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;
using testing::simple_notice;

class NoticeOutboxTest : public ::testing::Test {
 protected:
  TestTenants tenants_{{notices_schema()}};
  warder::testing::ManualClock clock_{kNow};
  NoticeOutbox outbox_{*tenants_, clock_, {.max_tries = 3, .max_waiting = 5}};
  const TenantScope scope_ = tenants_.scope();
  const NoticeChannelId channel_ = make_id<NoticeChannelId>(kNow);
};

TEST_F(NoticeOutboxTest, ANoticeComesBackAsItWasPut) {
  const auto user = make_id<UserId>(kNow);
  const NoticeId id = outbox_.put(scope_, {channel_, {user}}, simple_notice()).value();
  const StoredNotice stored = outbox_.find(scope_, id).value();
  EXPECT_EQ(stored.notice, simple_notice());
  EXPECT_EQ(stored.address.people, std::vector{user});
  EXPECT_EQ(outbox_.list(scope_, "alert:1", 10).value().size(), 1U);
  EXPECT_TRUE(outbox_.list(scope_, "alert:2", 10).value().empty());
}

TEST_F(NoticeOutboxTest, WhatIsRolledBackWithItsCauseIsNeverSent) {
  {
    auto db = tenants_->config(scope_).acquire().value();
    auto tx = Tx::begin(*db).value();
    ASSERT_TRUE(outbox_.put(*db, {channel_}, simple_notice()));
  }
  EXPECT_EQ(outbox_.waiting(scope_).value(), 0);
}

TEST_F(NoticeOutboxTest, OneManagerHasItAtATimeAndAnotherAfterThatOneIsGone) {
  const NoticeId id = outbox_.put(scope_, {channel_}, simple_notice()).value();
  const auto another = tenants_.another_manager();
  NoticeOutbox second(*another, clock_);
  const TenantScope second_scope = ScopeMaker{*another}.make(scope_.tenant(), "job:test").value();
  ASSERT_TRUE(outbox_.take(scope_, channel_, "a").value());
  EXPECT_FALSE(second.take(second_scope, channel_, "b").value());
  EXPECT_TRUE(second.due_channels(second_scope).value().empty());
  clock_.advance(NoticeOutbox::kHold + seconds(1));
  ASSERT_TRUE(second.take(second_scope, channel_, "b").value());
  ASSERT_TRUE(outbox_.mark_sent(scope_, id, "a"));  // too late: it is no longer the one who has it
  EXPECT_EQ(outbox_.find(scope_, id).value().state, NoticeState::Waiting);
  ASSERT_TRUE(second.mark_sent(second_scope, id, "b"));
  EXPECT_EQ(outbox_.find(scope_, id).value().state, NoticeState::Sent);
}

TEST_F(NoticeOutboxTest, TriesComeFartherApartUntilTheyEnd) {
  outbox_.put(scope_, {channel_}, simple_notice()).value();
  std::vector<Timestamp> tries;
  for (NoticeState state = NoticeState::Waiting; state == NoticeState::Waiting;) {
    const auto notice = outbox_.take(scope_, channel_, "a").value();
    if (!notice) {
      clock_.advance(seconds(1));
      continue;
    }
    tries.push_back(clock_.now());
    state = outbox_.mark_failed(scope_, *notice, "a", "down, password=hunter22", false).value();
  }
  EXPECT_EQ(tries, (std::vector<Timestamp>{kNow, kNow + seconds(5), kNow + seconds(15)}));
  const StoredNotice last = outbox_.list(scope_, "", 1).value().at(0);
  EXPECT_EQ(last.state, NoticeState::Failed);
  EXPECT_EQ(last.error.find("hunter22"), std::string::npos);
}

TEST_F(NoticeOutboxTest, AClockSetBackHoldsNothingForLongerThanTwiceTheHold) {
  for (const seconds back : {seconds(30), seconds(119), seconds(3600), seconds(86'400 * 365)}) {
    SCOPED_TRACE(back.count());
    const NoticeId id = outbox_.put(scope_, {channel_}, simple_notice()).value();
    ASSERT_TRUE(outbox_.take(scope_, channel_, "gone").value());
    clock_.step_to(clock_.now() - back);
    seconds waited{0};
    for (; !outbox_.take(scope_, channel_, "a").value(); waited += seconds(1)) {
      ASSERT_LE(waited, NoticeOutbox::kHold * 2);
      EXPECT_TRUE(outbox_.due_channels(scope_).value().empty());
      clock_.advance(seconds(1));
    }
    ASSERT_TRUE(outbox_.mark_sent(scope_, id, "a"));
  }
}

TEST_F(NoticeOutboxTest, OfManagersWhoseClocksDifferOnlyOneHasIt) {
  outbox_.put(scope_, {channel_}, simple_notice()).value();
  ASSERT_TRUE(outbox_.take(scope_, channel_, "a").value());
  clock_.step_to(clock_.now() - NoticeOutbox::kHold / 2);  // as another manager's, which is behind
  EXPECT_TRUE(outbox_.due_channels(scope_).value().empty());
  EXPECT_FALSE(outbox_.take(scope_, channel_, "b").value());
}

TEST_F(NoticeOutboxTest, AClockSetBackMakesNothingWaitForItsTime) {
  outbox_.put(scope_, {channel_}, simple_notice()).value();
  clock_.step_to(clock_.now() - seconds(60));
  EXPECT_EQ(outbox_.due_channels(scope_).value(), std::vector{channel_}) << "it was never tried";
  const auto notice = outbox_.take(scope_, channel_, "a").value();
  ASSERT_TRUE(notice);
  ASSERT_EQ(outbox_.mark_failed(scope_, *notice, "a", "down", false).value(), NoticeState::Waiting);
  EXPECT_FALSE(outbox_.take(scope_, channel_, "a").value()) << "the pause";
  clock_.step_to(clock_.now() - std::chrono::hours(24));
  EXPECT_TRUE(outbox_.take(scope_, channel_, "a").value()) << "no pause is a day";
}

TEST_F(NoticeOutboxTest, WhatFailsForGoodIsNotTriedAgain) {
  outbox_.put(scope_, {channel_}, simple_notice()).value();
  const auto notice = outbox_.take(scope_, channel_, "a").value();
  EXPECT_EQ(outbox_.mark_failed(scope_, *notice, "a", "no", true).value(), NoticeState::Failed);
}

TEST_F(NoticeOutboxTest, IsBoundedAndForgetsWhatIsOld) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(outbox_.put(scope_, {channel_}, simple_notice()));
  EXPECT_EQ(outbox_.put(scope_, {channel_}, simple_notice()).error().code, ErrorCode::Conflict);
  const auto sent = outbox_.take(scope_, channel_, "a").value();
  ASSERT_TRUE(outbox_.mark_sent(scope_, sent->id, "a"));
  clock_.advance(std::chrono::hours(24 * 91));
  ASSERT_TRUE(outbox_.prune(scope_));
  EXPECT_EQ(outbox_.list(scope_, "", 10).value().size(), 4U) << "what waits stays";
}

}  // namespace
}  // namespace warder::manager
