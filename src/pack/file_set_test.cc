#include "pack/file_set.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "base/file.h"
#include "crypto/hash.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

std::string random_text(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

class FileSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "file-set-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  SetFile cut(const std::string& content) {
    EXPECT_TRUE(write_file_atomically(folder_ / "file", content));
    joined_.clear();
    return cut_file(folder_ / "file", "file", kMaxSetBytes,
                    [this](const Chunk& chunk, ByteView bytes) -> Result<void> {
                      EXPECT_EQ(chunk.digest, to_hex(crypto::sha256(bytes)));
                      joined_ += as_text(bytes);
                      return {};
                    })
        .value();
  }

  fs::path folder_;
  std::string joined_;
};

TEST_F(FileSetTest, ChunksAreTheFile) {
  for (const std::size_t size : {0UL, 1UL, 131072UL, 131073UL, 1048576UL, 5000000UL}) {
    SCOPED_TRACE(size);
    const std::string content = random_text(size, 1);
    const SetFile file = cut(content);
    EXPECT_EQ(joined_, content);
    EXPECT_EQ(file.bytes, size);
    EXPECT_EQ(file.sha256, to_hex(crypto::sha256(as_bytes(content))));
    EXPECT_TRUE(check_set_file(file));
  }
}

TEST_F(FileSetTest, AChangeMovesNoOtherCut) {
  std::string content = random_text(20'000'000, 2);
  const SetFile before = cut(content);
  content.insert(9'000'000, "one more signature\n");
  const SetFile after = cut(content);
  std::set<std::string> known;
  for (const Chunk& chunk : before.chunks) known.insert(chunk.digest);
  std::size_t fresh = 0;
  for (const Chunk& chunk : after.chunks) fresh += known.contains(chunk.digest) ? 0U : 1U;
  EXPECT_GT(after.chunks.size(), 30U);
  EXPECT_LE(fresh, 3U);
}

TEST_F(FileSetTest, SetsAreReadAsTheyWerePrinted) {
  FileSet set;
  set.made = parse_rfc3339("2026-11-26T08:00:00Z").value();
  set.files = {cut(random_text(3'000'000, 3))};
  set.files.push_back(cut("small"));
  set.files[1].name = "name-2.ndb";
  EXPECT_EQ(parse_file_set(print_file_set(set)).value(), set);
}

TEST_F(FileSetTest, BrokenRulesAreNamed) {
  const SetFile good = cut("content");
  const auto broken = [&](auto change) {
    FileSet set;
    set.files = {good};
    change(set.files[0]);
    return !parse_file_set(print_file_set(set)).has_value();
  };
  EXPECT_FALSE(broken([](SetFile&) {}));
  EXPECT_TRUE(broken([](SetFile& file) { file.name = "../passwd"; }));
  EXPECT_TRUE(broken([](SetFile& file) { file.name = ".hidden"; }));
  EXPECT_TRUE(broken([](SetFile& file) { file.bytes = 1; }));
  EXPECT_TRUE(broken([](SetFile& file) { file.sha256 = "x"; }));
  EXPECT_TRUE(broken([](SetFile& file) { file.chunks[0].digest = "x"; }));
  EXPECT_TRUE(broken([](SetFile& file) { file.chunks.clear(); }));
  FileSet twice;
  twice.files = {good, good};
  EXPECT_FALSE(parse_file_set(print_file_set(twice)));
}

TEST_F(FileSetTest, ChunksTravelCompressedAndAreChecked) {
  const std::string content(100'000, 'x');
  const Chunk chunk{to_hex(crypto::sha256(as_bytes(content))), content.size()};
  Bytes stored = compress_chunk(as_bytes(content));
  EXPECT_LT(stored.size(), 1000U);
  EXPECT_EQ(as_text(unpack_chunk(stored, chunk).value()), content);
  EXPECT_FALSE(unpack_chunk(stored, {chunk.digest, chunk.bytes - 1}));
  EXPECT_FALSE(unpack_chunk(stored, {std::string(64, '0'), chunk.bytes}));
  stored.resize(stored.size() - 1);
  EXPECT_FALSE(unpack_chunk(stored, chunk));
}

TEST_F(FileSetTest, AFileBeyondTheLimitIsRefused) {
  EXPECT_TRUE(write_file_atomically(folder_ / "file", "content"));
  const auto cut = cut_file(folder_ / "file", "file", 6, [](const Chunk&, ByteView) -> Result<void> { return {}; });
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::TooLarge);
}

}  // namespace
}  // namespace warder::pack
