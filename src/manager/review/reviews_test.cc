#include "manager/review/reviews.h"

#include <gtest/gtest.h>

#include "manager/events/testing.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

// kNow is 2026-11-22, 12:00 UTC.
class ReviewsTest : public ::testing::Test {
 protected:
  ReviewsTest() { roster_.push_back({events_.agent().id, "web-1", kNow - days{3}}); }

  void keep_up() {
    const auto done = reviews_.keep_up(scope_);
    ASSERT_TRUE(done) << done.error().message;
  }
  void advance(std::chrono::microseconds by) {
    events_.clock().advance(by);
    keep_up();
  }
  [[nodiscard]] ReviewDay day(const std::string& text) {
    return reviews_.find(scope_, parse_day(text).value()).value();
  }
  std::vector<SystemReview> systems(const std::string& text) {
    return reviews_.systems(scope_, parse_day(text).value(), {}, {}).value().items;
  }
  Result<ReviewDay> sign(const std::string& text, const SignOffDraft& draft) {
    return reviews_.sign(scope_, parse_day(text).value(), draft);
  }
  /// The whole day, with the same judgement for all that stands out.
  Result<ReviewDay> sign_all(const std::string& text) {
    SignOffDraft draft;
    draft.is_whole_day = true;
    for (const SystemReview& each : systems(text))
      if (each.result != TriageResult::Quiet) draft.systems.push_back({each.system, Judgement::Expected, "as planned"});
    return sign(text, draft);
  }
  [[nodiscard]] std::size_t missed_events() { return events_.all(parse_filter("type=review.missed").value()).size(); }

  TestEvents events_{{}, {audit_schema(), tenant_zone_schema(), review_schema()}};
  const TenantScope scope_ = events_.tenants().scope("user:1");
  AuditLog audit_{*events_.tenants(), events_.clock()};
  std::vector<RosterEntry> roster_;
  Reviews reviews_{*events_.tenants(), audit_, *events_, events_.clock(),
                   [this](const TenantScope&) -> Result<std::vector<RosterEntry>> { return roster_; }};
};

TEST_F(ReviewsTest, EverySystemOfADayIsTriagedWhenItIsOver) {
  keep_up();
  EXPECT_EQ(day("2026-11-22").standing.state, DayState::Running);
  EXPECT_EQ(sign_all("2026-11-22").error().code, ErrorCode::Conflict);
  ASSERT_TRUE(events_.ingest({{1, make_event(kNow)}}));
  advance(hours{12});
  const ReviewDay over = day("2026-11-22");
  EXPECT_EQ(over.standing.state, DayState::Open);
  EXPECT_EQ(over.systems, 2) << "the agent and the manager";
  const auto found = systems("2026-11-22");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].system, kManagerSystem) << "it has a gap: nothing was done";
  EXPECT_EQ(found[0].result, TriageResult::Gap);
  EXPECT_EQ(found[1].name, "web-1");
  EXPECT_EQ(found[1].result, TriageResult::Look);
  EXPECT_EQ(found[1].summary.unexplained_changes, 1);
}

TEST_F(ReviewsTest, ASignOffIsAnAuditEntryAndCoversAll) {
  keep_up();
  ASSERT_TRUE(events_.ingest({{1, make_event(kNow)}}));
  advance(hours{12});
  const auto signed_off = sign_all("2026-11-22");
  ASSERT_TRUE(signed_off) << signed_off.error().message;
  EXPECT_EQ(signed_off->standing.state, DayState::Signed);
  const AuditEntry entry = audit_.list(scope_, {}).value().items.at(0);
  EXPECT_EQ(entry.record.action, "review.sign");
  EXPECT_EQ(entry.record.object, "review:2026-11-22");
  EXPECT_EQ(entry.record.detail.at("judged").as_array().size(), 2U);
  const auto offs = reviews_.sign_offs(scope_, parse_day("2026-11-22").value()).value();
  ASSERT_EQ(offs.size(), 1U);
  EXPECT_EQ(offs[0].by, "user:1");
  EXPECT_EQ(offs[0].systems, 2);
  EXPECT_FALSE(offs[0].is_late);
  advance(hours{25});
  EXPECT_EQ(missed_events(), 0U) << "its deadline is over, and it was kept";
}

