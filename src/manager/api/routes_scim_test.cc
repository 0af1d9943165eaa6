#include <gtest/gtest.h>

#include "manager/api/testing.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

const std::vector<std::string> kScim = {"Content-Type: application/scim+json"};

struct TestProvisioning {
  TestProvisioning() : admin(api.member("root")) {
    provider = make("Directory");
    key = key_of(provider);
  }
  std::string make(const std::string& name) {
    return admin
        .ask("POST", "/api/v1/identity-providers",
             R"({"kind":"scim","name":")" + name +
                 R"(","settings":{},"mappings":[{"group":"ops","roles":["operator"]}]})")
        .at("/id");
  }
  ApiClient key_of(const std::string& id) {
    const Answer made = admin.ask("POST", "/api/v1/api-keys",
                                  R"({"name":"scim","rights":["scim:write"],"identity_provider_id":")" + id + "\"}");
    EXPECT_EQ(made.status, 201) << made.text;
    ApiClient client = api.client();
    client.bearer = made.at("/key");
    return client;
  }

  TestApi api;
  ApiClient admin;
  std::string provider;
  ApiClient key{0};
};

TEST(ScimRoutes, SpeakScimsOwnTypeAndErrors) {
  TestProvisioning test;
  const Answer made = test.key.ask("POST", "/scim/v2/Users", R"({"userName":"ann"})", kScim);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.headers.at("content-type"), "application/scim+json");
  EXPECT_EQ(made.headers.at("etag"), "W/\"1\"");
  EXPECT_EQ(made.headers.at("location"), made.at("/meta/location"));
  const std::string path = "/scim/v2/Users/" + made.at("/id");
  EXPECT_TRUE(made.at("/meta/location").ends_with(path));
  EXPECT_EQ(test.key.ask("GET", path).at("/userName"), "ann");
  EXPECT_EQ(test.key.ask("GET", "/api/v1" + path).at("/userName"), "ann") << "the contract's own place";
  EXPECT_EQ(test.key.ask("GET", path, {}, {"If-None-Match: W/\"1\""}).status, 304);
  EXPECT_EQ(test.key.ask("POST", "/scim/v2/Users", R"({"userName":"bob"})").status, 201) << "plain JSON is taken";

  const struct {
    const char* method;
    std::string path;
    const char* body;
    std::vector<std::string> headers;
    long status;
    const char* type;
  } cases[] = {
      {"POST", "/scim/v2/Users", R"({"userName":"ANN"})", kScim, 409, "uniqueness"},
      {"POST", "/scim/v2/Users", R"({"displayName":"x"})", kScim, 400, "invalidValue"},
      {"POST", "/scim/v2/Users", "[]", kScim, 400, "invalidValue"},
      {"POST", "/scim/v2/Users", "{}", {"Content-Type: text/plain"}, 415, "absent"},
      {"GET", "/scim/v2/Users?filter=userName%20is%20%22x%22", "", {}, 400, "invalidFilter"},
      {"GET", "/scim/v2/Users?sortBy=shoeSize", "", {}, 400, "invalidPath"},
      {"GET", "/scim/v2/Users/none", "", {}, 404, "absent"},
      {"GET", "/scim/v2/Bulk", "", {}, 404, "absent"},
      {"POST", "/scim/v2/ServiceProviderConfig", "{}", kScim, 405, "absent"},
      {"PATCH", path, R"({"Operations":[{"op":"remove","path":"userName"}]})", kScim, 400, "mutability"},
      {"PATCH", path, R"({"Operations":[{"op":"add","path":"shoe","value":"x"}]})", kScim, 400, "invalidPath"},
      {"PUT", path, R"({"userName":"x"})", {"Content-Type: application/scim+json", "If-Match: W/\"7\""}, 412, "absent"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(std::string(each.method) + " " + each.path + " " + each.body);
    const Answer answer = test.key.ask(each.method, each.path, each.body, each.headers);
    EXPECT_EQ(answer.status, each.status) << answer.text;
    EXPECT_EQ(answer.headers.at("content-type"), "application/scim+json");
    EXPECT_EQ(answer.at("/schemas/0"), "urn:ietf:params:scim:api:messages:2.0:Error");
    EXPECT_EQ(answer.at("/status"), std::to_string(each.status));
    EXPECT_EQ(answer.at("/scimType"), each.type);
  }
  const Answer stranger = test.api.client().ask("GET", "/scim/v2/Users");
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(stranger.at("/status"), "401");
}

