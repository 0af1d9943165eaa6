// For tests: the command line with a manager that answers as it is told to.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run.h"

namespace warder::cli::testing {

inline constexpr const char* kId = "019353c8-74ac-7000-8000-0123456789ab";

/// A manager that answers by method and target, and remembers what it was asked.
struct FakeManager {
  std::map<std::string, std::deque<client::Answer>> answers;  // the last one stays
  std::vector<client::Request> requests;
  std::vector<client::HttpsOptions> connections;

  Result<client::Answer> answer(const client::Request& request) {
    requests.push_back(request);
    const auto known = answers.find(request.method + " " + request.target);
    if (known == answers.end()) return client::Answer{404, R"({"title":"no such thing"})"};
    client::Answer out = known->second.front();
    if (known->second.size() > 1) known->second.pop_front();
    return out;
  }
};

class FakeTransport final : public client::Transport {
 public:
  explicit FakeTransport(FakeManager& manager) : manager_(manager) {}
  Result<client::Answer> perform(const client::Request& request) override { return manager_.answer(request); }
  Result<client::Answer> stream(const client::Request& request,
                                const std::function<bool(std::string_view)>& on_data) override {
    client::Answer answer = WD_TRY(manager_.answer(request));
    if (answer.status != 200) return answer;
    on_data(answer.body);
    return client::Answer{200, ""};
  }

 private:
  FakeManager& manager_;
};

class Cli : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "warder-cli-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    environment_.config_directory = folder_ / "config";
    environment_.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    environment_.ask_secret = [this](std::string_view prompt) -> Result<std::string> {
      if (typed_.empty()) return fail(ErrorCode::Invalid, std::string(prompt) + ": no terminal");
      std::string answer = typed_.front();
      typed_.pop_front();
      return answer;
    };
    environment_.now = [] { return from_micros(1'795'303'515'000'000); };
    environment_.wait = [](std::chrono::milliseconds) {};
    environment_.connect = [this](client::HttpsOptions options) -> Result<std::unique_ptr<client::Transport>> {
      manager_.connections.push_back(options);
      return std::make_unique<FakeTransport>(manager_);
    };
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  int run_with(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return run(arguments, environment_);
  }
  /// Runs as someone who is logged in.
  int run_as_admin(const std::vector<std::string>& arguments) {
    variables_["WARDER_URL"] = "https://m:8443";
    variables_["WARDER_TOKEN"] = "wdk_x";
    return run_with(arguments);
  }
  void answer(const std::string& request, int status, const std::string& body) {
    manager_.answers[request].push_back({status, body});
  }

  // NOLINTBEGIN(cppcoreguidelines-non-private-member-variables-in-classes)
  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
  std::deque<std::string> typed_;
  FakeManager manager_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::istringstream in_;
  Environment environment_{out_, err_, in_};
  // NOLINTEND(cppcoreguidelines-non-private-member-variables-in-classes)
};

}  // namespace warder::cli::testing
