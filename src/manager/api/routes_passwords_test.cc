#include <gtest/gtest.h>

#include "manager/api/guarded_stream.h"
#include "manager/api/testing.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

TEST(PasswordRoutes, ShowProfilesAndWhatTheyBreak) {
  TestApi api;
  ApiClient auditor = api.member("eve", "auditor");
  const Answer profiles = auditor.ask("GET", "/api/v1/password-profiles");
  ASSERT_EQ(profiles.status, 200) << profiles.text;
  EXPECT_EQ(profiles.at("/items/3/id"), "nist-63b-4");
  EXPECT_EQ(profiles.at("/items/3/rules/both_cases"), "false");
  EXPECT_EQ(profiles.at("/items/3/breaks/0/profile"), "pci-4.0.1+seed");
}

TEST(PasswordRoutes, TheTenantChooses) {
  TestApi api;
  ApiClient root = api.member("root");
  ApiClient auditor = api.member("eve", "auditor");
  const Answer before = auditor.ask("GET", "/api/v1/password-policy");
  ASSERT_EQ(before.status, 200) << before.text;
  EXPECT_EQ(before.at("/profile"), "pci-4.0.1+seed");
  const std::string body = R"({"profile":"nist-63b-4","overrides":{"min_length":16}})";
  const std::string match = "If-Match: " + before.at("/etag");
  EXPECT_EQ(auditor.ask("PUT", "/api/v1/password-policy", body, {match}).status, 403);
  EXPECT_EQ(root.ask("PUT", "/api/v1/password-policy", body).status, 428);
  const Answer set = root.ask("PUT", "/api/v1/password-policy", body, {match});
  ASSERT_EQ(set.status, 200) << set.text;
  EXPECT_EQ(set.at("/rules/min_length"), "16");
  EXPECT_EQ(set.at("/overrides"), R"({"min_length":16})");
  EXPECT_EQ(root.ask("PUT", "/api/v1/password-policy", body, {match}).status, 412);
  const Answer weaker = root.ask("PUT", "/api/v1/password-policy",
                                 R"({"profile":"nist-63b-4","overrides":{"min_length":8}})", {"If-Match: *"});
  EXPECT_EQ(weaker.status, 400);
  EXPECT_EQ(weaker.at("/errors/0/pointer"), "/overrides/min_length") << weaker.text;
}

TEST(PasswordRoutes, ALinkIsMadeHandedOverAndUsedOnce) {
  TestApi api;
  ApiClient root = api.member("root");
  ApiClient eve = api.member("eve", "auditor");
  const std::string id = eve.ask("GET", "/api/v1/session").at("/user/id");
  EXPECT_EQ(eve.ask("POST", "/api/v1/users/" + id + "/password-reset").status, 403);
  const Answer link = root.ask("POST", "/api/v1/users/" + id + "/compromised");
  ASSERT_EQ(link.status, 201) << link.text;
  EXPECT_EQ(link.at("/path"), "/reset#" + link.at("/token"));
  EXPECT_EQ(eve.ask("GET", "/api/v1/session").status, 401);
  const std::string body = R"({"token":")" + link.at("/token") + R"(","new":"Qzk-Wvrm-Pxlbd-101"})";
  ApiClient anybody = api.client();
  const Answer personal =
      anybody.ask("POST", "/api/v1/password-resets", R"({"token":")" + link.at("/token") + R"(","new":"x"})");
  EXPECT_EQ(personal.at("/errors/0/pointer"), "/new") << personal.text;
  EXPECT_EQ(anybody.ask("POST", "/api/v1/password-resets", body).status, 204);
  EXPECT_EQ(anybody.ask("POST", "/api/v1/password-resets", body).at("/errors/0/pointer"), "/token");
  EXPECT_EQ(anybody.log_in("eve", "Qzk-Wvrm-Pxlbd-101").status, 200);
}

