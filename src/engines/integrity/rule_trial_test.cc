#include "engines/integrity/rule_trial.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

namespace warder::integrity {
namespace {

constexpr std::string_view kWeb = R"(
rules:
  - id: web
    severity: high
    sets:
      - FileSet: {base: /srv/www, include: ["**/*.php", {key: "bin/**", executable: "true"}], exclude: ["cache/**", {key: "**", owner: "33"}], attributes: [permissions, sha256]}
      - DirectorySet: {base: /srv/www, on_change: false}
  - id: users
    sets:
      - UserSet: {}
)";

RuleTrial trial(std::string_view text) {
  auto rules = load_rules(text, {});
  EXPECT_TRUE(rules) << rules.error().message;
  auto made = RuleTrial::create(std::move(*rules));
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

TEST(RuleTrial, SaysWhatDecides) {
  const RuleTrial web = trial(kWeb);
  const SupposedFile script{.content = "#!/bin/sh"};
  const struct {
    const char* name;
    SupposedPath supposed;
    Decision decision;
    std::string by;
  } cases[] = {
      {"include", {"/srv/www/a/index.php"}, Decision::Watched, "**/*.php"},
      {"no include", {"/srv/www/index.html"}, Decision::NotIncluded, ""},
      {"outside", {"/srv/index.php"}, Decision::OutsideBase, ""},
      {"a name that only begins so", {"/srv/www2/index.php"}, Decision::OutsideBase, ""},
      {"excluded", {"/srv/www/cache/x.php"}, Decision::Excluded, "cache/**"},
      {"a directory", {"/srv/www/a.php", host::FileKind::Directory}, Decision::OtherKind, ""},
      {"its test holds", {"/srv/www/bin/run", host::FileKind::Regular, {}, script}, Decision::Watched, "bin/**"},
      {"its test fails",
       {"/srv/www/bin/run", host::FileKind::Regular, {}, SupposedFile{}},
       Decision::TestFails,
       "bin/**"},
      {"excluded by a test",
       {"/srv/www/a.php", host::FileKind::Regular, {}, SupposedFile{.uid = 33}},
       Decision::Excluded,
       "**"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    const PathVerdict verdict = web.judge(each.supposed);
    ASSERT_EQ(verdict.sets.size(), 2U) << "users are no files";
    EXPECT_EQ(name(verdict.sets[0].decision), name(each.decision));
    EXPECT_EQ(verdict.sets[0].by == nullptr ? "" : verdict.sets[0].by->key, each.by);
  }
}

TEST(RuleTrial, SaysWhenItDependsOnTheFile) {
  const RuleTrial web = trial(kWeb);
  EXPECT_TRUE(web.judge({"/srv/www/bin/run"}).depends_on_file);
  EXPECT_TRUE(web.judge({"/srv/www/bin/run"}).is_watched) << "as agents do until they know the file";
  EXPECT_FALSE(web.judge({"/etc/passwd"}).depends_on_file);
  EXPECT_FALSE(web.judge({"/srv/www/bin/run", host::FileKind::Regular, {}, SupposedFile{}}).depends_on_file);
}

TEST(RuleTrial, SaysWhatWouldBeMadeOfAChange) {
  const RuleTrial web = trial(kWeb);
  const SupposedFile old{.content = "<?php old"};
  SupposedPath supposed{"/srv/www/a.php", host::FileKind::Regular, old,
                        SupposedFile{.mode = 0666, .content = "<?php new"}};
  const PathVerdict changed = web.judge(supposed);
  ASSERT_EQ(changed.on_scan.size(), 1U);
  EXPECT_EQ(changed.on_scan[0].kind, ChangeKind::Updated);
  EXPECT_EQ(changed.on_scan[0].attributes, Attribute::Mode | Attribute::Content);
  const auto told = to_json(supposed, changed);
  EXPECT_EQ(told.at("changes").at(0).at("was").at("permissions"), "0644");
  EXPECT_EQ(told.at("changes").at(0).at("is").at("permissions"), "0666");
  EXPECT_EQ(told.at("changes").at(0).at("real_time"), true);
  supposed.is->gid = 7;
  supposed.is->mode = old.mode;
  supposed.is->content = old.content;
  EXPECT_TRUE(web.judge(supposed).on_scan.empty()) << "nobody watches the group";
  supposed.is->uid = 33;
  EXPECT_EQ(web.judge(supposed).on_scan.at(0).kind, ChangeKind::Deleted) << "its owner excludes it now";
  supposed.is.reset();
  EXPECT_EQ(web.judge(supposed).on_scan.at(0).kind, ChangeKind::Deleted);
  const SupposedPath folder{"/srv/www/new", host::FileKind::Directory, {}, SupposedFile{}};
  EXPECT_EQ(web.judge(folder).on_scan.size(), 1U);
  EXPECT_TRUE(web.judge(folder).in_real_time.empty()) << "the set says onChange=\"false\"";
}

TEST(RuleTrial, OnlyWhoWatchesTellsOfAChange) {
  const RuleTrial two = trial(R"(
rules:
  - id: all
    sets:
      - FileSet: {base: /srv, attributes: [sha256]}
  - id: of-www
    sets:
      - FileSet: {base: /srv, include: [{key: "**", owner: "33"}], attributes: [sha256]}
)");
  const SupposedFile old{.content = "a"};
  const SupposedFile changed{.content = "b"};
  const PathVerdict verdict = two.judge({"/srv/a", host::FileKind::Regular, old, changed});
  ASSERT_EQ(verdict.on_scan.size(), 1U);
  EXPECT_EQ(two.rules()[0].id, "all");
  EXPECT_EQ(verdict.on_scan[0].rule, two.rules().data());
}

RC_GTEST_PROP(RuleTrialProperty, ItsReasonsAddUpToWhatAgentsDo, (const std::vector<std::uint8_t>& letters)) {
  auto pick = [&, at = std::size_t{0}](std::vector<std::string> of) mutable {
    return letters.empty() ? of[0] : of[letters[at++ % letters.size()] % of.size()];
  };
  const std::vector<std::string> keys{"", "*", "**", "a/**", "a", "**/b", "a*", "/srv/a/b", "b/"};
  EntitySet set;
  set.base = pick({"/", "/srv", "/srv/a"});
  for (int i = letters.empty() ? 0 : letters[0] % 3; i > 0; --i) set.includes.push_back({pick(keys), {}});
  for (int i = letters.empty() ? 0 : letters[0] / 3 % 3; i > 0; --i) set.excludes.push_back({pick(keys), {}});
  if (pick({"", "t"}) == "t") set.excludes.push_back({pick(keys), {{"owner", pick({"0", "7"})}}});
  RuleSet rules;
  rules.rules.push_back({"r", "", Severity::High, {}, {set}});
  const auto made = RuleTrial::create(std::move(rules));
  RC_ASSERT(made.has_value());
  SupposedPath supposed{"/srv"};
  for (int i = 0; i < 3; ++i) supposed.path += pick({"", "/a", "/b", "/ab"});
  if (pick({"", "t"}) == "t") supposed.is = SupposedFile{.uid = 7};
  const PathVerdict verdict = made->judge(supposed);
  RC_ASSERT(verdict.is_watched == (verdict.sets.at(0).decision == Decision::Watched));
}

}  // namespace
}  // namespace warder::integrity