TEST(ScimRoutes, DescribeThemselves) {
  TestProvisioning test;
  const Answer config = test.key.ask("GET", "/scim/v2/ServiceProviderConfig");
  EXPECT_EQ(config.at("/bulk/supported"), "false");
  EXPECT_EQ(config.at("/patch/supported"), "true");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/ResourceTypes").at("/totalResults"), "2");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/ResourceTypes/Group").at("/endpoint"), "/Groups");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/Schemas").at("/Resources/0/name"), "User");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").at("/name"), "Group");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/Schemas/x").status, 404);
}

TEST(ScimRoutes, ListsInPagesWithChosenAttributes) {
  TestProvisioning test;
  for (const char* name : {"a", "b", "c"})
    ASSERT_EQ(test.key.ask("POST", "/scim/v2/Users", R"({"userName":")" + std::string(name) + "\"}", kScim).status,
              201);
  const Answer page = test.key.ask(
      "GET", "/scim/v2/Users?startIndex=2&count=1&sortBy=userName&sortOrder=descending&attributes=userName");
  EXPECT_EQ(page.at("/totalResults"), "3");
  EXPECT_EQ(page.at("/startIndex"), "2");
  EXPECT_EQ(page.at("/itemsPerPage"), "1");
  EXPECT_EQ(page.at("/Resources/0/userName"), "b");
  EXPECT_EQ(page.at("/Resources/0/meta"), "absent");
  EXPECT_NE(page.at("/Resources/0/id"), "absent");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/Users?count=0").at("/itemsPerPage"), "0");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/Users?count=-3&startIndex=-1").at("/startIndex"), "1");
  EXPECT_EQ(test.key.ask("GET", "/scim/v2/Users?startIndex=9").at("/itemsPerPage"), "0");
}

TEST(ScimRoutes, AKeyIsForOneProviderAndNothingElse) {
  TestProvisioning test;
  const std::string second = test.make("Second");
  ApiClient other = test.key_of(second);
  const Answer ann = test.key.ask("POST", "/scim/v2/Users", R"({"userName":"ann"})", kScim);
  EXPECT_EQ(other.ask("GET", "/scim/v2/Users/" + ann.at("/id")).status, 404);
  EXPECT_EQ(other.ask("DELETE", "/scim/v2/Users/" + ann.at("/id")).status, 404);
  EXPECT_EQ(other.ask("GET", "/scim/v2/Users").at("/totalResults"), "0");
  EXPECT_EQ(test.key.ask("GET", "/api/v1/users").status, 403);
  EXPECT_EQ(test.key.ask("GET", "/api/v1/identity-providers").status, 403);
  EXPECT_EQ(test.admin.ask("GET", "/scim/v2/Users").status, 409) << "of two, which?";
  const auto refused = [&](const std::string& rights, const std::string& provider) {
    return test.admin
        .ask("POST", "/api/v1/api-keys",
             R"({"name":"x","rights":)" + rights + R"(,"identity_provider_id":")" + provider + "\"}")
        .status;
  };
  EXPECT_EQ(refused(R"(["scim:write","users:read"])", second), 400);
  EXPECT_EQ(refused(R"(["users:read"])", second), 400);
  EXPECT_EQ(refused(R"(["scim:write"])", "018f0000-0000-7000-8000-000000000000"), 400);
}

}  // namespace
}  // namespace warder::manager
