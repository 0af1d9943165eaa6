// Events as somebody with a part of the fleet gets them.
#include <gtest/gtest.h>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

class EventReach : public ::testing::Test {
 protected:
  EventReach() {
    EventStoreOptions options;
    options.reached_agents = [this](const TenantScope&) -> Result<std::set<AgentId>> { return reached_; };
    events_.reopen(options);
    EXPECT_TRUE(events_.ingest(make_sequence(1, 3)));
    mine_ = events_.agent();
    AgentRef other{AgentId{UuidGenerator{fill_random}.next(kNow)}, "db-1"};
    EXPECT_TRUE(events_->ingest(events_.scope(), other, epoch(2), make_sequence(1, 5), {}));
    EXPECT_TRUE(events_->record(events_.scope(), make_event(kNow)));  // the manager's own
    reached_ = {mine_.id};
  }
  TenantScope part() {
    return ScopeMaker(*events_.tenants()).make(events_.scope().tenant(), "user:2", {{}, Reach{}, {}}).value();
  }
  std::int64_t total(const TenantScope& scope) { return events_->facets(scope, {}, {}, 1).value().total; }

  std::set<AgentId> reached_;
  TestEvents events_;
  AgentRef mine_;
};

TEST_F(EventReach, ListsAndCountsEndWithTheScope) {
  EXPECT_EQ(total(events_.scope()), 9);
  EXPECT_EQ(total(part()), 3);
  const EventPage page = events_->list(part(), {}, 2, "").value();
  ASSERT_TRUE(page.next_cursor);
  const EventPage rest = events_->list(part(), {}, 2, *page.next_cursor).value();
  EXPECT_EQ(page.items.size() + rest.items.size(), 3U);
  EXPECT_FALSE(rest.next_cursor);
  for (const StoredEvent& stored : page.items) EXPECT_EQ(stored.agent, mine_.id);

  std::int64_t in_histogram = 0;
  const EventHistogram histogram = events_->histogram(part(), {}, 10).value();
  for (const HistogramBucket& bucket : histogram.buckets)
    for (const auto& [severity, count] : bucket.counts) in_histogram += count;
  EXPECT_EQ(in_histogram, 3);
  EXPECT_EQ(events_->count_by_severity(part(), kNow - std::chrono::hours(24)).value().at(Severity::Low), 3);
  EXPECT_EQ(events_->received_since(part(), {}, kNow - std::chrono::hours(1), 100).value().size(), 3U);
}

TEST_F(EventReach, OneOutsideLooksAsIfItWereNotThere) {
  const TenantScope scope = part();
  for (const StoredEvent& stored : events_.all()) {
    const auto found = events_->find(scope, stored.event.id);
    EXPECT_EQ(found.has_value(), stored.agent == mine_.id);
    if (found) continue;
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
  }
  EXPECT_NE(scope.refusal().find("outside of the assigned scope"), std::string::npos);
}

TEST_F(EventReach, AFollowerGetsWhatIsInside) {
  const auto follower = events_->follow(part(), {}).value();
  const auto whole = events_->follow(events_.scope(), {}).value();
  ASSERT_TRUE(events_->record(events_.scope(), make_event(kNow)));
  ASSERT_TRUE(events_.ingest(make_sequence(4, 4)));
  EXPECT_EQ(follower->take().events.size(), 1U);
  EXPECT_EQ(whole->take().events.size(), 2U);
}

TEST_F(EventReach, NoneAndVeryManyAgentsAreNoSpecialCase) {
  reached_.clear();
  EXPECT_EQ(total(part()), 0);
  EXPECT_TRUE(events_->list(part(), {}, 10, "").value().items.empty());
  for (int i = 0; i < 1000; ++i) reached_.insert(AgentId{UuidGenerator{fill_random}.next(kNow)});
  EXPECT_EQ(total(part()), 0);
  reached_.insert(mine_.id);
  EXPECT_EQ(total(part()), 3);
  EXPECT_EQ(events_->list(part(), {}, 10, "").value().items.size(), 3U);
}

TEST_F(EventReach, WithoutAnybodyToAskNothingIsReached) {
  events_.reopen(EventStoreOptions{});
  EXPECT_EQ(total(part()), 0);
  EXPECT_EQ(total(events_.scope()), 9);
}

}  // namespace
}  // namespace warder::manager
