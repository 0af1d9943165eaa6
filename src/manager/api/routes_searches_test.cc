// Views of the console's pages over the API, with rights; every answer is held against the contract.
#include "manager/api/routes_searches.h"

#include <gtest/gtest.h>

#include <memory>

#include "manager/api/testing.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

struct Fixture {
  /// Somebody with a role of these rights.
  ApiClient somebody(const std::string& name, Rights rights) {
    const auto role =
        api.identity.identity.roles().create(api.identity.tenants.scope(), {"of-" + name, "", std::move(rights)});
    EXPECT_TRUE(role) << role.error().message;
    return api.member(name, "of-" + name);
  }

  std::unique_ptr<SavedSearches> searches;
  TestApi api{{}, "/nonexistent", {}, {search_schema()}, {}, [this](Routes& routes, testing::TestIdentity& test) {
                searches = std::make_unique<SavedSearches>(*test.tenants, test.audit, test.clock);
                add_search_routes(routes, *searches);
              }};
};

constexpr const char* kPath = "/api/v1/saved-searches";

TEST(SearchRoutes, KeepAllThatThePagesAddressSays) {
  Fixture test;
  ApiClient root = test.api.member("root");
  const Answer made = root.ask(
      "POST", kPath, R"({"name":"worst","query":"filter=severity%3E%3Dhigh&range=7d&fold=type&order=rank&live=1"})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("/page"), "events");
  EXPECT_EQ(made.at("/filter"), "severity>=high");
  EXPECT_EQ(made.at("/range"), "7d");
  EXPECT_EQ(made.at("/group_by"), "type");
  EXPECT_EQ(made.at("/sort"), "rank");
  EXPECT_EQ(made.at("/query"), "filter=severity%3E%3Dhigh&range=7d&fold=type&order=rank&live=1");
  const std::string one = std::string(kPath) + "/" + made.at("/id");
  const Answer renamed = root.ask("PATCH", one, R"({"name":"loudest"})", {"If-Match: *"});
  EXPECT_EQ(renamed.at("/query"), made.at("/query")) << "what is not in the body stays";
  const Answer narrowed = root.ask("PATCH", one, R"({"filter":"severity=critical"})", {"If-Match: *"});
  EXPECT_EQ(narrowed.at("/query"), "filter=severity%3Dcritical&range=7d&fold=type&order=rank&live=1");
  const Answer anew = root.ask("PATCH", one, R"({"query":"range=1h"})", {"If-Match: *"});
  EXPECT_EQ(anew.at("/filter"), "") << "a query is the whole state";
  EXPECT_EQ(anew.at("/query"), "range=1h");
}

TEST(SearchRoutes, RefuseWithThePlace) {
  Fixture test;
  ApiClient root = test.api.member("root");
  const auto pointer = [&root](const std::string& body) {
    const Answer answer = root.ask("POST", kPath, body);
    EXPECT_EQ(answer.status, 400) << body << answer.text;
    return answer.at("/errors/0/pointer");
  };
  EXPECT_EQ(pointer(R"({"name":"x","page":"fleet","query":"color=red"})"), "/query");
  EXPECT_EQ(pointer(R"({"name":"x","page":"fleet","filter":"severity>=high"})"), "/filter");
  EXPECT_EQ(pointer(R"({"name":"x","page":"policies"})"), "/page");
  EXPECT_EQ(pointer(R"({"name":"x","page":"audit","sort":"rank"})"), "/sort");
}

TEST(SearchRoutes, ShowEachPersonThePagesThatTheyMayRead) {
  Fixture test;
  ApiClient root = test.api.member("root");
  for (const std::string page : {"events", "fleet", "audit"}) {
    const Answer made = root.ask("POST", kPath, R"({"name":")" + page + R"(","shared":true,"page":")" + page + R"("})");
    ASSERT_EQ(made.status, 201) << made.text;
  }
  EXPECT_EQ(root.ask("GET", std::string(kPath) + "?page=audit").at("/items/0/name"), "audit");
  ApiClient hosts = test.somebody("hosts", {"searches:read", "searches:write", "agents:read"});
  const Answer seen = hosts.ask("GET", kPath);
  EXPECT_EQ(seen.at("/items/0/page"), "fleet");
  EXPECT_EQ(seen.at("/items/1"), "absent");
  EXPECT_EQ(hosts.ask("POST", kPath, R"({"name":"own","page":"fleet","query":"state=offline"})").status, 201);
  EXPECT_EQ(hosts.ask("POST", kPath, R"({"name":"own"})").status, 403) << "of events, which they may not read";
  ApiClient events = test.somebody("events", {"events:read"});
  EXPECT_EQ(events.ask("GET", kPath).status, 403) << "the right is one of its own";
}

}  // namespace
}  // namespace warder::manager