TEST_F(ReviewsTest, WhatStandsOutNeedsAJudgementWithAReason) {
  keep_up();
  ASSERT_TRUE(events_.ingest({{1, make_event(kNow)}}));
  advance(hours{12});
  SignOffDraft draft;
  draft.is_whole_day = true;
  EXPECT_EQ(sign("2026-11-22", draft).error().code, ErrorCode::Conflict);
  draft.systems = {{std::string(kManagerSystem), Judgement::Expected, " "}};
  EXPECT_TRUE(sign("2026-11-22", draft).error().message.starts_with("/systems/0/note"));
  draft.systems = {{"no-such", Judgement::Expected, "x"}};
  EXPECT_TRUE(sign("2026-11-22", draft).error().message.starts_with("/systems/0/system"));
  EXPECT_EQ(audit_.list(scope_, {}).value().items.size(), 0U) << "a refusal leaves nothing";
  // One system, then the rest.
  draft.is_whole_day = false;
  draft.systems = {{std::string(kManagerSystem), Judgement::Expected, "nobody works on Sundays"}};
  EXPECT_EQ(sign("2026-11-22", draft)->standing.state, DayState::Open);
  draft.is_whole_day = true;
  draft.systems = {{events_.agent().id.text(), Judgement::Incident, "who changed this?"}};
  EXPECT_EQ(sign("2026-11-22", draft)->standing.state, DayState::Signed);
}

TEST_F(ReviewsTest, AMissedDayIsToldOnceAndStaysVisible) {
  keep_up();
  advance(hours{12});
  EXPECT_EQ(missed_events(), 0U);
  advance(hours{24});
  EXPECT_EQ(day("2026-11-22").standing.state, DayState::Missed);
  EXPECT_EQ(missed_events(), 1U);
  keep_up();
  advance(hours{1});
  EXPECT_EQ(missed_events(), 1U);
  EXPECT_EQ(sign_all("2026-11-22")->standing.state, DayState::Late);
  EXPECT_TRUE(reviews_.sign_offs(scope_, parse_day("2026-11-22").value())->front().is_late);
  advance(days{90});
  EXPECT_EQ(day("2026-11-22").standing.state, DayState::Late);
}

// Signed after the deadline, but before the manager had said that the day was missed.
TEST_F(ReviewsTest, ADaySignedLateWasMissedAllTheSame) {
  keep_up();
  advance(hours{12});
  events_.clock().advance(hours{25});
  EXPECT_EQ(sign_all("2026-11-22")->standing.state, DayState::Late);
  EXPECT_EQ(missed_events(), 0U);
  keep_up();
  EXPECT_EQ(missed_events(), 1U);
}

TEST_F(ReviewsTest, AManagerThatEndedWhileTellingTellsTheSame) {
  keep_up();
  advance(hours{36});
  EXPECT_EQ(missed_events(), 1U);
  {
    auto db = events_.tenants()->config(scope_).acquire().value();
    ASSERT_TRUE(db->execute("UPDATE review_days SET missed_told = NULL"));
  }
  keep_up();
  EXPECT_EQ(missed_events(), 1U) << "the same event, once";
}

TEST_F(ReviewsTest, DaysWithoutAManagerAreReviewedToo) {
  keep_up();
  advance(days{5});
  const auto list = reviews_.list(scope_, {3, ""}).value();
  ASSERT_EQ(list.items.size(), 3U);
  EXPECT_EQ(to_text(list.items[0].day), "2026-11-27");
  EXPECT_EQ(list.items[2].standing.state, DayState::Missed);
  const auto rest = reviews_.list(scope_, {10, *list.next_cursor}).value();
  EXPECT_EQ(rest.items.size(), 3U);
  EXPECT_FALSE(rest.next_cursor);
  EXPECT_EQ(missed_events(), 4U) << "the 22nd to the 25th; the 26th has until tomorrow";
}

