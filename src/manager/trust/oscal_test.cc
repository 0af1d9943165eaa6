#include "manager/trust/oscal.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "base/json.h"

namespace warder::manager {
namespace {

constexpr std::string_view kRows = R"(
- {id: tc-1, kind: technical, en: One., ja: あ。, owner: security, checks: [a], pci: ["4.2.1"]}
- {id: tc-2, kind: technical, en: Two., ja: い。, owner: security, checks: [a, b]}
- {id: tc-3, kind: organisational, en: Three., ja: う。, owner: people, evidence: 365d}
- {id: tc-4, kind: statement, en: Four., ja: え。, owner: security}
- {id: tc-5, kind: technical, en: Five., ja: お。, owner: security, checks: [], unmeasured: build}
)";
constexpr std::string_view kNames[] = {"catalog", "component-definition", "assessment-results", "poam"};

/// Everything that the published schemas ask of these documents and that a walk over any JSON can tell: identifiers,
/// times, tokens, no empty list and no empty text.
void walk(const json::value& value, const std::string& at, std::set<std::string>& uuids) {
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  static const std::regex time("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z");
  static const std::regex token("[A-Za-z_][A-Za-z0-9._-]*");
  if (value.is_array()) {
    EXPECT_FALSE(value.as_array().empty()) << at;
    for (const json::value& each : value.as_array()) walk(each, at, uuids);
    return;
  }
  if (!value.is_object()) {
    EXPECT_TRUE(value.is_string() && !value.as_string().empty()) << at;
    return;
  }
  for (const auto& [key, member] : value.as_object()) {
    const std::string place = at + "/" + std::string(key);
    walk(member, place, uuids);
    const std::string text = member.is_string() ? std::string(member.as_string()) : "";
    if (key == "uuid") {
      EXPECT_TRUE(std::regex_match(text, uuid)) << place << " " << text;
      EXPECT_TRUE(uuids.insert(text).second) << place << " is there twice";
    }
    if (key == "collected" || key == "expires" || key == "start" || key == "end" || key == "last-modified") {
      EXPECT_TRUE(std::regex_match(text, time)) << place << " " << text;
    }
    if (key == "control-id" || key == "target-id" || key == "id" || key == "name") {
      EXPECT_TRUE(at.ends_with("system-id") || std::regex_match(text, token)) << place << " " << text;
    }
  }
}

class OscalTest : public ::testing::Test {
 protected:
  OscalTest() {
    snapshot_.time = Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27}};
    snapshot_.results["a"] = {"a", snapshot_.time - std::chrono::minutes(5), Verdict::Pass, "secret", {}, 7};
    snapshot_.results["b"] = {"b", snapshot_.time - std::chrono::minutes(9), Verdict::Fail, "secret", {}, 8};
    for (const Commitment& row : rows_)
      snapshot_.lines.push_back({&row, assess(row, snapshot_.results, {}, snapshot_.time)});
  }
  json::object make(std::string_view name) const {
    return oscal_document(name, {snapshot_, checks_, "warder.example/1", "1.2.3"}).value();
  }

  std::vector<Commitment> rows_ = parse_commitments("security", kRows).value();
  std::vector<Check> checks_ = {{"a", "A is looked at.", "ア", {}}, {"b", "B is looked at.", "イ", {}}};
  TrustSnapshot snapshot_;
};

TEST_F(OscalTest, EveryDocumentHasWhatTheSchemasAskFor) {
  for (const std::string_view name : kNames) {
    SCOPED_TRACE(name);
    const json::object document = make(name);
    ASSERT_EQ(document.size(), 1U);
    const json::object& body = document.begin()->value().as_object();
    std::set<std::string> uuids;
    walk(body, "", uuids);
    EXPECT_TRUE(body.contains("uuid"));
    for (const char* key : {"title", "last-modified", "version", "oscal-version"})
      EXPECT_TRUE(body.at("metadata").as_object().contains(key)) << key;
    EXPECT_EQ(json::serialize(document).find("secret"), std::string::npos) << "details are for operators";
    EXPECT_EQ(make(name), document) << "the same every time";
  }
  EXPECT_EQ(oscal_document("ssp", {snapshot_, checks_, "", ""}).error().code, ErrorCode::NotFound);
}

TEST_F(OscalTest, FindingsSayWhatBecameOfEachPromiseAndOnWhatItRests) {
  const json::object document = make("assessment-results");
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
  std::set<std::string> known;
  for (const json::value& each : result.at("observations").as_array()) known.emplace(each.at("uuid").as_string());
  for (const json::value& each : result.at("findings").at(1).at("related-observations").as_array())
    EXPECT_TRUE(known.contains(std::string(each.at("observation-uuid").as_string())));
  EXPECT_TRUE(result.at("observations").at(0).at("expires").as_string().starts_with("2026-11-27T02:55:00"));
}

TEST_F(OscalTest, ThePlanHasWhatIsOpenAndIsNeverEmpty) {
  EXPECT_EQ(make("poam").at("plan-of-action-and-milestones").at("poam-items").as_array().size(), 3U);
  rows_.resize(1);
  snapshot_.lines.resize(1);
  snapshot_.lines[0].commitment = rows_.data();
  const json::object closed = make("poam");
  EXPECT_EQ(closed.at("plan-of-action-and-milestones").at("poam-items").at(0).at("title").as_string(),
            "Nothing is open");
}

}  // namespace
}  // namespace warder::manager
