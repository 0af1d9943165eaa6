#include <gtest/gtest.h>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

class ExplainTest : public ::testing::Test {
 protected:
  EventId store(Event event) {
    const EventId id = event.id;
    EXPECT_TRUE(events_.ingest({{++sequence_, std::move(event)}}));
    return id;
  }
  std::string text(const StoredEvent& stored, std::string_view key) {
    const EventValue* value = stored.event.find(key);
    return value == nullptr ? "" : std::get<std::string>(*value);
  }
  TestEvents events_;
  std::uint64_t sequence_ = 0;
};

TEST_F(ExplainTest, AnExplainedChangeIsKeptAndQuiet) {
  const EventId id = store(make_event(kNow - std::chrono::hours(30), Severity::High));
  store(make_event(kNow - std::chrono::hours(30), Severity::High));
  const auto answer = events_->explain(events_.scope(), id, {"approval of ann", "rolled out today", {}});
  ASSERT_TRUE(answer) << answer.error().message;
  events_.reopen();
  const StoredEvent stored = events_->find(events_.scope(), id).value();
  EXPECT_EQ(stored.event, answer->event);
  EXPECT_EQ(stored.event.severity, Severity::Info);
  EXPECT_EQ(text(stored, "change.explained_by"), "approval of ann");
  EXPECT_EQ(text(stored, "change.explained_reason"), "rolled out today");
  EXPECT_EQ(text(stored, "change.severity_was"), "high");
  EXPECT_EQ(text(stored, "file.path"), "/etc/passwd");
  const auto counts = events_->count_by_severity(events_.scope(), kNow - std::chrono::hours(48)).value();
  EXPECT_EQ(counts.at(Severity::Info), 1);
  EXPECT_EQ(counts.at(Severity::High), 1) << "the rollups go with it";
  EXPECT_EQ(events_.all(parse_filter("change.explained_by:*").value()).size(), 1U);
}

TEST_F(ExplainTest, IsDoneOnceAndForChangesOnly) {
  const EventId id = store(make_event(kNow));
  Event other = make_event(kNow);
  other.type = "integrity.watch.overflow";
  const EventId overflow = store(other);
  EXPECT_TRUE(events_->explain(events_.scope(), id, {"a", "b", {}}));
  EXPECT_EQ(events_->explain(events_.scope(), id, {"a", "b", {}}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(events_->explain(events_.scope(), overflow, {"a", "b", {}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(events_->explain(events_.scope(), EventId{}, {"a", "b", {}}).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
