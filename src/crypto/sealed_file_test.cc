#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "crypto/key_provider.h"

namespace warder::crypto {
namespace {

class SealedFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sealed-file-XXXXXX";
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
  EXPECT_EQ(unwrapped.error().code, ErrorCode::NotFound);
  EXPECT_NE(unwrapped.error().message.find("root key root-"), std::string::npos);
}

TEST_F(SealedFile, ANewRootKeyWrapsAndTheOldOneUnwrapsUntilItIsForgotten) {
  const auto provider = make_sealed_file_provider(path()).value();
  const auto other = make_sealed_file_provider(path()).value();
  const std::string first = provider->root().value();
  const Bytes before = provider->wrap("p", Bytes(32, 7)).value();
  ASSERT_TRUE(provider->rotate());
  const Bytes after = provider->wrap("p", Bytes(32, 8)).value();
  EXPECT_EQ(provider->root_of(before).value(), first);
  EXPECT_EQ(provider->root_of(after).value(), provider->root().value());
  EXPECT_NE(provider->root().value(), first);
  for (KeyProvider* one : {provider.get(), other.get()}) {
    EXPECT_EQ(one->unwrap("p", before).value(), Bytes(32, 7));
    EXPECT_EQ(one->unwrap("p", after).value(), Bytes(32, 8)) << "made by another process since";
  }
  ASSERT_TRUE(provider->forget_old());
  EXPECT_EQ(provider->unwrap("p", before).error().code, ErrorCode::NotFound);
  EXPECT_EQ(provider->unwrap("p", after).value(), Bytes(32, 8));
  EXPECT_EQ(make_sealed_file_provider(path()).value()->unwrap("p", after).value(), Bytes(32, 8));
}

TEST_F(SealedFile, WrapsUnderTheNewestRootKeyOfAnyProcess) {
  const auto provider = make_sealed_file_provider(path()).value();
  const auto other = make_sealed_file_provider(path()).value();
  ASSERT_TRUE(provider->rotate());
  EXPECT_EQ(other->root_of(other->wrap("p", Bytes(32)).value()).value(), provider->root().value());
}

TEST_F(SealedFile, StaysPrivateWhenItIsRotated) {
  const auto provider = make_sealed_file_provider(path()).value();
  ASSERT_TRUE(provider->rotate());
  ASSERT_TRUE(provider->forget_old());
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(status.st_size, 65);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 1);
}

}  // namespace
}  // namespace warder::crypto
