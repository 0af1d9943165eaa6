#include "manager/trust/measures.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

const Timestamp kNow = from_micros(1'790'000'000'000'000);

constexpr std::string_view kRows = R"(
- {id: tc-1, kind: technical, en: "One <b>.", ja: 一つ。, owner: security, checks: [x], art32: [a, d]}
- {id: tc-2, kind: both, en: Two., ja: 二つ。, owner: people, checks: [x], evidence: 90d, art32: [b]}
- {id: tc-3, kind: technical, en: Three., ja: 三つ。, owner: security, checks: [], unmeasured: absent, art32: [c]}
- {id: tc-4, kind: technical, en: Four., ja: 四つ。, owner: security, checks: [x]}
)";

const std::vector<Commitment>& rows() {
  static const std::vector<Commitment> all = parse_commitments("faq", kRows).value();
  return all;
}
const std::vector<Check>& checks() {
  static const std::vector<Check> all = {{"x", "X is tried.", "Xを試します。", {}}};
  return all;
}

TrustSnapshot snapshot(Verdict verdict) {
  TrustSnapshot made;
  made.time = kNow;
  made.results = {{"x", {"x", kNow - hours(1), verdict, "a secret detail", std::nullopt, 1}}};
  for (const Commitment& row : rows()) made.lines.push_back({&row, assess(row, made.results, {}, kNow)});
  return made;
}

MeasuresNow now(Verdict verdict) {
  const json::object bare = make_measures(rows(), checks());
  return {with_states(bare, snapshot(verdict)), {{1, kNow - days(3), measures_digest(bare)}}, kNow};
}

std::vector<std::string> ids(const json::object& measures, std::size_t group) {
  std::vector<std::string> all;
  for (const json::value& each : measures.at("groups").at(group).at("measures").as_array())
    all.emplace_back(std::string_view(each.at("id").as_string()));
  return all;
}

TEST(Measures, AreThePromisesThatAreMeasuresByWhatTheArticleAsksFor) {
  const json::object list = make_measures(rows(), checks());
  EXPECT_EQ(ids(list, 0), std::vector<std::string>{"tc-1"});
  EXPECT_EQ(ids(list, 1), std::vector<std::string>{"tc-2"});
  EXPECT_EQ(ids(list, 2), std::vector<std::string>{"tc-3"});
  EXPECT_EQ(ids(list, 3), std::vector<std::string>{"tc-1"});
  const json::array& how = list.at("groups").at(1).at("measures").at(0).at("how").as_array();
  ASSERT_EQ(how.size(), 2U);
  EXPECT_EQ(how[0].at("en"), "X is tried.");
  EXPECT_EQ(how[1].at("en"), "Evidence that somebody else has reviewed, at most 90 days old.");
}

TEST(Measures, HaveTheStateThatThePromiseHasAndNothingIsGreenByDefault) {
  const auto state = [](const json::object& list, std::size_t group) {
    return std::string(std::string_view(list.at("groups").at(group).at("measures").at(0).at("state").as_string()));
  };
  const json::object good = now(Verdict::Pass).measures;
  EXPECT_EQ(state(good, 0), "pass");
  EXPECT_EQ(state(good, 1), "not-claimed") << "it needs evidence as well";
  EXPECT_EQ(state(good, 2), "not-measured");
  EXPECT_EQ(state(now(Verdict::Fail).measures, 0), "fail");
  EXPECT_EQ(state(now(Verdict::Unknown).measures, 0), "unknown");
  TrustSnapshot nothing;
  EXPECT_EQ(state(with_states(make_measures(rows(), checks()), nothing), 0), "not-measured");
}

TEST(Measures, AVersionIsOfTheListAndNotOfTheStates) {
  const std::string digest = measures_digest(make_measures(rows(), checks()));
  EXPECT_EQ(measures_digest(without_states(to_json(now(Verdict::Fail))).value()), digest);
  std::vector<Commitment> changed = rows();
  changed[0].en = "Another.";
  EXPECT_NE(measures_digest(make_measures(changed, checks())), digest);
  changed = rows();
  changed[3].art32 = {"b"};
  EXPECT_NE(measures_digest(make_measures(changed, checks())), digest);
}

TEST(Measures, ThePageIsThereInBothLanguagesWithoutDetailsOrScripts) {
  const std::string english = measures_page(now(Verdict::Fail), PageLanguage::English);
  const std::string japanese = measures_page(now(Verdict::Fail), PageLanguage::Japanese);
  EXPECT_NE(english.find("<html lang=\"en\""), std::string::npos);
  EXPECT_NE(english.find("Art. 32(1)(a) Pseudonymisation and encryption"), std::string::npos);
  EXPECT_NE(english.find("One &lt;b&gt;."), std::string::npos);
  EXPECT_NE(english.find("not kept"), std::string::npos);
  EXPECT_NE(english.find("X is tried."), std::string::npos);
  EXPECT_NE(japanese.find("<html lang=\"ja\""), std::string::npos);
  EXPECT_NE(japanese.find("仮名化と暗号化"), std::string::npos);
  EXPECT_NE(japanese.find("未遵守"), std::string::npos);
  EXPECT_EQ(japanese.find("One "), std::string::npos);
  for (const std::string& page : {english, japanese})
    for (const char* word : {"secret detail", "<script", "style="})
      EXPECT_EQ(page.find(word), std::string::npos) << word;
}

TEST(Measures, TheListThatComesWithTheProgramHasEachLetterAndNoStatement) {
  const auto all = load_commitments(WARDER_COMMITMENTS).value();
  const json::object list = make_measures(all, {});
  for (std::size_t group = 0; group < 4; ++group) EXPECT_GE(ids(list, group).size(), 4U) << group;
  for (const Commitment& each : all)
    EXPECT_TRUE(each.kind != CommitmentKind::Statement || each.art32.empty()) << each.id;
  EXPECT_FALSE(
      parse_commitments("faq", "- {id: tc-1, kind: technical, en: A., ja: あ。, owner: o, checks: [a], art32: [e]}"));
  EXPECT_FALSE(parse_commitments("faq", "- {id: tc-1, kind: statement, en: A., ja: あ。, owner: o, art32: [a]}"));
}

TEST(Measures, WhatIsNoListIsFound) {
  for (const char* text : {"{}", R"({"groups": 1})", R"({"groups": [1]})", R"({"groups": [{"measures": [1]}]})",
                           R"({"groups": [{"measures": [{"state": "pass"}]}]})"})
    EXPECT_FALSE(without_states(parse_json(text)->as_object())) << text;
}

}  // namespace
}  // namespace warder::manager
