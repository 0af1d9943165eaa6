#include <gtest/gtest.h>

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

TEST(PasswordRoutes, ASessionSaysUntilWhenItsPasswordHolds) {
  TestApi api;
  ApiClient root = api.member("root");
  EXPECT_NE(root.ask("GET", "/api/v1/session").at("/password_expires"), "null");
  ASSERT_EQ(root.ask("PUT", "/api/v1/password-policy", R"({"profile":"nist-63b-4"})", {"If-Match: *"}).status, 200);
  EXPECT_EQ(root.ask("GET", "/api/v1/session").at("/password_expires"), "null");
}

}  // namespace
}  // namespace warder::manager
