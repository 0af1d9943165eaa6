#include "manager/backup/archive.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

/// Keeps what is read.
class Kept final : public ArchiveSink {
 public:
  Result<void> begin_part(const std::string& name) override {
    current_ = name;
    parts[name] = "";
    return {};
  }
  Result<void> write(ByteView bytes) override {
    parts[current_] += as_text(bytes);
    return {};
  }
  Result<void> end_part(const ArchivePart& /*part*/) override { return {}; }
  std::map<std::string, std::string> parts;

 private:
  std::string current_;
};

class ArchiveTest : public ::testing::Test {
 protected:
  using Parts = std::vector<std::pair<std::string, std::string>>;
  [[nodiscard]] fs::path path(const std::string& name) const { return directory_.path() / name; }
  void write(const std::string& name, const Parts& parts) {
    const ArchiveHeader header{to_hex(random_bytes(16)), from_micros(1'700'000'000'000'000), "0.1.0", "sqlite", "file"};
    const auto archive = ArchiveWriter::create(path(name), header, *root_).value();
    for (const auto& [part, content] : parts) {
      ASSERT_TRUE(archive->begin_part(part));
      ASSERT_TRUE(archive->write(as_bytes(content)));
      ASSERT_TRUE(archive->end_part());
    }
    ASSERT_TRUE(archive->finish([](const fs::path& /*file*/) { return Result<void>{}; }));
  }
  Result<std::map<std::string, std::string>> read(const fs::path& file) {
    const auto reader = WD_TRY(ArchiveReader::open(file, *root_));
    Kept kept;
    WD_TRY(reader->read(kept));
    return kept.parts;
  }
  Result<std::map<std::string, std::string>> read_bytes(const std::string& bytes) {
    std::ofstream(path("changed"), std::ios::binary) << bytes;
    return read(path("changed"));
  }
  /// The header, then each piece with its length.
  std::vector<std::string> pieces_of(const std::string& name) {
    const std::string bytes = read_file(path(name)).value();
    std::size_t at = bytes.find('\n', bytes.find('\n') + 1) + 1;
    std::vector<std::string> pieces = {bytes.substr(0, at)};
    while (at < bytes.size()) {
      const std::uint32_t length = Reader(as_bytes(std::string_view{bytes}.substr(at, 4))).u32be().value();
      pieces.push_back(bytes.substr(at, 4 + length));
      at += 4 + length;
    }
    return pieces;
  }
  /// Each byte of the pieces, and some of the long header.
  static std::size_t stride(std::size_t at) { return at < 400 ? 13 : 1; }
  static std::string join(const std::vector<std::string>& pieces) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<crypto::KeyProvider> root_ = crypto::make_sealed_file_provider(path("root.key").string()).value();
};

TEST_F(ArchiveTest, GivesBackWhatWasWritten) {
  const std::string large(3'000'000, 'x');
  write("a", {{"control.db", "plain content"}, {"empty", ""}, {"tenants/1/config.db", large}});
  const auto parts = read(path("a"));
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ(*parts, (std::map<std::string, std::string>{
                        {"control.db", "plain content"}, {"empty", ""}, {"tenants/1/config.db", large}}));
  const auto reader = ArchiveReader::open(path("a"), *root_).value();
  EXPECT_EQ(reader->header().store, "sqlite");
  EXPECT_EQ(to_micros(reader->header().created), 1'700'000'000'000'000);
  EXPECT_EQ(read_file(path("a"))->find("plain content"), std::string::npos)
      << "nothing of it is to be read without the key";
  EXPECT_EQ(read_file(path("a"))->find("config.db"), std::string::npos);
  EXPECT_FALSE(fs::exists(path("a.part")));
  EXPECT_EQ(fs::status(path("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ArchiveTest, EveryChangedByteIsFound) {
  write("a", {{"p", "abc"}});
  const std::string good = read_file(path("a")).value();
  ASSERT_TRUE(read_bytes(good));
  for (std::size_t at = 0; at < good.size(); at += stride(at)) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(read_bytes(bad)) << at;
  }
}

TEST_F(ArchiveTest, EveryCutIsFound) {
  write("a", {{"p", "abc"}});
  const std::string good = read_file(path("a")).value();
  for (std::size_t length = 0; length < good.size(); length += stride(length))
    EXPECT_FALSE(read_bytes(good.substr(0, length))) << length;
  EXPECT_FALSE(read_bytes(good + "x"));
  EXPECT_FALSE(read_bytes(good + good));
}

TEST_F(ArchiveTest, NamesThePlaceOfWhatIsWrong) {
  write("a", {{"p", "abc"}, {"q", "def"}});
  write("b", {{"p", "abc"}, {"q", "def"}});
  const std::vector<std::string> good = pieces_of("a");
  ASSERT_EQ(good.size(), 1U + 3 + 3 + 1);
  const std::vector<std::string> other = pieces_of("b");
  const auto error = [&](std::vector<std::string> pieces) { return read_bytes(join(pieces)).error().message; };
  auto swapped = good;
  std::swap(swapped[2], swapped[5]);
  EXPECT_NE(error(swapped).find("piece 1, at byte " + std::to_string(good[0].size() + good[1].size()) +
                                ", in p: it is damaged, or does not belong here"),
            std::string::npos)
      << error(swapped);
  auto missing = good;
  missing.erase(missing.begin() + 5);
  EXPECT_NE(error(missing).find("piece 4, "), std::string::npos) << error(missing);
  EXPECT_NE(error(missing).find(", in q: "), std::string::npos) << error(missing);
  auto repeated = good;
  repeated.insert(repeated.begin() + 2, repeated[2]);
  EXPECT_NE(error(repeated).find("piece 2, "), std::string::npos) << error(repeated);
  auto foreign = good;
  foreign[2] = other[2];
  EXPECT_NE(error(foreign).find("piece 1, "), std::string::npos) << error(foreign);
  auto cut = good;
  cut.pop_back();
  EXPECT_NE(error(cut).find("the archive is cut off behind it"), std::string::npos) << error(cut);
  cut.back().pop_back();
  EXPECT_NE(error(cut).find("in q: the archive is cut off"), std::string::npos) << error(cut);
  auto longer = good;
  longer.push_back(good[1]);
  EXPECT_NE(error(longer).find("something was put behind the archive's end"), std::string::npos) << error(longer);
  auto head = good;
  head[0] = other[0];
  EXPECT_NE(error(head).find("piece 0, "), std::string::npos) << "the header of another archive";
}

TEST_F(ArchiveTest, AnotherRootKeyOpensNothing) {
  write("a", {{"p", "abc"}});
  const auto other = crypto::make_sealed_file_provider(path("other.key").string()).value();
  EXPECT_EQ(ArchiveReader::open(path("a"), *other).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(ArchiveReader::open(path("none"), *root_).error().code, ErrorCode::NotFound);
}

TEST_F(ArchiveTest, NeverReplacesAFile) {
  write("a", {{"p", "abc"}});
  const std::string before = read_file(path("a")).value();
  EXPECT_EQ(ArchiveWriter::create(path("a"), {}, *root_).error().code, ErrorCode::Conflict);
  const auto late = ArchiveWriter::create(path("b"), {}, *root_).value();
  ASSERT_TRUE(write_file_atomically(path("b"), "somebody else's"));
  EXPECT_FALSE(late->finish([](const fs::path& /*file*/) { return Result<void>{}; }));
  EXPECT_EQ(read_file(path("b")).value(), "somebody else's");
  EXPECT_EQ(read_file(path("a")).value(), before);
}

TEST_F(ArchiveTest, WhatIsUnfinishedOrFailsItsCheckGetsNoName) {
  {
    const auto archive = ArchiveWriter::create(path("a"), {}, *root_).value();
    EXPECT_TRUE(fs::exists(path("a.part")));
    EXPECT_FALSE(archive->finish([](const fs::path& /*file*/) { return Result<void>{fail(ErrorCode::Corrupt, "x")}; }));
  }
  EXPECT_FALSE(fs::exists(path("a.part")));
  EXPECT_FALSE(fs::exists(path("a")));
}

}  // namespace
}  // namespace warder::manager
