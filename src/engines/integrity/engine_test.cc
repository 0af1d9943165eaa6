#include "engines/integrity/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engines/integrity/scan.h"
#include "engines/integrity/testing.h"
#include "host/testing/file_tree.h"

namespace warder::integrity {
namespace {

using Lines = std::vector<std::string>;

struct Collector final : ScanSink {
  void on_directory(const std::string& path, const host::FileStat& /*stat*/) override { directories.push_back(path); }
  void suspect(const std::string& path, std::int64_t /*changed_ns*/) override { suspects.push_back({path}); }
  Lines directories;
  std::vector<Suspect> suspects;
};

struct World {
  World() {
    set_policy({});
    tree_.write("/w/a", "one");
    tree_.write("/w/d/b", "two");
    tree_.make_link("/w/l", "a");
    tree_.write("/home/bob/key", "key");
    tree_.write("/x/unwatched", "x");
    adopt();
  }

  void set_policy(Policy policy) {
    if (policy.watch == Policy{}.watch) policy.watch = {"/w", "/home/*/key"};
    const auto compiled = compile(policy);
    ASSERT_TRUE(compiled) << compiled.error().message;
    compiled_ = *compiled;
  }
  // Takes what is there as the baseline.
  void adopt() {
    Collector sink;
    const auto report = scan(*compiled_, known(), tree_, baseline_, {}, sink, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(sink.suspects.empty());
    ASSERT_TRUE(baseline_.commit(compiled_->scope.text()));
  }
  Scope known() const { return *Scope::parse(*baseline_.scope()); }

  // Examines and reports; what is reported becomes baseline.
  Lines examine(std::vector<Suspect> suspects) {
    const auto outcome = Engine(compiled_, tree_, baseline_, {}).examine(suspects);
    EXPECT_TRUE(outcome) << outcome.error().message;
    Lines lines;
    for (const Finding& finding : outcome->findings) {
      EXPECT_TRUE(baseline_.apply(finding.changes));
      std::string line(message_id(finding.kind).substr(std::string_view("integrity.file.").size()));
      line += " " + (finding.old_path.empty() ? "" : finding.old_path + " -> ") + finding.path;
      if (finding.changed != 0) line += " [" + text(finding.changed) + "]";
      lines.push_back(line);
    }
    EXPECT_TRUE(baseline_.apply(outcome->silent));
    for (const std::string& path : outcome->unsettled) lines.push_back("unsettled " + path);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  Lines rescan(const ScanOptions& options = {}) {
    Collector sink;
    EXPECT_TRUE(scan(*compiled_, known(), tree_, baseline_, options, sink, {}));
    return examine(sink.suspects);
  }

  host::testing::MemoryFileTree tree_;
  testing::MemoryBaseline baseline_;
  std::shared_ptr<const Compiled> compiled_;
};

TEST(Engine, FindsEachKindOfChangeByHintAndByScan) {
  struct Case {
    const char* name;
    std::function<void(host::testing::MemoryFileTree&)> change;
    std::vector<Suspect> hints;
    Lines expected;
  };
  const std::vector<Case> cases = {
      {"created", [](auto& t) { t.write("/w/new", "x"); }, {{"/w/new"}}, {"created /w/new"}},
      {"updated", [](auto& t) { t.write("/w/a", "other"); }, {{"/w/a"}}, {"updated /w/a [content,size]"}},
      {"mode", [](auto& t) { t.chmod("/w/a", 04755); }, {{"/w/a"}}, {"attributes /w/a [mode]"}},
      {"owner", [](auto& t) { t.chown("/w/a", 7, 8); }, {{"/w/a"}}, {"attributes /w/a [owner,group]"}},
      {"deleted", [](auto& t) { t.remove("/w/a"); }, {{"/w/a"}}, {"deleted /w/a"}},
      {"same content", [](auto& t) { t.write("/w/a", "one"); }, {{"/w/a"}}, {}},
      {"renamed", [](auto& t) { t.rename("/w/a", "/w/z"); }, {{"/w/a"}, {"/w/z"}}, {"renamed /w/a -> /w/z"}},
      {"renamed, old hint first",
       [](auto& t) { t.rename("/w/d/b", "/w/c"); },
       {{"/w/d/b"}, {"/w/c"}},
       {"renamed /w/d/b -> /w/c"}},
      {"replaced",
       [](auto& t) {
         t.write("/w/t", "new");
         t.rename("/w/t", "/w/a");
       },
       {{"/w/t"}, {"/w/a"}},
       {"updated /w/a [content]"}},
      {"hard link", [](auto& t) { t.hard_link("/w/a", "/w/h"); }, {{"/w/a"}, {"/w/h"}}, {"created /w/h"}},
      {"directory renamed",
       [](auto& t) { t.rename("/w/d", "/w/e"); },
       {{"/w/d"}, {"/w/e"}},
       {"renamed /w/d -> /w/e", "renamed /w/d/b -> /w/e/b"}},
      {"directory renamed without a child",
       [](auto& t) {
         t.rename("/w/d", "/w/e");
         t.remove("/w/e/b");
       },
       {{"/w/d"}, {"/w/e"}},
       {"deleted /w/d/b", "renamed /w/d -> /w/e"}},
      {"directory gone", [](auto& t) { t.remove("/w/d"); }, {{"/w/d"}}, {"deleted /w/d", "deleted /w/d/b"}},
      {"directory becomes link",
       [](auto& t) {
         t.remove("/w/d");
         t.make_link("/w/d", "/tmp");
       },
       {{"/w/d"}},
       {"deleted /w/d/b", "updated /w/d [type,mode]"}},
      {"file becomes directory",
       [](auto& t) {
         t.remove("/w/a");
         t.write("/w/a/in", "x");
       },
       {{"/w/a"}},
       {"created /w/a/in", "updated /w/a [type,mode]"}},
      {"link retargeted",
       [](auto& t) {
         t.remove("/w/l");
         t.make_link("/w/l", "b");
       },
       {{"/w/l"}},
       {"updated /w/l [target]"}},
      {"tree moved in",
       [](auto& t) {
         t.write("/x/p/q", "1");
         t.rename("/x/p", "/w/p");
       },
       {{"/w/p"}},
       {"created /w/p", "created /w/p/q"}},
      {"moved away and back",
       [](auto& t) {
         t.make_directory("/w/p/q");
         t.rename("/w/d", "/x/d");
         t.remove("/x/d/b");
         t.remove("/w/l");
         t.rename("/x/d", "/w/d");
       },
       {{"/w/p"}, {"/w/d"}, {"/w/d/b"}, {"/w/l"}},
       {"created /w/p", "created /w/p/q", "deleted /w/d/b", "deleted /w/l"}},
      {"moved out", [](auto& t) { t.rename("/w/d", "/x/d"); }, {{"/w/d"}}, {"deleted /w/d", "deleted /w/d/b"}},
      {"fifo", [](auto& t) { t.make_fifo("/w/pipe"); }, {{"/w/pipe"}}, {"created /w/pipe"}},
      {"new home", [](auto& t) { t.write("/home/eve/key", "k"); }, {{"/home/eve"}}, {"created /home/eve/key"}},
      {"home gone", [](auto& t) { t.remove("/home/bob"); }, {{"/home/bob"}}, {"deleted /home/bob/key"}},
      {"not watched", [](auto& t) { t.write("/home/bob/other", "x"); }, {{"/home/bob/other"}}, {}},
      {"weird name", [](auto& t) { t.write("/w/\xff\n\\x", "x"); }, {{"/w/\xff\n\\x"}}, {"created /w/\xff\n\\x"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    for (const bool by_scan : {false, true}) {
      SCOPED_TRACE(by_scan);
      World world;
      c.change(world.tree_);
      EXPECT_EQ(by_scan ? world.rescan() : world.examine(c.hints), c.expected);
      EXPECT_EQ(world.rescan(), Lines{});  // once
    }
  }
}

TEST(Engine, ReadsOnlyWhatLooksChanged) {
  World world;
  const int before = world.tree_.reads();
  EXPECT_EQ(world.rescan(), Lines{});
  EXPECT_EQ(world.tree_.reads(), before);
  world.tree_.write_unseen("/w/a", "eno");
  EXPECT_EQ(world.rescan(), Lines{});  // nothing the kernel keeps has moved
  Collector sink;
  ASSERT_TRUE(scan(*world.compiled_, world.known(), world.tree_, world.baseline_, {true, "/"}, sink, {}));
  ASSERT_EQ(sink.suspects.size(), 1U);
  EXPECT_EQ(sink.suspects[0].path, "/w/a");
}

TEST(Engine, ExploresADirectoryThatIsTheSameBelowOneThatIsNot) {
  World world;
  world.tree_.write("/w/outer/inner/f", "f");
  EXPECT_EQ(world.rescan().size(), 3U);
  world.tree_.rename("/w/outer/inner", "/x/inner");
  world.tree_.remove("/w/outer");
  world.tree_.make_directory("/w/outer");
  world.tree_.rename("/x/inner", "/w/outer/inner");
  world.tree_.remove("/w/outer/inner/f");
  EXPECT_EQ(world.rescan(), Lines{"deleted /w/outer/inner/f"});
}

TEST(Engine, WaitsForAFileThatIsBeingWritten) {
  World world;
  world.tree_.write("/w/a", "grows");
  world.tree_.disturb_reads("/w/a", 3);
  EXPECT_EQ(world.examine({{"/w/a"}}), Lines{"unsettled /w/a"});
  world.tree_.disturb_reads("/w/a", 2);  // the third attempt holds still
  EXPECT_EQ(world.examine({{"/w/a"}}), Lines{"updated /w/a [content,size]"});
  world.tree_.write("/w/a", "never still");
  world.tree_.disturb_reads("/w/a", 100);
  EXPECT_EQ(world.examine({{"/w/a", false, true}}), Lines{"updated /w/a [content,size]"});
}

TEST(Engine, WaitsForTheFirstWordOfANewFile) {
  World world;
  world.tree_.write("/w/n", "");
  EXPECT_EQ(world.examine({{"/w/n", true}}), Lines{"unsettled /w/n"});
  EXPECT_EQ(world.examine({{"/w/n", false}}), Lines{"created /w/n"});
}

TEST(Engine, AWiderPolicyAdoptsAndANarrowerOneForgetsWithoutEvents) {
  World world;
  Policy policy;
  policy.watch = {"/w", "/x"};
  world.set_policy(policy);
  world.tree_.write("/w/new", "in a place that was watched already");
  EXPECT_EQ(world.rescan(), Lines{"created /w/new"});
  EXPECT_TRUE(world.baseline_.entities().contains("/x/unwatched"));
  EXPECT_FALSE(world.baseline_.entities().contains("/home/bob/key"));
}

TEST(Engine, LargeFilesAreComparedBySizeAndTime) {
  World world;
  Policy policy;
  policy.watch = {"/w", "/home/*/key"};
  policy.max_hash_bytes = 4;
  world.set_policy(policy);
  world.tree_.write("/w/big", "12345");
  EXPECT_EQ(world.examine({{"/w/big"}}), Lines{"created /w/big"});
  EXPECT_FALSE(world.baseline_.entities().at("/w/big").digest);
  world.tree_.write("/w/big", "54321");
  EXPECT_EQ(world.examine({{"/w/big"}}), Lines{"updated /w/big [content]"});
}

TEST(Engine, CoversDirectoriesBeforeTheyAreRead) {
  World world;
  Collector sink;
  ASSERT_TRUE(scan(*world.compiled_, world.known(), world.tree_, world.baseline_, {}, sink, {}));
  std::sort(sink.directories.begin(), sink.directories.end());
  EXPECT_EQ(sink.directories, (Lines{"/", "/home", "/home/bob", "/w", "/w/d"}));
}

TEST(Engine, RefusesABadPolicyByPlace) {
  Policy policy;
  policy.watch = {"etc"};
  EXPECT_EQ(compile(policy).error().message, "watch/0: not an absolute path");
}

}  // namespace
}  // namespace warder::integrity
