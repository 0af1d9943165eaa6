#include "engines/integrity/lmdb_baseline.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "engines/integrity/testing.h"

namespace warder::integrity {
namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/warder-baseline-XXXXXX";
    if (::mkdtemp(name) != nullptr) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

Entity entity(std::uint64_t inode) {
  Entity made;
  made.stat.kind = host::FileKind::Regular;
  made.stat.inode = inode;
  made.stat.device = 3;
  made.stat.born_ns = -5;
  made.digest = crypto::sha256(as_bytes(std::to_string(inode)));
  return made;
}

std::vector<std::string> children(const Baseline& baseline, const std::string& directory) {
  std::vector<std::string> names;
  EXPECT_TRUE(baseline.for_each_child(directory, [&](std::string_view name, const Entity&) {
    names.emplace_back(name);
    return true;
  }));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> sorted(std::vector<std::string> all) {
  std::sort(all.begin(), all.end());
  return all;
}

TEST(LmdbBaseline, KeepsWhatWasAppliedOverAReopening) {
  const Folder folder;
  const std::string long_path =
      "/" + std::string(255, 'x') + "/" + std::string(255, '\xff') + "/" + std::string(255, '\n');
  {
    const auto baseline = open_lmdb_baseline(folder.path());
    ASSERT_TRUE(baseline) << baseline.error().message;
    ASSERT_TRUE((*baseline)->apply({{"/etc/passwd", entity(1)}, {long_path, entity(2)}, {"/top", entity(1)}}));
    ASSERT_TRUE((*baseline)->commit("+/etc\n"));
  }
  const auto baseline = open_lmdb_baseline(folder.path());
  ASSERT_TRUE(baseline);
  EXPECT_EQ(*(*baseline)->find("/etc/passwd"), entity(1));
  EXPECT_EQ(*(*baseline)->find(long_path), entity(2));
  EXPECT_EQ(*(*baseline)->find("/etc/shadow"), std::nullopt);
  EXPECT_EQ(sorted(*(*baseline)->paths_of(entity(1).stat)), (std::vector<std::string>{"/etc/passwd", "/top"}));
  EXPECT_EQ(*(*baseline)->scope(), "+/etc\n");
}

TEST(LmdbBaseline, TheCompactedFileHoldsTheSameInLessRoom) {
  const Folder folder;
  const auto file = folder.path() / "a";
  const auto compact = folder.path() / "b";
  {
    const auto baseline = open_lmdb_baseline_file(file, LmdbUse::Bulk);
    ASSERT_TRUE(baseline);
    std::vector<NewChildren> added;
    for (std::uint64_t i = 0; i < 3000; ++i)
      added.push_back({"/d" + std::to_string(i % 700), {{"f" + std::to_string(i), entity(i / 2)}}});
    ASSERT_TRUE((*baseline)->add(added));
    ASSERT_TRUE((*baseline)->set_list("UserSet", "x"));
    ASSERT_TRUE((*baseline)->commit("+/\n"));
  }
  ASSERT_TRUE(compact_lmdb_baseline_file(file, compact));
  EXPECT_LT(std::filesystem::file_size(compact), std::filesystem::file_size(file) * 3 / 4);
  const auto baseline = open_lmdb_baseline_file(compact, LmdbUse::ReadOnly);
  ASSERT_TRUE(baseline);
  EXPECT_EQ(*(*baseline)->count(), 3000U);
  EXPECT_EQ(*(*baseline)->scope(), "+/\n");
  EXPECT_EQ(*(*baseline)->list("UserSet"), "x");
  EXPECT_EQ(*(*baseline)->find("/d5/f2805"), entity(1402));
  EXPECT_EQ(sorted(*(*baseline)->paths_of(entity(1402).stat)), (std::vector<std::string>{"/d4/f2804", "/d5/f2805"}));
}

TEST(LmdbBaseline, AReportSurvivesUntilItIsCommitted) {
  const Folder folder;
  {
    const auto baseline = open_lmdb_baseline(folder.path());
    ASSERT_TRUE(baseline);
    ASSERT_TRUE((*baseline)->apply({{"/a", entity(1)}}));
    ASSERT_TRUE((*baseline)->begin({{"event 1", {{"/a", std::nullopt}, {"/b", entity(1)}}}, {"event 2", {}}},
                                   {{"/quiet", entity(5)}}));
    EXPECT_EQ(*(*baseline)->find("/b"), std::nullopt);  // not before it is reported
  }
  const auto baseline = open_lmdb_baseline(folder.path());  // after the crash
  ASSERT_TRUE(baseline);
  const auto pending = (*baseline)->pending();
  ASSERT_TRUE(pending);
  ASSERT_EQ(pending->size(), 2U);
  EXPECT_EQ((*pending)[0].event, "event 1");
  EXPECT_EQ((*pending)[0].changes.size(), 2U);
  EXPECT_EQ((*pending)[1].event, "event 2");
  ASSERT_TRUE((*baseline)->commit());
  EXPECT_EQ(*(*baseline)->find("/a"), std::nullopt);
  EXPECT_EQ(*(*baseline)->find("/b"), entity(1));
  EXPECT_EQ(*(*baseline)->find("/quiet"), entity(5));
  EXPECT_TRUE((*baseline)->pending()->empty());
}

TEST(LmdbBaseline, AForeignFileIsCorruptAndIsMovedAway) {
  const Folder folder;
  std::ofstream(folder.path() / "baseline.mdb") << std::string(8192, 'z');
  const auto refused = open_lmdb_baseline(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt) << refused.error().message;
  ASSERT_TRUE(discard_lmdb_baseline(folder.path()));
  EXPECT_TRUE(open_lmdb_baseline(folder.path()));
}

RC_GTEST_PROP(LmdbBaseline, DoesWhatAMapDoes, ()) {
  const Folder folder;
  const auto opened = open_lmdb_baseline(folder.path());
  RC_ASSERT(opened.has_value());
  Baseline& real = **opened;
  testing::MemoryBaseline model;
  const std::vector<std::string> paths = {"/a", "/b", "/d/a", "/d/b", "/d/e/f", "/dd"};
  const auto steps = *rc::gen::container<std::vector<std::pair<std::size_t, std::uint64_t>>>(
      rc::gen::pair(rc::gen::inRange<std::size_t>(0, paths.size()), rc::gen::inRange<std::uint64_t>(0, 4)));
  for (const auto& [path, inode] : steps) {
    const BaselineChange change{paths[path], inode == 0 ? std::nullopt : std::optional<Entity>(entity(inode))};
    RC_ASSERT(real.apply({change}).has_value());
    RC_ASSERT(model.apply({change}).has_value());
  }
  for (const std::string& path : paths) RC_ASSERT(*real.find(path) == *model.find(path));
  for (const char* directory : {"/", "/d", "/d/e", "/none"})
    RC_ASSERT(children(real, directory) == children(model, directory));
  for (std::uint64_t inode = 1; inode < 4; ++inode)
    RC_ASSERT(sorted(*real.paths_of(entity(inode).stat)) == sorted(*model.paths_of(entity(inode).stat)));
  RC_ASSERT(sorted(*real.directories()) == sorted(*model.directories()));
  RC_ASSERT(*real.count() == *model.count());
}

}  // namespace
}  // namespace warder::integrity
