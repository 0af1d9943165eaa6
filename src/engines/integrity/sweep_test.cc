#include "engines/integrity/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "engines/integrity/change_json.h"
#include "engines/integrity/changes.h"
#include "engines/integrity/testing.h"
#include "engines/integrity/text_diff.h"
#include "host/testing/file_tree.h"

namespace warder::integrity {
namespace {

using Lines = std::vector<std::string>;

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    for (const char* path : {"/w/a", "/w/b", "/w/d/c", "/w/d/skip.swp", "/other/x"}) tree_.write(path, path);
  }
  void set_rules(std::string_view xml) {
    auto rules = load_rules(xml, {});
    ASSERT_TRUE(rules) << rules.error().message;
    scope_ = *Scope::create({}, {}, std::move(*rules));
  }
  SweepReport sweep(SweepSink* sink, const SweepOptions& options) {
    Sweep sweep(scope_, known_, tree_, baseline_, options, sink);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 2; ++i) threads.emplace_back([&] { EXPECT_TRUE(sweep.work({}, {})); });
    }
    const auto report = sweep.finish();
    EXPECT_TRUE(report);
    return *report;
  }
  SweepReport remember() {
    known_ = scope_;
    SweepOptions options;
    options.makes_baseline = true;
    return sweep(nullptr, options);
  }
  Lines check(bool trusts_times = false) {
    Lines lines;
    ChangeCollector collector(scope_, [&](const Change& change) {
      std::string line = change.rule->id + " " + std::string(name(change.kind)) + " " + change.key;
      if (!change.old_key.empty()) line += " <- " + change.old_key;
      if (change.kind == ChangeKind::Updated) line += " " + text(change.attributes);
      lines.push_back(line);
    });
    SweepOptions options;
    options.trusts_times = trusts_times;
    sweep(&collector, options);
    collector.finish();
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  host::testing::MemoryFileTree tree_;
  testing::MemoryBaseline baseline_;
  Scope scope_;
  Scope known_;
};

constexpr std::string_view kRules =
    "<rules><rule id=\"f\"><FileSet base=\"/w\"><exclude key=\"**/*.swp\"/></FileSet></rule>"
    "<rule id=\"d\"><DirectorySet base=\"/w\"><attributes><permissions/></attributes></DirectorySet></rule></rules>";

TEST_F(SweepTest, FindsExactlyWhatChanged) {
  set_rules(kRules);
  EXPECT_EQ(remember().entities, 5U);  // a, b, c, and the directories w and d
  EXPECT_EQ(check(), Lines{});
  tree_.write("/w/a", "edited");
  tree_.rename("/w/b", "/w/d/b2");
  tree_.write("/w/new", "n");
  tree_.write("/w/new.swp", "n");
  tree_.remove("/w/d/c");
  tree_.chmod("/w/d", 0700);
  tree_.write("/other/x", "not watched");
  EXPECT_EQ(check(), (Lines{"d updated /w/d mode", "f created /w/new", "f deleted /w/d/c", "f renamed /w/d/b2 <- /w/b",
                            "f updated /w/a content,size,modified"}));
}

TEST_F(SweepTest, ADirectoryThatIsGoneTakesItsFilesWithIt) {
  set_rules("<FileSet base=\"/w\"/>");
  remember();
  tree_.remove("/w/d");
  EXPECT_EQ(check(), (Lines{"rule deleted /w/d/c", "rule deleted /w/d/skip.swp"}));
  tree_.remove("/w");
  EXPECT_EQ(check().size(), 4U);
}

TEST_F(SweepTest, ReadsOnlyWhatMovedWhenTimesAreTrusted) {
  set_rules("<FileSet base=\"/w\"><attributes><CONTENTS/></attributes></FileSet>");
  remember();
  tree_.write_unseen("/w/a", "/w/A");
  const int before = tree_.reads();
  EXPECT_EQ(check(true), Lines{});
  EXPECT_EQ(tree_.reads(), before);
  EXPECT_EQ(check(false), (Lines{"rule updated /w/a content"}));
  tree_.set_moves_times_on_mapped_stores(false);
  EXPECT_EQ(check(true), (Lines{"rule updated /w/a content"})) << "times tell nothing there";
}

TEST_F(SweepTest, WhatTheBaselineDidNotCoverIsNotNew) {
  set_rules("<FileSet base=\"/w\"><include key=\"a\"/></FileSet>");
  remember();
  set_rules("<FileSet base=\"/w\"/>");
  EXPECT_EQ(check(), Lines{});
  tree_.write("/w/a", "x");
  EXPECT_EQ(check().size(), 1U);
}

TEST_F(SweepTest, AFeatureSelectsByContent) {
  tree_.write("/w/program", "#!/bin/sh\n");
  set_rules("<FileSet base=\"/w\"><include key=\"**\" executable=\"true\"/></FileSet>");
  remember();
  tree_.write("/w/program", "#!/bin/sh\nexit\n");
  tree_.write("/w/a", "not a program");
  EXPECT_EQ(check(), (Lines{"rule updated /w/program content,size,modified"}));
}

TEST_F(SweepTest, GrowingTellsOnlyOfShrinking) {
  set_rules("<FileSet base=\"/w\"><attributes><growing/></attributes></FileSet>");
  remember();
  tree_.write("/w/a", "much longer than it was before");
  EXPECT_EQ(check(), Lines{});
  tree_.write("/w/b", "");
  EXPECT_EQ(check(), (Lines{"rule updated /w/b growing"}));
}

TEST(ChangeJson, HasTheContractsMembers) {
  Rule rule;
  rule.id = "r";
  rule.severity = Severity::High;
  Change change;
  change.kind = ChangeKind::Renamed;
  change.rule = &rule;
  change.key = "/n\xff";
  change.old_key = "/o";
  change.was.emplace();
  change.is.emplace();
  change.is->stat.mode = 04755;
  change.attributes = bit(Attribute::Mode);
  EXPECT_EQ(boost::json::serialize(to_json(change, std::nullopt)),
            R"({"change":"renamed","entity":"FileSet","key":"/n\\xff","was":{"permissions":"0000","key":"/o"},)"
            R"("is":{"permissions":"4755","key":"/n\\xff"},"rule_id":"r","severity":"high","actor":null})");
}

TEST(TextDiff, ShowsWhatChangedWithItsSurroundings) {
  EXPECT_EQ(text_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n"),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(text_diff("a\n", "a\n"), "");
}

}  // namespace
}  // namespace warder::integrity
