#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "cli/run.h"
#include "manager/store/temporary_directory.h"

namespace warder::cli {
namespace {

/// A manager that has one password policy.
class PolicyTransport final : public client::Transport {
 public:
  explicit PolicyTransport(std::vector<client::Request>& requests) : requests_(requests) {}
  Result<client::Answer> perform(const client::Request& request) override {
    requests_.push_back(request);
    return client::Answer{200, R"({"profile":"nist-63b-4","profile_version":1,"overrides":{},"rules":{},"etag":"\"1\"",
        "breaks":[{"profile":"seed-2018","rule":"max_age_days","clause":"2018 rule 1"}]})"};
  }
  Result<client::Answer> stream(const client::Request& request, const std::function<bool(std::string_view)>&) override {
    return perform(request);
  }

 private:
  std::vector<client::Request>& requests_;
};

class PasswordsCommand : public ::testing::Test {
 protected:
  int warder(const std::vector<std::string>& arguments, const std::string& input = {}) {
    std::ostringstream out;
    std::ostringstream err;
    std::istringstream in(input);
    Environment environment{out, err, in};
    environment.variable = [](const std::string& name) -> std::optional<std::string> {
      if (name == "WARDER_URL") return "https://m:8443";
      if (name == "WARDER_TOKEN") return "wdk_x";
      return std::nullopt;
    };
    environment.connect = [this](const client::HttpsOptions&) -> Result<std::unique_ptr<client::Transport>> {
      return std::make_unique<PolicyTransport>(requests_);
    };
    const int code = run(arguments, environment);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  manager::TemporaryDirectory folder_;
  std::vector<client::Request> requests_;
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

TEST_F(PasswordsCommand, ShowsAndSetsTheTenantsRules) {
  ASSERT_EQ(warder({"password-policy", "set", "nist-63b-4", "--rule", "min_length=20", "--rule", "history=2",
                    "--second-factor-role", "full-access"}),
            0)
      << err_;
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(requests_[1].method, "PUT");
  EXPECT_EQ(requests_[1].target, "/api/v1/password-policy");
  EXPECT_EQ(
      requests_[1].body,
      R"({"profile":"nist-63b-4","overrides":{"min_length":20,"history":2},"second_factor_roles":["full-access"]})");
  EXPECT_NE(out_.find("2018 rule 1"), std::string::npos) << out_;
  EXPECT_EQ(warder({"password-policy", "set", "nist-63b-4", "--rule", "min_length"}), 1);
  EXPECT_NE(err_.find("RULE=VALUE"), std::string::npos);
}

}  // namespace
}  // namespace warder::cli
