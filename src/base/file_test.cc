#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace warder {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "warder-file-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;  // NOLINT(cppcoreguidelines-non-private-member-variables-in-classes)
};

TEST_F(FileTest, WritesReadsAndReplaces) {
  const fs::path path = folder_ / "f";
  ASSERT_TRUE(write_file_atomically(path, "one", 0640));
  ASSERT_TRUE(write_file_atomically(path, "two", 0640));
  EXPECT_EQ(read_file(path).value(), "two");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, KeepsTheOldContentWhenItFails) {
  const fs::path path = folder_ / "f";
  fs::create_directory(path);  // a rename cannot replace a directory
  const auto written = write_file_atomically(path, "x");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find(path.string()), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, SaysWhyItCannotRead) {
  EXPECT_EQ(read_file(folder_ / "absent").error().code, ErrorCode::NotFound);
  EXPECT_EQ(read_file(folder_).error().code, ErrorCode::Invalid);
  ASSERT_TRUE(write_file_atomically(folder_ / "f", "12345"));
  EXPECT_TRUE(read_file(folder_ / "f", 5));
  EXPECT_EQ(read_file(folder_ / "f", 4).error().code, ErrorCode::TooLarge);
}

TEST(UniqueFd, ClosesOnce) {
  const int raw = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(raw, 0);
  UniqueFd a{raw};
  UniqueFd b{std::move(a)};
  EXPECT_FALSE(a.is_open());  // NOLINT(bugprone-use-after-move): that is what is tested
  a = std::move(b);
  EXPECT_EQ(a.get(), raw);
  EXPECT_EQ(fcntl(raw, F_GETFD), FD_CLOEXEC);
  a.reset();
  EXPECT_EQ(fcntl(raw, F_GETFD), -1);
}

}  // namespace
}  // namespace warder
