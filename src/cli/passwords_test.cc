#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "cli/run.h"
#include "manager/store/temporary_directory.h"

namespace warder::cli {
namespace {

class PasswordsCommand : public ::testing::Test {
 protected:
  int warder(const std::vector<std::string>& arguments, const std::string& input = {}) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in(input);
    Environment environment{out, err, in};
    environment.variable = [](const std::string&) { return std::nullopt; };
    const int code = run(arguments, environment);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  manager::TemporaryDirectory folder_;
  std::string out_;
  std::string err_;
};

TEST_F(PasswordsCommand, MakesAListThatRefusesItsPasswords) {
  ASSERT_EQ(warder({"--json", "passwords", "build-list", "-", "-o", path("breached.list")},
                   "tzqkwvrmpxlbdfg\nanother one\nanother one\n"),
            0)
      << err_;
  EXPECT_EQ(parse_json(out_)->at("passwords"), 2);
  const std::vector<std::string> check = {"passwords",       "check", "--profile", "nist-63b-4",
                                          "--password-file", "-",     "--lists",   folder_.path().string()};
  EXPECT_EQ(warder(check, "tzqkwvrmpxlbdfg\n"), 1);
  EXPECT_NE(out_.find("others have used"), std::string::npos) << out_;
  EXPECT_EQ(warder(check, "tzqkwvrmpxlbdfh\n"), 0) << out_;
}

TEST_F(PasswordsCommand, TriesAPasswordAgainstNames) {
  std::vector<std::string> check = {"passwords", "check", "--password-file", "-", "--lists", path("none")};
  EXPECT_EQ(warder(check, "Qx7-yamada-zk\n"), 0) << out_;
  check.insert(check.end(), {"--word", "ヤマダ"});
  EXPECT_EQ(warder(check, "Qx7-yamada-zk\n"), 1);
  EXPECT_NE(out_.find("names"), std::string::npos) << out_;
}

TEST_F(PasswordsCommand, ShowsWhatEachProfileBreaks) {
  ASSERT_EQ(warder({"--json", "passwords", "profiles"}), 0) << err_;
  const auto profiles = parse_json(out_).value();
  EXPECT_EQ(profiles.at(0).at("id"), "pci-4.0.1+seed");
  EXPECT_EQ(profiles.at(0).at("rules").at("history"), 4);
  EXPECT_NE(out_.find("NIST SP 800-63B-4, 3.1.1.2"), std::string::npos);
}

}  // namespace
}  // namespace warder::cli
