#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "cli/run.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

class IpsCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "warder-ips-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write("a.rules", "alert tcp any any -> any any (msg:\"a\"; content:\"attack\"; sid:1;)\n");
    // An empty capture of Ethernet frames.
    write("a.pcap", std::string_view("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0", 24));
    environment_.variable = [](const std::string&) { return std::optional<std::string>(); };
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file_atomically(folder_ / name, text));
  }
  int run_with(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    return run(arguments, environment_);
  }
  int replay(const std::string& rules) {
    return run_with({"ips", "replay", "--rules", folder_ / rules, "--pcap", folder_ / "a.pcap"});
  }

  // NOLINTBEGIN(cppcoreguidelines-non-private-member-variables-in-classes)
  fs::path folder_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::istringstream in_;
  Environment environment_{out_, err_, in_};
  // NOLINTEND(cppcoreguidelines-non-private-member-variables-in-classes)
};

TEST_F(IpsCommand, TellsRulesLeftOutFromWhatCouldNotBeDone) {
  EXPECT_EQ(replay("a.rules"), 0) << err_.str();
  write("bad.rules", "alert tcp any any -> any any (content:\"attack\"; no_such_keyword; sid:1;)\n");
  EXPECT_EQ(replay("bad.rules"), 1);
  EXPECT_NE(err_.str().find("bad.rules:1: sid 1"), std::string::npos) << err_.str();
  EXPECT_EQ(replay("none.rules"), 2);
  EXPECT_EQ(run_with({"ips", "check", folder_ / "none.rules"}), 2);
}

TEST_F(IpsCommand, RefusesADamagedImage) {
  ASSERT_EQ(run_with({"ips", "compile", folder_ / "a.rules", "--output", folder_ / "a.image"}), 0) << err_.str();
  EXPECT_EQ(replay("a.image"), 0) << err_.str();
  const auto whole = *read_file(folder_ / "a.image", 1U << 20U);
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{9}, std::size_t{40}, whole.size() / 2, whole.size() - 1}) {
    auto damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    write("damaged.image", damaged);
    EXPECT_EQ(replay("damaged.image"), 2) << place << ": " << err_.str();
  }
  write("damaged.image", std::string_view(whole).substr(0, whole.size() - 1));
  EXPECT_EQ(replay("damaged.image"), 2) << err_.str();
}

}  // namespace
}  // namespace warder::cli
