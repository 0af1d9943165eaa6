// That the rules for OSCAL's documents bite: whatever is broken in one is reported, where it is.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/json.h"
#include "manager/trust/testing_oscal.h"

namespace warder::manager {
namespace {

using testing::oscal_objects;
using testing::OscalPlace;
using testing::OscalWorld;
using testing::read_oscal;
using Violations = std::vector<std::string>;

/// Every document, of promises and of none.
const std::vector<json::value>& documents() {
  static const std::vector<json::value> all = [] {
    const OscalWorld world;
    const OscalWorld nothing({}, {}, {});
    std::vector<json::value> made;
    for (const std::string_view name : testing::kOscalNames) {
      made.push_back(world.make(name));
      made.push_back(nothing.make(name));
    }
    return made;
  }();
  return all;
}

/// What is reported when that place holds something else.
Violations with(json::value document, const std::string& pointer, const json::value& instead) {
  document.at_pointer(pointer) = instead;
  return read_oscal(document).violations;
}

TEST(OscalRules, EachIsOfADocumentThatWeWrite) {
  std::set<std::string> used;
  std::set<std::string> all;
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).objects) used.insert(place.rule);
  for (const auto& [name, members] : oscal_objects()) all.insert(name);
  EXPECT_EQ(used, all) << "a rule that no document comes under is not tried";
}

TEST(OscalRules, AMemberThatHasToBeThereIsMissed) {
  std::size_t removed = 0;
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).objects)
      for (const auto& [name, member] : oscal_objects().at(place.rule)) {
        if (!member.is_needed) continue;
        json::value without = document.at_pointer(place.pointer);
        without.as_object().erase(name);
        EXPECT_EQ(with(document, place.pointer, without), Violations{place.pointer + ": has no " + name});
        ++removed;
      }
  EXPECT_GT(removed, 200U);
}

TEST(OscalRules, AMemberThatIsNotKnownIsSeen) {
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).objects)
      for (const char* name : {"x", "Title", "severity"}) {
        json::value more = document.at_pointer(place.pointer);
        more.as_object()[name] = "y";
        EXPECT_EQ(with(document, place.pointer, more), Violations{place.pointer + "/" + name + ": is not known"});
      }
}

TEST(OscalRules, AMemberThatTheyDoNotDescribeIsSeen) {
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).objects)
      for (const auto& [name, member] : oscal_objects().at(place.rule)) {
        if (member.is_described) continue;
        json::value more = document.at_pointer(place.pointer);
        more.as_object()[name] = json::array{"y"};
        EXPECT_EQ(with(document, place.pointer, more).size(), 1U) << place.pointer << "/" << name;
      }
}

TEST(OscalRules, AListIsAListAndNotEmpty) {
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).lists)
      for (const json::value& bad : {json::value(json::array{}), json::value("text"), json::value(json::object{})})
        EXPECT_EQ(with(document, place.pointer, bad), Violations{place.pointer + ": is no list of one or more"});
}

TEST(OscalRules, AnObjectIsAnObject) {
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).objects)
      for (const json::value& bad : {json::value("text"), json::value(nullptr), json::value(json::array{"y"})})
        EXPECT_EQ(with(document, place.pointer, bad), Violations{place.pointer + ": is no object"});
}

TEST(OscalRules, AValueIsOfItsDatatype) {
  const std::map<std::string, std::vector<std::string>> wrong = {
      {"uuid",
       {"", "tc-1", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-51d1-c0b4-00c04fd430c8",
        "{6ba7b810-9dad-51d1-80b4-00c04fd430c8}"}},
      {"token", {"", "1a", "-a", "a b", "a:b", "a/b"}},
      {"time",
       {"", "2026-11-27", "2026-11-27T00:00:00", "2026-11-27 00:00:00Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-27T24:00:00Z", "2026-11-27T00:60:00Z", "1826-11-27T00:00:00Z"}},
      {"uri", {"", "trust", "a:b", "//host", "urn:a b"}},
      {"uri-reference", {"", "a b", "<a>"}},
      {"line", {"", "a\nb"}},
      {"string", {"", " ", " a", "a ", "a\nb"}},
      {"text", {}},
      {"statement-id|objective-id", {"", "statement", "statement-id|objective-id"}},
      {"satisfied|not-satisfied", {"", "pass", "Satisfied"}}};
  std::set<std::string> tried;
  for (const json::value& document : documents())
    for (const OscalPlace& place : read_oscal(document).values) {
      ASSERT_TRUE(wrong.contains(place.rule)) << place.rule;
      std::vector<json::value> bad = {nullptr, 7, true, json::object{}};
      for (const std::string& text : wrong.at(place.rule)) bad.emplace_back(text);
      for (const json::value& each : bad)
        EXPECT_EQ(with(document, place.pointer, each), Violations{place.pointer + ": is no " + place.rule}) << each;
      tried.insert(place.rule);
    }
  EXPECT_EQ(tried.size(), wrong.size());
}

TEST(OscalRules, WhatExcludesEachOtherIsNotThereTogether) {
  const json::value catalog = documents().front();
  const std::string group = "/catalog/groups/0";
  json::value both = catalog.at_pointer(group);
  both.as_object()["groups"] = json::array{catalog.at_pointer(group)};
  EXPECT_EQ(with(catalog, group, both), Violations{group + ": has more than one of what exclude each other"});

  const json::value results = OscalWorld().make("assessment-results");
  const std::string selection = "/assessment-results/results/0/reviewed-controls/control-selections/0";
  both = results.at_pointer(selection);
  both.as_object()["include-all"] = json::object{};
  EXPECT_EQ(with(results, selection, both), Violations{selection + ": has more than one of what exclude each other"});
  EXPECT_EQ(with(results, selection, json::object{}), Violations{selection + ": has none of what it has one of"});

  json::value two = catalog;
  two.as_object()["plan-of-action-and-milestones"] = OscalWorld().make("poam").at("plan-of-action-and-milestones");
  EXPECT_EQ(read_oscal(two).violations, Violations{": has more than one of what exclude each other"});
  EXPECT_EQ(read_oscal(json::object{}).violations, Violations{": has none of what it has one of"});
}

}  // namespace
}  // namespace warder::manager
