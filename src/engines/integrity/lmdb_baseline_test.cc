#include "engines/integrity/lmdb_baseline.h"

#include <gtest/gtest.h>
#include <lmdb.h>
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

TEST(LmdbBaseline, WhatWasReadIsGivenBack) {
  const Folder folder;
  const auto baseline = open_lmdb_baseline_file(folder.path() / "a", LmdbUse::Bulk);
  ASSERT_TRUE(baseline);
  std::vector<NewChildren> added(1);
  added[0].directory = "/d";
  for (std::uint64_t i = 0; i < 20'000; ++i) added[0].entries.emplace_back("f" + std::to_string(i), entity(i));
  ASSERT_TRUE((*baseline)->add(added));
  // proc_pid_statm(5): the third number is pages of files.
  const auto mapped_pages = [] {
    std::ifstream file("/proc/self/statm");
    std::int64_t number = 0;
    for (int i = 0; i < 3; ++i) file >> number;
    return number;
  };
  (*baseline)->relax();
  const std::int64_t before = mapped_pages();
  EXPECT_EQ(children(**baseline, "/d").size(), 20'000U);
  const std::int64_t touched = mapped_pages() - before;
  EXPECT_GT(touched, 300);
  (*baseline)->relax();
  EXPECT_LT(mapped_pages() - before, touched / 4);
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

// ---- seal -----------------------------------------------------------------------------------------------------------

class SealedBaseline : public ::testing::Test {
 protected:
  static constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";
  std::unique_ptr<Baseline> open() { return open_lmdb_baseline(folder_.path()).value(); }
  SealState state(std::string_view key = kKey) { return open()->seal(as_bytes(key)).value(); }
  /// As one who has the file and not the key.
  void edit(const char* table, const std::function<void(MDB_txn*, MDB_dbi)>& change) {
    MDB_env* environment = nullptr;
    ASSERT_EQ(mdb_env_create(&environment), 0);
    mdb_env_set_maxdbs(environment, 5);
    mdb_env_set_mapsize(environment, 1 << 30);
    ASSERT_EQ(mdb_env_open(environment, (folder_.path() / "baseline.mdb").c_str(), MDB_NOSUBDIR, 0600), 0);
    MDB_txn* transaction = nullptr;
    ASSERT_EQ(mdb_txn_begin(environment, nullptr, 0, &transaction), 0);
    MDB_dbi dbi{};
    ASSERT_EQ(mdb_dbi_open(transaction, table, 0, &dbi), 0);
    change(transaction, dbi);
    ASSERT_EQ(mdb_txn_commit(transaction), 0);
    mdb_env_close(environment);
  }
  void fill() {
    const auto baseline = open();
    ASSERT_EQ(baseline->seal(as_bytes(kKey)), SealState::New);
    for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(baseline->apply({{"/etc/f" + std::to_string(i), entity(i)}}));
  }
  const Folder folder_;
};

TEST_F(SealedBaseline, IsIntactOverEveryKindOfChange) {
  fill();
  {
    const auto baseline = open();
    ASSERT_EQ(baseline->seal(as_bytes(kKey)), SealState::Intact);
    ASSERT_TRUE(baseline->apply({{"/etc/f1", entity(99)}, {"/etc/f2", std::nullopt}, {"/etc/none", std::nullopt}}));
    ASSERT_TRUE(
        baseline->begin({{"event", {{"/etc/f3", entity(7)}, {"/etc/f4", std::nullopt}}}}, {{"/a/b", entity(8)}}));
    ASSERT_TRUE(baseline->set_list("users", "root"));
  }
  EXPECT_EQ(state(), SealState::Intact) << "with reports under way";
  {
    const auto baseline = open();
    ASSERT_EQ(baseline->seal(as_bytes(kKey)), SealState::Intact);
    ASSERT_TRUE(baseline->commit("scope"));
    ASSERT_TRUE(baseline->add({{"/new", {{"x", entity(5)}}}, {"/etc", {{"f1", entity(98)}}}}));
    ASSERT_TRUE(baseline->set_list("users", "root daemon"));
    for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(baseline->apply({{"/etc/f" + std::to_string(i), std::nullopt}}));
  }
  EXPECT_EQ(state(), SealState::Intact);
}

TEST_F(SealedBaseline, AnEditedRecordIsFoundOut) {
  fill();
  edit("entities", [](MDB_txn* transaction, MDB_dbi dbi) {
    MDB_cursor* cursor = nullptr;
    mdb_cursor_open(transaction, dbi, &cursor);
    MDB_val key{};
    MDB_val value{};
    ASSERT_EQ(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
    std::string bytes(static_cast<const char*>(value.mv_data), value.mv_size);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    MDB_val changed{bytes.size(), bytes.data()};
    ASSERT_EQ(mdb_cursor_put(cursor, &key, &changed, MDB_CURRENT), 0);
    mdb_cursor_close(cursor);
  });
  EXPECT_EQ(state(), SealState::Broken);
  EXPECT_EQ(state(), SealState::Intact) << "told once; sealed as it is";
}

TEST_F(SealedBaseline, ARemovedRecordAndAForgedListAreFoundOut) {
  for (const char* table : {"entities", "directories"}) {
    std::filesystem::remove(folder_.path() / "baseline.mdb");
    fill();
    edit(table, [](MDB_txn* transaction, MDB_dbi dbi) {
      MDB_cursor* cursor = nullptr;
      mdb_cursor_open(transaction, dbi, &cursor);
      MDB_val key{};
      MDB_val value{};
      ASSERT_EQ(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
      ASSERT_EQ(mdb_cursor_del(cursor, 0), 0);
      mdb_cursor_close(cursor);
    });
    EXPECT_EQ(state(), SealState::Broken) << table;
  }
  edit("meta", [](MDB_txn* transaction, MDB_dbi dbi) {
    std::string key = "list/users";
    std::string text = "root and me";
    MDB_val stored_key{key.size(), key.data()};
    MDB_val value{text.size(), text.data()};
    ASSERT_EQ(mdb_put(transaction, dbi, &stored_key, &value, 0), 0);
  });
  EXPECT_EQ(state(), SealState::Broken);
}

TEST_F(SealedBaseline, WithAnotherKeyItIsBroken) {
  fill();
  EXPECT_EQ(state("another key of thirty-two bytes!"), SealState::Broken);
}

TEST_F(SealedBaseline, WrittenWithoutTheKeyItIsOpenAndARemovedSealIsMissed) {
  fill();
  ASSERT_TRUE(open()->apply({{"/etc/f1", entity(99)}}));
  EXPECT_EQ(state(), SealState::Open);
  EXPECT_EQ(state(), SealState::Intact);
  edit("meta", [](MDB_txn* transaction, MDB_dbi dbi) {
    std::string key = "seal";
    MDB_val stored_key{key.size(), key.data()};
    ASSERT_EQ(mdb_del(transaction, dbi, &stored_key, nullptr), 0);
  });
  EXPECT_EQ(state(), SealState::Missing);
}

TEST_F(SealedBaseline, AFailedTransactionLeavesTheSealAsItWas) {
  fill();
  {
    const auto baseline = open();
    ASSERT_EQ(baseline->seal(as_bytes(kKey)), SealState::Intact);
    const std::string too_long = "/etc/" + std::string(600, 'x');
    EXPECT_FALSE(baseline->apply({{"/etc/f1", entity(77)}, {too_long, entity(1)}}));
    ASSERT_TRUE(baseline->apply({{"/etc/f2", entity(78)}}));
  }
  EXPECT_EQ(state(), SealState::Intact);
}

}  // namespace
}  // namespace warder::integrity
