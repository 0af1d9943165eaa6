#include "manager/trust/oscal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>

#include "base/json.h"
#include "manager/trust/testing_oscal.h"

namespace warder::manager {
namespace {

using testing::kOscalNames;
using testing::oscal_time;
using testing::OscalWorld;

void expect_valid(const OscalWorld& world) {
  for (const std::string_view name : kOscalNames) {
    SCOPED_TRACE(name);
    const json::value document = world.make(name);
    EXPECT_EQ(testing::read_oscal(document).violations, std::vector<std::string>{});
    for (const char* key : {"title", "description", "prose", "remarks"})
      for (const std::string& text : testing::values_under(document, key)) EXPECT_FALSE(text.empty()) << key;
  }
}

/// The product's own promises, with the same result of all their checks, so old.
OscalWorld real(std::optional<Verdict> verdict, std::chrono::seconds age) {
  std::vector<Commitment> rows = load_commitments(WARDER_COMMITMENTS).value();
  std::vector<Check> checks;
  LatestResults latest;
  for (const Commitment& row : rows)
    for (const std::string& id : row.checks) {
      if (latest.contains(id)) continue;
      checks.push_back({id, "What " + id + " looks at.", "", {}});
      latest[id] = {id, oscal_time() - age, verdict.value_or(Verdict::Pass), "", {}, 1};
    }
  if (!verdict) latest.clear();
  return {std::move(rows), std::move(checks), std::move(latest)};
}

TEST(Oscal, DocumentsAreAsTheSchemasWantThem) {
  const OscalWorld world;
  expect_valid(world);
  for (const std::string_view name : kOscalNames) {
    EXPECT_EQ(json::serialize(world.make(name)).find("secret"), std::string::npos) << "details are for operators";
    EXPECT_EQ(world.make(name), world.make(name)) << "the same every time";
  }
  EXPECT_EQ(oscal_document("ssp", {world.snapshot(), {}, "", ""}).error().code, ErrorCode::NotFound);
}

TEST(Oscal, TheProductsPromisesAreInWhateverBecomesOfThem) {
  expect_valid(real(std::nullopt, {}));
  for (const Verdict verdict : {Verdict::Pass, Verdict::Fail, Verdict::Unknown})
    for (const auto age : {std::chrono::hours(0), std::chrono::hours(999), std::chrono::hours(-1)})
      expect_valid(real(verdict, age));
}

TEST(Oscal, WithoutPromisesNoListIsEmpty) {
  expect_valid(OscalWorld({}, {}, {}));
  expect_valid(OscalWorld(parse_commitments("faq", "- {id: tc-4, kind: statement, en: F., ja: え。, owner: o}").value(),
                          {}, {}));
}

TEST(Oscal, ACheckThatIsGoneIsNamed) {
  const OscalWorld before;
  const OscalWorld world(before.rows(), {}, before.snapshot().results);
  expect_valid(world);
  const json::value document = world.make("component-definition");
  EXPECT_EQ(testing::values_under(document, "description").back(), "a b");
}

TEST(Oscal, FindingsSayWhatBecameOfEachPromiseAndOnWhatItRests) {
  const json::value document = OscalWorld().make("assessment-results");
  const json::value& result = document.at("assessment-results").at("results").at(0);
  ASSERT_EQ(result.at("findings").as_array().size(), 4U) << "a statement is no control";
  std::map<std::string, std::string> states;
  for (const json::value& each : result.at("findings").as_array())
    states[std::string(each.at("title").as_string())] =
        std::string(each.at("target").at("status").at("state").as_string());
  EXPECT_EQ(
      states,
      (std::map<std::string, std::string>{
          {"tc-1", "satisfied"}, {"tc-2", "not-satisfied"}, {"tc-3", "not-satisfied"}, {"tc-5", "not-satisfied"}}));
  EXPECT_EQ(result.at("findings").at(1).at("related-observations").as_array().size(), 2U);
  EXPECT_TRUE(result.at("observations").at(0).at("expires").as_string().starts_with("2026-11-27T02:55:00"));
}

TEST(Oscal, ThePlanHasWhatIsOpenAndIsNeverEmpty) {
  const OscalWorld world;
  EXPECT_EQ(world.make("poam").at("plan-of-action-and-milestones").at("poam-items").as_array().size(), 3U);
  const OscalWorld kept({world.rows().front()}, {}, world.snapshot().results);
  EXPECT_EQ(testing::values_under(kept.make("poam").at("plan-of-action-and-milestones").at("poam-items"), "title"),
            std::vector<std::string>{"Nothing is open"});
  expect_valid(kept);
}

}  // namespace
}  // namespace warder::manager
