#include "crypto/seal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace warder::crypto {
namespace {

constexpr std::string_view kPlace = "tenant|users|42|email";

TEST(Seal, OpensAtItsPlaceWithItsKey) {
  const DataKey key = DataKey::generate("tenant-1", 3);
  const Bytes box = seal(key, kPlace, as_bytes("a@example.org"));
  EXPECT_EQ(as_text(open_sealed(key, kPlace, box).value()), "a@example.org");
  const SealedHeader header = read_sealed_header(box).value();
  EXPECT_EQ(header.key_id, "tenant-1");
  EXPECT_EQ(header.epoch, 3U);
}

RC_GTEST_PROP(Seal, OpenIsTheInverse, (const std::vector<std::uint8_t>& plaintext, const std::string& place)) {
  const DataKey key = DataKey::generate("k", 1);
  RC_ASSERT(open_sealed(key, place, seal(key, place, plaintext)).value() == plaintext);
}

TEST(Seal, TwoBoxesOfOneTextDiffer) {
  const DataKey key = DataKey::generate("k", 1);
  EXPECT_NE(seal(key, kPlace, as_bytes("x")), seal(key, kPlace, as_bytes("x")));
}

TEST(Seal, RefusesAnotherKeyOrPlace) {
  const DataKey key = DataKey::generate("k", 1);
  const Bytes box = seal(key, kPlace, as_bytes("secret"));
  struct Case {
    const char* name;
    DataKey key;
    std::string place;
  };
  std::vector<Case> cases;
  cases.push_back({"other row", DataKey{"k", 1, {key.key().begin(), key.key().end()}}, "tenant|users|43|email"});
  cases.push_back({"no place", DataKey{"k", 1, {key.key().begin(), key.key().end()}}, ""});
  cases.push_back({"other bytes, same name", DataKey::generate("k", 1), std::string{kPlace}});
  cases.push_back(
      {"same bytes, other name", DataKey{"l", 1, {key.key().begin(), key.key().end()}}, std::string{kPlace}});
  cases.push_back(
      {"same bytes, other epoch", DataKey{"k", 2, {key.key().begin(), key.key().end()}}, std::string{kPlace}});
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto opened = open_sealed(c.key, c.place, box);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
  }
}

TEST(Seal, RefusesEveryTruncationAndEveryFlippedBit) {
  const DataKey key = DataKey::generate("key", 1);
  const Bytes box = seal(key, kPlace, as_bytes("secret"));
  for (std::size_t length = 0; length < box.size(); ++length) {
    EXPECT_FALSE(open_sealed(key, kPlace, ByteView{box}.first(length)).has_value()) << length;
  }
  for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
    Bytes altered = box;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(open_sealed(key, kPlace, altered).has_value()) << bit;
  }
  Bytes longer = box;
  longer.push_back(0);
  EXPECT_FALSE(open_sealed(key, kPlace, longer).has_value());
}

TEST(Seal, HeaderAndPlaceCannotBeShiftedIntoOneAnother) {
  const Bytes raw(32, 9);
  const DataKey key{"k", 0x61616161, raw};
  const Bytes box = seal(key, "b", as_bytes("x"));
  EXPECT_FALSE(open_sealed(key, "", box).has_value());
  EXPECT_FALSE(open_sealed(key, "ab", box).has_value());
}

class SealedFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "seal-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ / "root.key"; }

  std::filesystem::path folder_;
};

TEST_F(SealedFile, KeepsItsKeyAcrossRestarts) {
  const Bytes key(32, 5);
  const Bytes wrapped = make_sealed_file_provider(path()).value()->wrap("tenant-1", key).value();
  const auto again = make_sealed_file_provider(path()).value();
  EXPECT_EQ(again->name(), "sealed-file");
  EXPECT_EQ(again->unwrap("tenant-1", wrapped).value(), key);
  EXPECT_FALSE(again->unwrap("tenant-2", wrapped).has_value());
}

TEST_F(SealedFile, IsPrivateAndLeavesNothingBeside) {
  ASSERT_TRUE(make_sealed_file_provider(path()).has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 1);
}

TEST_F(SealedFile, RefusesAFileThatOthersCanRead) {
  ASSERT_TRUE(make_sealed_file_provider(path()).has_value());
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
    const auto provider = make_sealed_file_provider(path());
    ASSERT_FALSE(provider.has_value()) << mode;
    EXPECT_EQ(provider.error().code, ErrorCode::Forbidden);
  }
}

TEST_F(SealedFile, RefusesWhatIsNoKey) {
  const std::vector<std::string> contents{"", "abc", "zz", std::string(64, 'g'), std::string(66, '0')};
  for (const std::string& content : contents) {
    std::ofstream{path()} << content;
    ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
    EXPECT_FALSE(make_sealed_file_provider(path()).has_value()) << content;
  }
}

TEST_F(SealedFile, RefusesALinkAndAMissingFolder) {
  ASSERT_TRUE(make_sealed_file_provider(path()).has_value());
  const std::string link = folder_ / "link";
  std::filesystem::create_symlink(path(), link);
  EXPECT_FALSE(make_sealed_file_provider(link).has_value());
  EXPECT_FALSE(make_sealed_file_provider(folder_ / "none" / "root.key").has_value());
}

TEST_F(SealedFile, AnotherRootKeyDoesNotUnwrap) {
  const Bytes wrapped = make_sealed_file_provider(path()).value()->wrap("p", Bytes(32)).value();
  const auto other = make_sealed_file_provider(folder_ / "other.key").value();
  const auto unwrapped = other->unwrap("p", wrapped);
  ASSERT_FALSE(unwrapped.has_value());
  EXPECT_NE(unwrapped.error().message.find("not sealed with key root-"), std::string::npos);
}

}  // namespace
}  // namespace warder::crypto
