#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "manager/events/testing.h"

namespace warder::manager {
namespace {

std::vector<const FilterField*> fields(std::initializer_list<std::string_view> keys) {
  std::vector<const FilterField*> list;
  for (const std::string_view key : keys) list.push_back(find_filter_field(key));
  return list;
}

SequencedEvent event(std::uint64_t sequence, std::chrono::minutes ago, const std::string& path, Severity severity) {
  Event made = make_event(kNow - ago, severity);
  made.set("file.path", path);
  return {sequence, made};
}

TEST(EventGroups, FoldWhatRepeats) {
  TestEvents events;
  constexpr std::chrono::minutes kMonth{60 * 24 * 30};
  ASSERT_TRUE(events.ingest({event(1, kMonth, "/etc/passwd", Severity::Low),
                             event(2, std::chrono::minutes{9}, "/etc/passwd", Severity::High),
                             event(3, std::chrono::minutes{5}, "/etc/group", Severity::Critical),
                             event(4, std::chrono::minutes{7}, "/etc/passwd", Severity::Low)}));
  const auto by = fields({"host.name", "file.path"});
  const EventGroups found = events->groups(events.scope(), {}, by, {}).value();
  ASSERT_EQ(found.total, 2);
  const EventGroup& most = found.groups[0];
  EXPECT_EQ(most.values[0], FilterValue{"web-1"});
  EXPECT_EQ(most.values[1], FilterValue{"/etc/passwd"});
  EXPECT_EQ(most.count, 3);
  EXPECT_EQ(most.first, kNow - kMonth);
  EXPECT_EQ(most.last, kNow - std::chrono::minutes{7});
  EXPECT_EQ(most.highest, Severity::High);
  const auto first = [&](GroupOrder order) {
    return events->groups(events.scope(), {}, by, {1, order}).value().groups.at(0).values[1];
  };
  EXPECT_EQ(first(GroupOrder::Last), FilterValue{"/etc/group"});
  EXPECT_EQ(first(GroupOrder::Severity), FilterValue{"/etc/group"});
  EXPECT_EQ(first(GroupOrder::Count), FilterValue{"/etc/passwd"});
}

TEST(EventGroups, TellAbsentValuesFromEmptyOnesAndWordsFromNumbers) {
  TestEvents events;
  ASSERT_TRUE(events.ingest({event(1, std::chrono::minutes{1}, "", Severity::Low)}));
  const auto by = fields({"severity", "file.path", "process.name", "agent"});
  const EventGroups found = events->groups(events.scope(), {}, by, {}).value();
  ASSERT_EQ(found.groups.size(), 1U);
  EXPECT_EQ(found.groups[0].values[0], FilterValue{"low"});
  EXPECT_EQ(found.groups[0].values[1], FilterValue{""});
  EXPECT_EQ(found.groups[0].values[2], std::nullopt);
  EXPECT_EQ(found.groups[0].values[3], FilterValue{events.agent().id.text()});
}

TEST(EventGroups, AreOfWhatMatches) {
  TestEvents events;
  ASSERT_TRUE(events.ingest({event(1, std::chrono::minutes{9}, "/a", Severity::Low),
                             event(2, std::chrono::minutes{5}, "/a", Severity::High)}));
  EventSelection selection{parse_filter("severity=high").value(), {}, {}};
  EXPECT_EQ(events->groups(events.scope(), selection, fields({"file.path"}), {}).value().groups.at(0).count, 1);
  selection = {{}, {}, kNow - std::chrono::minutes{6}};
  EXPECT_EQ(events->groups(events.scope(), selection, fields({"file.path"}), {}).value().groups.at(0).count, 1);
}

/// The same as counting one by one.
RC_GTEST_PROP(EventGroupsProperty, CountEachEventOnce, ()) {
  TestEvents events;
  std::vector<SequencedEvent> batch;
  std::map<std::pair<std::string, Severity>, std::int64_t> expected;
  const auto count = *rc::gen::inRange<std::uint64_t>(1, 40);
  for (std::uint64_t i = 1; i <= count; ++i) {
    const std::string path(*rc::gen::inRange<std::size_t>(0, 4), 'x');
    const auto severity = static_cast<Severity>(*rc::gen::inRange(0, 3));
    ++expected[{path, severity}];
    batch.push_back(event(i, std::chrono::minutes{*rc::gen::inRange(0, 200'000)}, path, severity));
  }
  RC_ASSERT(events.ingest(batch).has_value());
  const auto found = events->groups(events.scope(), {}, fields({"file.path", "severity"}), {1000}).value();
  RC_ASSERT(found.groups.size() == expected.size());
  for (const EventGroup& group : found.groups) {
    const std::pair key{std::get<std::string>(*group.values[0]), group.highest};
    RC_ASSERT(expected.at(key) == group.count);
  }
}

}  // namespace
}  // namespace warder::manager
