#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "cli/run.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

class ContentBuild : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "warder-content-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directories(folder_ / "rules" / "sshd");
    std::ofstream(folder_ / "rules" / "sshd" / "a.xml") << "<rule/>";
  }
  void TearDown() override { fs::remove_all(folder_); }

  int warder(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in;
    Environment environment{out, err, in};
    environment.variable = [](const std::string&) { return std::nullopt; };
    const int code = run(arguments, environment);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  int build() {
    return warder({"--json", "content", "build", path("rules"), "--name", "rules", "--pack-version", "1.0", "--licence",
                   "MIT", "--key", path("key"), "--output", path("rules.wpk")});
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
  std::string out_;
  std::string err_;
};

TEST_F(ContentBuild, KeyPackAndVerificationFitTogether) {
  ASSERT_EQ(warder({"content", "keygen", path("key")}), 0) << err_;
  struct stat status {};
  ASSERT_EQ(::stat(path("key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(build(), 0) << err_;
  const auto built = parse_json(out_).value();
  ASSERT_EQ(warder({"--json", "content", "verify", path("rules.wpk"), "--keys", folder_}), 0) << err_;
  const auto verified = parse_json(out_).value();
  EXPECT_EQ(verified.at("digest"), built.at("digest"));
  EXPECT_EQ(verified.at("signer"), "key");
  EXPECT_EQ(verified.at("files"), 1);
}

TEST_F(ContentBuild, KeysAreNotOverwritten) {
  ASSERT_EQ(warder({"content", "keygen", path("key")}), 0) << err_;
  EXPECT_NE(warder({"content", "keygen", path("key")}), 0);
  fs::remove(path("key"));
  EXPECT_NE(warder({"content", "keygen", path("key")}), 0) << "the public half is still there";
}

TEST_F(ContentBuild, RefusalsSayWhy) {
  EXPECT_NE(build(), 0);
  EXPECT_NE(err_.find("key"), std::string::npos) << err_;
  ASSERT_EQ(warder({"content", "keygen", path("key")}), 0) << err_;
  ASSERT_EQ(build(), 0) << err_;
  fs::remove(path("key"));
  fs::remove(path("key.pub"));
  ASSERT_EQ(warder({"content", "keygen", path("key")}), 0) << err_;
  EXPECT_NE(warder({"content", "verify", path("rules.wpk"), "--keys", folder_}), 0);
  EXPECT_NE(err_.find("not a trusted key"), std::string::npos) << err_;
}

}  // namespace
}  // namespace warder::cli
