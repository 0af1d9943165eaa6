#include "pack/file_set_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>

#include "base/file.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

std::string random_text(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

class FileSetStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "set-store-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    reopen();
  }
  void TearDown() override { fs::remove_all(folder_); }
  void reopen() { store_.emplace(FileSetStore::open(folder_ / "sets").value()); }

  FileSet describe(const std::map<std::string, std::string>& files) {
    FileSet set;
    for (const auto& [name, content] : files) {
      EXPECT_TRUE(write_file_atomically(folder_ / "source", content));
      set.files.push_back(
          cut_file(folder_ / "source", name, kMaxSetBytes, [this](const Chunk& chunk, ByteView bytes) -> Result<void> {
            chunks_[chunk.digest] = Bytes(bytes.begin(), bytes.end());
            return {};
          }).value());
    }
    return set;
  }
  /// Fetches what is missing, at most `most` chunks; returns how many were missing.
  std::size_t fetch(const std::string& digest, const FileSet& set, std::size_t most = 1000) {
    const auto missing = store_->begin(digest, set).value();
    for (std::size_t i = 0; i < std::min(most, missing.size()); ++i)
      EXPECT_TRUE(store_->put(digest, missing[i], chunks_[missing[i].digest]));
    return missing.size();
  }
  std::string content(const std::string& digest, const std::string& name) {
    return read_file(store_->directory(digest) / name).value_or("none");
  }

  fs::path folder_;
  std::optional<FileSetStore> store_;
  std::map<std::string, Bytes> chunks_;
  const std::string first_ = std::string(64, 'a');
  const std::string second_ = std::string(64, 'b');
};

TEST_F(FileSetStoreTest, ASetIsThereWhenItIsWhole) {
  const std::string large = random_text(3'000'000, 1);
  const FileSet set = describe({{"large.ndb", large}, {"empty.ldb", ""}, {"small.yar", "rule a {}"}});
  EXPECT_GT(fetch(first_, set), 3U);
  EXPECT_FALSE(store_->contains(first_));
  ASSERT_TRUE(store_->finish(first_));
  EXPECT_TRUE(store_->contains(first_));
  EXPECT_EQ(content(first_, "large.ndb"), large);
  EXPECT_EQ(content(first_, "empty.ldb"), "");
  EXPECT_EQ(content(first_, "small.yar"), "rule a {}");
}

TEST_F(FileSetStoreTest, OnlyWhatIsNewIsNeeded) {
  std::string large = random_text(8'000'000, 1);
  const std::string same = random_text(2'000'000, 2);
  fetch(first_, describe({{"large.ndb", large}, {"same.cvd", same}}));
  ASSERT_TRUE(store_->finish(first_));
  large.insert(4'000'000, "new");
  const std::size_t fetched = fetch(second_, describe({{"large.ndb", large}, {"renamed.cvd", same}}));
  EXPECT_GE(fetched, 1U);
  EXPECT_LE(fetched, 3U);
  ASSERT_TRUE(store_->finish(second_));
  EXPECT_EQ(content(second_, "large.ndb"), large);
  EXPECT_EQ(content(second_, "renamed.cvd"), same);
}

TEST_F(FileSetStoreTest, GoesOnWhereItWasBroken) {
  const std::string large = random_text(4'000'000, 1);
  const FileSet set = describe({{"large.ndb", large}, {"other.ndb", large + "x"}});
  const std::size_t all = fetch(first_, set, 3);
  reopen();
  EXPECT_EQ(fetch(first_, set), all - 3);
  ASSERT_TRUE(store_->finish(first_));
  EXPECT_EQ(content(first_, "other.ndb"), large + "x");
}

TEST_F(FileSetStoreTest, AWrongFileIsNeverInPlace) {
  FileSet set = describe({{"a.ndb", random_text(300'000, 1)}});
  set.files[0].sha256 = std::string(64, '0');
  fetch(first_, set);
  EXPECT_EQ(store_->finish(first_).error().code, ErrorCode::Corrupt);
  EXPECT_FALSE(store_->contains(first_));
}

TEST_F(FileSetStoreTest, DamageOfTheOldSetDoesNotSpread) {
  const std::string large = random_text(3'000'000, 1);
  const FileSet set = describe({{"a.ndb", large}});
  fetch(first_, set);
  ASSERT_TRUE(store_->finish(first_));
  const std::string third(64, 'c');
  std::string damaged = large;
  damaged[5] = static_cast<char>(damaged[5] + 1);
  ASSERT_TRUE(write_file_atomically(store_->directory(first_) / "a.ndb", damaged));
  EXPECT_EQ(fetch(second_, describe({{"a.ndb", large + "more"}})), 2U);  // the damaged chunk and the new end
  ASSERT_TRUE(store_->finish(second_));
  EXPECT_EQ(content(second_, "a.ndb"), large + "more");
  ASSERT_TRUE(store_->keep_only({first_}));
  EXPECT_EQ(fetch(third, set), 1U);  // the whole file is said to be there, and is not
  ASSERT_TRUE(store_->finish(third));
  EXPECT_EQ(content(third, "a.ndb"), large);
}

TEST_F(FileSetStoreTest, OthersAreRemoved) {
  fetch(first_, describe({{"a.ndb", "one"}}));
  ASSERT_TRUE(store_->finish(first_));
  fetch(second_, describe({{"a.ndb", "two"}}));
  ASSERT_TRUE(store_->finish(second_));
  fetch(std::string(64, 'c'), describe({{"a.ndb", "three"}}));
  reopen();
  ASSERT_TRUE(store_->keep_only({second_}));
  EXPECT_FALSE(store_->contains(first_));
  EXPECT_EQ(content(second_, "a.ndb"), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "sets"), {}), 1);
}

}  // namespace
}  // namespace warder::pack