TEST_F(ReviewsTest, LateEventsAreCountedAndNobodyHasSeenThem) {
  keep_up();
  ASSERT_TRUE(events_.ingest({{1, make_event(kNow)}}));
  advance(hours{12});
  ASSERT_TRUE(sign_all("2026-11-22"));
  ASSERT_TRUE(events_.ingest({{2, make_event(kNow + hours{1}, Severity::Critical)}}));
  advance(hours{1});
  const ReviewDay recounted = day("2026-11-22");
  EXPECT_EQ(recounted.standing.state, DayState::Recount);
  EXPECT_EQ(recounted.standing.late_events, 1);
  SignOffDraft draft;
  draft.is_whole_day = true;
  EXPECT_EQ(sign("2026-11-22", draft).error().code, ErrorCode::Conflict) << "they need a judgement of their own";
  EXPECT_EQ(sign_all("2026-11-22")->standing.state, DayState::Signed);
}

TEST_F(ReviewsTest, ASystemCountsOnTheDaysThatItWasEnrolled) {
  keep_up();
  roster_.push_back({make_id<AgentId>(kNow), "db-1", kNow + hours{13}});
  advance(hours{14});
  EXPECT_EQ(day("2026-11-22").systems, 2);
  roster_.clear();  // removed before the day was over
  advance(days{1});
  EXPECT_EQ(day("2026-11-23").systems, 3);
  EXPECT_EQ(day("2026-11-24").systems, 0);
  advance(days{1});
  EXPECT_EQ(day("2026-11-24").systems, 1);
}

TEST_F(ReviewsTest, DaysFollowTheTenantsZoneWithoutAGap) {
  keep_up();  // the 22nd, in UTC
  ASSERT_TRUE(reviews_.change_settings(scope_, {"Asia/Tokyo", 12}));
  EXPECT_EQ(reviews_.settings(scope_)->time_zone, "Asia/Tokyo");
  EXPECT_TRUE(reviews_.change_settings(scope_, {"Mars/Base", 12}).error().message.starts_with("/time_zone"));
  EXPECT_FALSE(reviews_.change_settings(scope_, {"UTC", 0}));
  advance(days{3});
  const ReviewDay first = day("2026-11-22");
  const ReviewDay second = day("2026-11-23");
  EXPECT_EQ(second.from, first.to);
  EXPECT_EQ(second.to - second.from, hours{15});
  EXPECT_EQ(second.deadline - second.to, hours{12});
  EXPECT_EQ(day("2026-11-24").to - day("2026-11-24").from, hours{24});
  EXPECT_EQ(audit_.list(scope_, {}).value().items.at(0).record.action, "review.settings");
}

TEST_F(ReviewsTest, ADayOfTwentyFiveHoursHasAllOfThem) {
  events_.clock().advance(Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 10 / 25}} + hours{6} - kNow);
  ASSERT_TRUE(reviews_.change_settings(scope_, {"Europe/Berlin", 24}));
  keep_up();
  const ReviewDay long_day = day("2026-10-25");
  EXPECT_EQ(long_day.to - long_day.from, hours{25});
  ASSERT_TRUE(events_.ingest({{1, make_event(long_day.to - std::chrono::minutes{1})}, {2, make_event(long_day.from)}}));
  advance(hours{24});
  EXPECT_EQ(day("2026-10-25").events, 2);
  EXPECT_EQ(systems("2026-10-25").at(0).summary.silent_hours, 23);
}

TEST_F(ReviewsTest, SystemsComePageByPageWithTheWorstFirst) {
  for (int i = 0; i < 5; ++i) roster_.push_back({make_id<AgentId>(kNow), "web", kNow});
  keep_up();
  ASSERT_TRUE(events_.ingest({{1, make_event(kNow)}}));
  advance(hours{12});
  std::vector<SystemReview> all;
  PageRequest page{2, ""};
  for (int pages = 0; pages < 5; ++pages) {
    const auto found = reviews_.systems(scope_, parse_day("2026-11-22").value(), {}, page).value();
    all.insert(all.end(), found.items.begin(), found.items.end());
    if (!found.next_cursor) break;
    page.cursor = *found.next_cursor;
  }
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all.front().result, TriageResult::Gap);
  EXPECT_EQ(all.back().result, TriageResult::Look);
  EXPECT_EQ(reviews_.systems(scope_, parse_day("2026-11-22").value(), TriageResult::Look, {})->items.size(), 1U);
  EXPECT_FALSE(reviews_.systems(scope_, parse_day("2026-11-22").value(), {}, {2, "bad"}));
}

}  // namespace
}  // namespace warder::manager
