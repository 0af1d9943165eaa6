#include "agent/control.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/testing.h"
#include "base/json.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

class ControlTest : public ::testing::Test {
 protected:
  ControlTest() {
    server_ = std::move(*ControlServer::create(
        path(),
        [this](const Caller& caller, const json::object& request) -> Result<json::object> {
          caller_ = caller;
          if (get_string(request, "command").value_or("") == "fail") return fail(ErrorCode::Forbidden, "you may not");
          return json::object{{"echo", request}};
        },
        log_));
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "run" / "agent.sock"; }
  Result<json::object> ask(const json::object& request) { return ask_agent(path(), request, milliseconds{5000}); }

  testing::Directory directory_;
  testing::QuietLog log_;
  Caller caller_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, AnswersAndKnowsWhoAsks) {
  const auto answer = ask({{"command", "status"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(json::serialize(*answer), R"({"echo":{"command":"status"}})");
  EXPECT_EQ(caller_.pid, ::getpid());
  EXPECT_EQ(caller_.user, ::geteuid());
}

TEST_F(ControlTest, CarriesErrorsWithTheirCode) {
  const auto answer = ask({{"command", "fail"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(answer.error().message, "you may not");
}

TEST_F(ControlTest, IsForItsOwnerOnly) {
  struct stat found {};
  ASSERT_EQ(::stat(path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(ControlTest, RefusesRequestsThatAreTooLong) {
  EXPECT_FALSE(ask({{"command", std::string(100'000, 'x')}}));
  EXPECT_TRUE(ask({{"command", "still there"}}));
}

TEST_F(ControlTest, IsGoneWithItsServer) {
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_EQ(ask({}).error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace warder::agent