TEST(PasswordRoutes, NobodySetsThePasswordOfAnExistingUser) {
  TestApi api;
  ApiClient root = api.member("root");
  ApiClient eve = api.member("eve", "auditor");
  const std::string id = eve.ask("GET", "/api/v1/session").at("/user/id");
  const Answer refused =
      root.ask("PATCH", "/api/v1/users/" + id, R"({"password":"Qzk-Wvrm-Pxlbd-101"})", {"If-Match: *"});
  EXPECT_EQ(refused.status, 400) << refused.text;
  EXPECT_EQ(api.client().log_in("eve", "Own-Phrase-Qzkw-1").status, 200);
}

TEST(PasswordRoutes, SessionsAreSeenAndEndedByTheirOwner) {
  TestApi api;
  ApiClient root = api.member("root");
  ApiClient browser = api.client();
  ASSERT_EQ(browser.log_in("root", "Own-Phrase-Qzkw-1").at("/previous_address"), "127.0.0.1");
  const Answer sessions = root.ask("GET", "/api/v1/sessions");
  ASSERT_EQ(sessions.body.at("items").as_array().size(), 2U) << sessions.text;
  for (const json::value& item : sessions.body.at("items").as_array()) {
    if (item.at("current").as_bool()) continue;
    EXPECT_EQ(item.at("kind"), "browser");
    EXPECT_EQ(root.ask("DELETE", "/api/v1/sessions/" + std::string(item.at("id").as_string())).status, 204);
  }
  EXPECT_EQ(browser.ask("GET", "/api/v1/session").status, 401);
}

TEST(SessionRoutes, AdministratorsSeeAndEndThoseOfOthers) {
  TestApi api;
  ApiClient root = api.member("root");
  ApiClient eve = api.member("eve", "auditor");
  EXPECT_FALSE(root.ask("GET", "/api/v1/user-sessions?limit=1").body.at("next_cursor").is_null());
  const std::string of_eve = "/api/v1/users/" + eve.ask("GET", "/api/v1/session").at("/user/id") + "/sessions";
  const Answer one = root.ask("GET", of_eve);
  EXPECT_EQ(one.at("/items/0/username"), "eve") << one.text;
  EXPECT_EQ(one.at("/items/0/method"), "password");
  const std::string session = "/api/v1/user-sessions/" + one.at("/items/0/id");
  EXPECT_EQ(eve.ask("DELETE", session).status, 403);
  EXPECT_EQ(root.ask("DELETE", session).status, 204);
  EXPECT_EQ(root.ask("DELETE", session).status, 404);
  EXPECT_EQ(eve.ask("GET", "/api/v1/session").status, 401);
  EXPECT_EQ(root.ask("GET", of_eve).at("/items/0/reason"), "ended-by-administrator");
  ApiClient again = api.client();
  ASSERT_EQ(again.log_in("eve", "Own-Phrase-Qzkw-1").status, 200);
  EXPECT_EQ(root.ask("DELETE", of_eve).status, 204);
  EXPECT_EQ(again.ask("GET", "/api/v1/session").status, 401);
}

TEST(GuardedStream, EndsWithItsSession) {
  struct Memory final : ResponseStream {
    bool write(std::string_view bytes) override {
      text += bytes;
      return true;
    }
    void close() override { open = false; }
    [[nodiscard]] bool is_open() const override { return open; }
    std::string text;
    bool open = true;
  };
  const auto memory = std::make_shared<Memory>();
  bool is_in_force = true;
  const auto stream = guarded(
      memory, [&] { return is_in_force; }, std::chrono::milliseconds(0));
  EXPECT_TRUE(stream->write("a"));
  is_in_force = false;
  EXPECT_FALSE(stream->write("b"));
  is_in_force = true;
  EXPECT_FALSE(stream->write("c"));
  EXPECT_EQ(memory->text, "a");
  EXPECT_FALSE(stream->is_open());
}

TEST(PasswordRoutes, ASessionSaysUntilWhenItsPasswordHolds) {
  TestApi api;
  ApiClient root = api.member("root");
  EXPECT_NE(root.ask("GET", "/api/v1/session").at("/password_expires"), "null");
  ASSERT_EQ(root.ask("PUT", "/api/v1/password-policy", R"({"profile":"nist-63b-4"})", {"If-Match: *"}).status, 200);
  EXPECT_EQ(root.ask("GET", "/api/v1/session").at("/password_expires"), "null");
}

}  // namespace
}  // namespace warder::manager
