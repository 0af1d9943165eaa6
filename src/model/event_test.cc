#include "model/event.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/event_fields.h"

namespace warder {
namespace {

TEST(EventNames, AreReadBack) {
  for (const ModuleKind module : kModuleKinds) EXPECT_EQ(parse_module(name(module)).value(), module);
  for (const Severity severity : kSeverities) EXPECT_EQ(parse_severity(name(severity)).value(), severity);
  for (const Action action : kActions) EXPECT_EQ(parse_action(name(action)).value(), action);
  EXPECT_EQ(parse_severity("High").error().message,
            "severity \"High\" is not one of info, low, medium, high, critical");
  EXPECT_FALSE(parse_module(""));
  EXPECT_FALSE(parse_action("unknown"));
}

TEST(Event, KeepsFieldsInKeyOrderAndOnce) {
  Event event;
  event.set("file.path", "/a");
  event.set("count", std::int64_t{1});
  event.set("file.path", "/b");
  event.set("truncated", true);
  ASSERT_EQ(event.fields.size(), 3U);
  EXPECT_TRUE(std::is_sorted(event.fields.begin(), event.fields.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; }));
  EXPECT_EQ(std::get<std::string>(*event.find("file.path")), "/b");
  EXPECT_EQ(event.find("file.size"), nullptr);
}

TEST(EventFields, AreSortedUniqueAndDocumented) {
  const auto rows = event_fields();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i].key);
    EXPECT_TRUE(i == 0 || rows[i - 1].key < rows[i].key);
    EXPECT_FALSE(rows[i].doc.empty());
    EXPECT_EQ(rows[i].key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._"), std::string_view::npos);
    EXPECT_EQ(find_event_field(rows[i].key), &rows[i]);
  }
  EXPECT_EQ(find_event_field("no.such"), nullptr);
  EXPECT_EQ(find_event_field(""), nullptr);
}

TEST(EventFields, SayWhichArePersonal) {
  EXPECT_EQ(find_event_field("user.login_name")->personal_data, PersonalData::Identifier);
  EXPECT_EQ(find_event_field("process.command_line")->personal_data, PersonalData::Content);
  EXPECT_EQ(find_event_field("file.hash.sha256")->personal_data, PersonalData::None);
}

}  // namespace
}  // namespace warder
