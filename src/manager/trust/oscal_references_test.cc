// What the schemas cannot say of OSCAL's documents: that what one names is there, in it or in the one that it comes
// from.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "base/json.h"
#include "manager/trust/testing_oscal.h"

namespace warder::manager {
namespace {

using testing::OscalWorld;
using testing::read_oscal;
using testing::values_under;
using Names = std::vector<std::string>;

/// The objects of that rule, from all over the document.
std::vector<json::value> all_of(const json::value& document, std::string_view rule) {
  std::vector<json::value> found;
  for (const testing::OscalPlace& place : read_oscal(document).objects)
    if (place.rule == rule) found.push_back(document.at_pointer(place.pointer));
  return found;
}

Names members_of(const json::value& document, std::string_view rule, std::string_view key) {
  Names found;
  for (const json::value& each : all_of(document, rule))
    if (const json::value* member = find(each.as_object(), key)) found.emplace_back(member->as_string());
  return found;
}

Names twice_in(Names names) {
  std::ranges::sort(names);
  Names twice;
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == names[i - 1]) twice.push_back(names[i]);
  return twice;
}

Names missing_from(const Names& there, const Names& wanted) {
  Names missing;
  std::ranges::copy_if(wanted, std::back_inserter(missing),
                       [&](const std::string& each) { return std::ranges::find(there, each) == there.end(); });
  return missing;
}

/// What NIST's constraints ask within one document: identifiers are there once, "#…" is a resource of the back matter,
/// a resource says where it is, observations that are named are there, and a name without a namespace would be NIST's.
Names loose_ends(const json::value& document) {
  Names found = twice_in(values_under(document, "uuid"));
  const auto add = [&](const Names& more) { found.insert(found.end(), more.begin(), more.end()); };
  Names ids;
  for (const char* rule : {"control", "group", "part"})
    for (std::string& id : members_of(document, rule, "id")) ids.push_back(std::move(id));
  add(twice_in(std::move(ids)));
  Names local;
  for (const char* key : {"href", "source"})
    for (const std::string& reference : values_under(document, key))
      if (reference.starts_with('#')) local.push_back(reference.substr(1));
  const Names resources = members_of(document, "resource", "uuid");
  add(missing_from(resources, local));
  add(missing_from(local, resources));
  add(missing_from(members_of(document, "observation", "uuid"), values_under(document, "observation-uuid")));
  for (const json::value& resource : all_of(document, "resource"))
    if (!resource.as_object().contains("rlinks")) found.emplace_back("a resource is nowhere");
  for (const json::value& property : all_of(document, "property"))
    if (!property.as_object().contains("ns")) found.emplace_back("a property is in NIST's namespace");
  for (const json::value& item : all_of(document, "poam-item"))
    if (!item.as_object().contains("uuid")) found.emplace_back("an item has no uuid");
  for (const json::value& plan : all_of(document, "plan-of-action-and-milestones"))
    if (!plan.as_object().contains("system-id")) found.emplace_back("a plan is of no system");
  for (const json::value& control : all_of(document, "control"))
    if (members_of(json::object{{"catalog", {{"controls", json::array{control}}}}}, "part", "name") !=
        Names{"statement"})
      found.emplace_back("a control says nothing");
  return found;
}

Names property_values(const json::value& document, std::string_view name) {
  Names found;
  for (const json::value& property : all_of(document, "property"))
    if (property.at("name").as_string() == name) found.emplace_back(property.at("value").as_string());
  return found;
}

/// What the others say of controls and statements that the catalog does not have.
Names not_in_catalog(const json::value& catalog, const json::value& document) {
  const Names controls = members_of(catalog, "control", "id");
  Names found = missing_from(controls, values_under(document, "control-id"));
  for (const Names& more : {missing_from(members_of(catalog, "part", "id"), values_under(document, "target-id")),
                            missing_from(controls, property_values(document, "control"))})
    found.insert(found.end(), more.begin(), more.end());
  return found;
}

TEST(OscalReferences, NothingThatIsNamedIsMissing) {
  const OscalWorld world;
  const OscalWorld nothing({}, {}, {});
  for (const std::string_view name : testing::kOscalNames)
    for (const OscalWorld* each : {&world, &nothing}) {
      SCOPED_TRACE(name);
      EXPECT_EQ(loose_ends(each->make(name)), Names{});
      EXPECT_EQ(not_in_catalog(each->make("catalog"), each->make(name)), Names{});
    }
}

TEST(OscalReferences, TheProductsPromisesHoldTogether) {
  std::vector<Commitment> rows = load_commitments(WARDER_COMMITMENTS).value();
  LatestResults latest;
  for (const Commitment& row : rows)
    for (const std::string& id : row.checks)
      latest[id] = {id, testing::oscal_time(), Verdict::Fail, "", {}, std::ssize(latest)};
  const OscalWorld world(std::move(rows), {}, std::move(latest));
  for (const std::string_view name : testing::kOscalNames) {
    SCOPED_TRACE(name);
    EXPECT_EQ(loose_ends(world.make(name)), Names{});
    EXPECT_EQ(not_in_catalog(world.make("catalog"), world.make(name)), Names{});
  }
}

TEST(OscalReferences, LinksNameTheOtherDocumentsOfTheService) {
  const OscalWorld world;
  for (const std::string_view name : testing::kOscalNames)
    for (const std::string& href : members_of(world.make(name), "rlink", "href"))
      EXPECT_TRUE(oscal_document(href, {world.snapshot(), {}, "o", "1"}))
          << href << ", relative to where " << name << " is";
  EXPECT_EQ(members_of(world.make("component-definition"), "rlink", "href"), Names{"catalog"});
  EXPECT_EQ(members_of(world.make("assessment-results"), "rlink", "href"), Names{"component-definition"});
}

TEST(OscalReferences, ResultsCoverTheCatalogAndThePlanIsWhatTheyDoNotFindSatisfied) {
  const OscalWorld world;
  const json::value results = world.make("assessment-results");
  const Names controls = members_of(world.make("catalog"), "control", "id");
  EXPECT_EQ(members_of(results, "selected-control", "control-id"), controls);
  EXPECT_EQ(members_of(results, "finding", "title"), controls);
  Names open;
  for (const json::value& finding : all_of(results, "finding"))
    if (finding.at_pointer("/target/status/state") != "satisfied") open.emplace_back(finding.at("title").as_string());
  EXPECT_EQ(property_values(world.make("poam"), "control"), open);
}

TEST(OscalReferences, WhatIsLooseIsFound) {
  const OscalWorld world;
  const json::value other = "6ba7b810-9dad-51d1-80b4-00c04fd430c8";
  const json::value elsewhere = "#6ba7b810-9dad-51d1-80b4-00c04fd430c8";
  const std::string component = "/component-definition/components/0/control-implementations/0";
  const std::string resource = "/component-definition/back-matter/resources/0";
  const std::string result = "/assessment-results/results/0";
  const json::value definition = world.make("component-definition");
  const json::value nowhere = json::object{{"uuid", definition.at_pointer(resource).at("uuid")}};
  const json::value results = world.make("assessment-results");
  struct Case {
    std::string_view document;
    std::string pointer;
    json::value instead;
  };
  const std::vector<Case> cases = {
      {"catalog", "/catalog/groups/0/controls/1/id", "tc-1"},
      {"catalog", "/catalog/groups/0/controls/0/parts/0/id", "tc-2_smt"},
      {"catalog", "/catalog/groups/0/controls/0/parts/0/name", "guidance"},
      {"catalog", "/catalog/groups/0/controls/0/props/0", json::object{{"name", "kind"}, {"value", "technical"}}},
      {"component-definition", resource + "/uuid", other},
      {"component-definition", component + "/source", elsewhere},
      {"component-definition", resource, nowhere},
      {"assessment-results", "/assessment-results/import-ap/href", elsewhere},
      {"assessment-results", result + "/findings/0/related-observations/0/observation-uuid", other},
      {"assessment-results", result + "/observations/0/uuid", other},
      {"assessment-results", result + "/findings/1/uuid", results.at_pointer(result + "/findings/0/uuid")},
      {"poam", "/plan-of-action-and-milestones/poam-items/0", json::object{{"title", "a"}, {"description", "b"}}}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.pointer);
    json::value document = world.make(each.document);
    document.at_pointer(each.pointer) = each.instead;
    EXPECT_EQ(read_oscal(document).violations, Names{}) << "the schema takes it";
    EXPECT_NE(loose_ends(document), Names{});
  }
  json::value plan = world.make("poam");
  plan.at("plan-of-action-and-milestones").as_object().erase("system-id");
  EXPECT_EQ(loose_ends(plan), Names{"a plan is of no system"});
  for (const auto& [name, pointer] : std::vector<std::pair<std::string, std::string>>{
           {"assessment-results", result + "/findings/0/target/target-id"},
           {"assessment-results", result + "/reviewed-controls/control-selections/0/include-controls/0/control-id"},
           {"component-definition", component + "/implemented-requirements/0/control-id"},
           {"poam", "/plan-of-action-and-milestones/poam-items/0/props/0/value"}}) {
    json::value document = world.make(name);
    document.at_pointer(pointer) = "tc-99";
    EXPECT_EQ(not_in_catalog(world.make("catalog"), document), Names{"tc-99"}) << pointer;
  }
}

}  // namespace
}  // namespace warder::manager
