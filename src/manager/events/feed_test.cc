#include <gtest/gtest.h>

#include <algorithm>

#include "manager/events/export.h"
#include "manager/events/spool_places.h"
#include "manager/events/testing.h"
#include "model/messages.h"

namespace warder::manager {
namespace {

TEST(EventFeed, BringsWhatMatchesInTheOrderOfStoring) {
  TestEvents events;
  const auto follower = events.feed().follow(events.scope(), parse_filter("severity>=high").value());
  auto batch = make_sequence(1, 4);
  batch[1].event.severity = Severity::High;
  batch[3].event.severity = Severity::Critical;
  ASSERT_TRUE(events.ingest(batch));
  ASSERT_TRUE(events.ingest(batch));  // nothing new
  const auto brought = follower->take();
  ASSERT_EQ(brought.events.size(), 2U);
  EXPECT_EQ(brought.events[0]->event, batch[1].event);
  EXPECT_EQ(brought.events[1]->event, batch[3].event);
  EXPECT_EQ(brought.dropped, 0U);
  EXPECT_TRUE(follower->take().events.empty());
}

TEST(EventFeed, ASlowFollowerLosesTheOldestAndIsToldHowMany) {
  TestEvents events;
  const auto follower = events.feed().follow(events.scope(), {}, 3);
  const auto batch = make_sequence(1, 10);
  ASSERT_TRUE(events.ingest(batch));
  const auto brought = follower->take();
  EXPECT_EQ(brought.dropped, 7U);
  ASSERT_EQ(brought.events.size(), 3U);
  EXPECT_EQ(brought.events[2]->event.id, batch[9].event.id);
  EXPECT_EQ(follower->take().dropped, 0U);
}

TEST(EventFeed, TenantsDoNotSeeEachOther) {
  TestEvents events;
  const auto other = events.tenants()->add("other", kNow);
  const auto follower = events.feed().follow(events.tenants().scope_of(other->id), {});
  ASSERT_TRUE(events.ingest(make_sequence(1, 2)));
  EXPECT_TRUE(follower->take().events.empty());
  EXPECT_TRUE(events->list(events.tenants().scope_of(other->id), {}, 10, "")->items.empty());
}

TEST(EventFeed, ForgetsWhoIsGoneAndWakesWhoWaits) {
  TestEvents events;
  auto follower = events.feed().follow(events.scope(), {});
  EXPECT_EQ(events.feed().followers(), 1U);
  follower.reset();
  EXPECT_EQ(events.feed().followers(), 0U);
  ASSERT_TRUE(events.ingest(make_sequence(1, 1)));
  const std::uint64_t seen = events.feed().wait(0, std::chrono::hours{1});
  EXPECT_EQ(seen, 1U);
  events.feed().stop();
  EXPECT_EQ(events.feed().wait(seen, std::chrono::hours{1}), 1U);
}

TEST(SpoolAdvance, PassesOnlyWhatIsKnownOrExplained) {
  struct Case {
    std::string_view name;
    SpoolPlace from;
    std::vector<std::uint64_t> sequences;
    std::vector<LossRange> losses;
    std::uint64_t reached;
    std::size_t unexplained;
  };
  const std::vector<Case> cases = {
      {"in order", {}, {1, 2, 3}, {}, 3, 0},
      {"repeats", {2, {}}, {1, 2, 2, 3, 3}, {}, 3, 0},
      {"gap", {}, {1, 3}, {}, 1, 0},
      {"gap again", {1, {{2, 3}}}, {3, 4}, {}, 4, 1},
      {"another gap", {1, {{2, 4}}}, {3, 4}, {}, 1, 0},
      {"explained", {}, {1, 5}, {{2, 4, 3, {}}}, 5, 0},
      {"explained by two", {}, {5}, {{1, 2, 2, {}}, {3, 4, 2, {}}}, 5, 0},
      {"half explained", {}, {5}, {{2, 4, 3, {}}}, 0, 0},
      {"overlapping", {}, {9}, {{1, 5, 5, {}}, {2, 8, 7, {}}}, 9, 0},
      {"whole loss behind", {}, {1}, {{2, 4, 3, {}}}, 4, 0},
      {"partial loss behind", {}, {1}, {{2, 4, 2, {}}}, 1, 0},
      {"nothing", {7, {}}, {}, {}, 7, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const SpoolAdvance result = advance(c.from, c.sequences, c.losses);
    EXPECT_EQ(result.place.acknowledged, c.reached);
    EXPECT_EQ(result.unexplained.size(), c.unexplained);
  }
}

TEST(Export, ACsvCellIsNoFormulaAndIsQuoted) {
  Messages messages;
  ASSERT_TRUE(messages.add("en", R"({"integrity.file.updated": "=cmd|' /C calc'!A0 {file.path}"})"));
  StoredEvent stored{make_event(kNow), kNow, std::nullopt, "@host\"x"};
  stored.event.rule = "+1";
  stored.tags = {"=a", "b"};
  const std::string line = csv_line(stored, messages, "en");
  EXPECT_NE(line.find(R"(,"'@host""x",)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"(,"'+1",)"), std::string::npos);
  EXPECT_NE(line.find(R"(,"'=a, b",)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"(,"'=cmd|)"), std::string::npos);
  EXPECT_NE(line.find(R"(""file.path"":""/etc/passwd"")"), std::string::npos) << line;
  EXPECT_TRUE(line.ends_with("\"\r\n"));
  EXPECT_EQ(std::ranges::count(csv_head(), ','), 13);
}

TEST(Export, AJsonLineIsTheEventOfTheContract) {
  const Messages messages;
  const std::string line = jsonl_line({make_event(kNow), kNow, std::nullopt, "h"}, messages, "en");
  EXPECT_NE(line.find(R"("agent_id":null,"host":"h","module":"integrity")"), std::string::npos) << line;
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
}

}  // namespace
}  // namespace warder::manager
