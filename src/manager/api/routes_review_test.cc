// The daily review over the API, with rights; every answer is held against the contract.
#include "manager/api/routes_review.h"

#include <gtest/gtest.h>

#include "manager/api/testing.h"
#include "manager/events/testing.h"
#include "manager/review/reviews.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

struct Parts {
  explicit Parts(testing::TestIdentity& test)
      : events(*test.tenants, feed, test.clock),
        reviews(*test.tenants, test.audit, events, test.clock,
                [](const TenantScope&) -> Result<std::vector<RosterEntry>> {
                  return std::vector<RosterEntry>{{agent(), "web-1", Timestamp{}}};
                }) {}
  static AgentId agent() { return parse_id<AgentId>("0190c0de-0000-7000-8000-00000000000a").value(); }

  EventFeed feed;
  EventStore events;
  Reviews reviews;
};

/// The clock begins with 2026-01-01, UTC.
struct Fixture {
  void add(Routes& routes, testing::TestIdentity& test) {
    parts = std::make_unique<Parts>(test);
    add_review_routes(routes, parts->reviews);
  }
  void advance(hours by) {
    api.identity.clock.advance(by);
    const auto done = parts->reviews.keep_up(api.identity.tenants.scope());
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Bearer tokens end while days go by.
  ApiClient again(const std::string& name) {
    ApiClient client = api.client();
    client.bearer = api.identity.log_in(name, "Own-Phrase-Qzkw-1", true).value().token;
    return client;
  }

  std::unique_ptr<Parts> parts;
  TestApi api{{}, "/nonexistent",
              {}, with_events({tenant_zone_schema(), review_schema()}),
              {}, [this](Routes& routes, testing::TestIdentity& test) { add(routes, test); }};
};

constexpr const char* kDay = "/api/v1/reviews/2026-01-01";

std::string judged(const Answer& systems, const std::string& note) {
  json::array list;
  for (const json::value& each : systems.body.at("items").as_array()) {
    const json::object& system = each.as_object();
    if (system.at("result") != "quiet")
      list.push_back(json::object{{"system", system.at("system")}, {"judgement", "expected"}, {"note", note}});
  }
  return json::serialize(json::object{{"whole_day", true}, {"systems", list}});
}

TEST(ReviewRoutesTest, ADayIsSignedWhenItIsOverAndWhatStandsOutHasAReason) {
  Fixture test;
  ApiClient early = test.api.member("ann");
  test.advance(hours{0});
  EXPECT_EQ(early.ask("GET", kDay).at("/state"), "running");
  EXPECT_EQ(early.ask("POST", std::string(kDay) + "/sign-offs", R"({"whole_day":true})").status, 409);
  test.advance(hours{25});
  ApiClient client = test.again("ann");
  const Answer systems = client.ask("GET", std::string(kDay) + "/systems");
  EXPECT_EQ(systems.at("/items/0/result"), "gap") << systems.text;
  EXPECT_EQ(client.ask("GET", std::string(kDay) + "/systems?result=quiet").at("/items/0"), "absent");
  const std::string path = std::string(kDay) + "/sign-offs";
  EXPECT_EQ(client.ask("POST", path, R"({"whole_day":true})").status, 409);
  EXPECT_EQ(client.ask("POST", path, judged(systems, " ")).status, 400) << "a blank is no reason";
  EXPECT_EQ(client.ask("POST", path, "{}").status, 400) << "of nothing";
  EXPECT_EQ(client.ask("POST", path, R"({"systems":[{"system":"who","judgement":"expected"}]})").status, 400);
  EXPECT_EQ(client.ask("POST", path, judged(systems, "as planned")).at("/state"), "signed");
  EXPECT_EQ(client.ask("GET", path).at("/items/0/whole_day"), "true");
  EXPECT_EQ(test.api.identity.audited().at(0), "review.sign success");
}

TEST(ReviewRoutesTest, AMissedDayStaysOneAndALateSignatureIsLate) {
  Fixture test;
  test.api.member("ann");
  test.advance(hours{0});
  test.advance(hours{25});
  test.advance(hours{24});
  ApiClient client = test.again("ann");
  EXPECT_EQ(client.ask("GET", kDay).at("/state"), "missed");
  EXPECT_EQ(client.ask("GET", "/api/v1/reviews?limit=1").at("/items/0/day"), "2026-01-03");
  const Answer systems = client.ask("GET", std::string(kDay) + "/systems");
  const Answer late = client.ask("POST", std::string(kDay) + "/sign-offs", judged(systems, "was ill"));
  EXPECT_EQ(late.at("/state"), "late") << late.text;
}

TEST(ReviewRoutesTest, RightsAndDaysThatAreNone) {
  Fixture test;
  ApiClient auditor = test.api.member("aud", "auditor");
  ApiClient analyst = test.api.member("soc", "soc-analyst");
  test.advance(hours{0});
  EXPECT_EQ(auditor.ask("GET", "/api/v1/reviews").at("/items/0/day"), "2026-01-01");
  EXPECT_EQ(auditor.ask("POST", std::string(kDay) + "/sign-offs", R"({"whole_day":true})").status, 403);
  const std::string settings = R"({"time_zone":"Asia/Tokyo","deadline_hours":48})";
  EXPECT_EQ(analyst.ask("PUT", "/api/v1/review-settings", settings).status, 403);
  for (const char* day : {"2025-12-31", "2026-01-02", "2026-02-30"})
    EXPECT_EQ(auditor.ask("GET", std::string("/api/v1/reviews/") + day).status, 404) << day;
  EXPECT_EQ(auditor.ask("GET", "/api/v1/reviews/today").status, 400);
  ApiClient root = test.api.member("ann");
  EXPECT_EQ(root.ask("PUT", "/api/v1/review-settings", settings).at("/time_zone"), "Asia/Tokyo");
  EXPECT_EQ(root.ask("PUT", "/api/v1/review-settings", R"({"time_zone":"Mars/Olympus","deadline_hours":24})").status,
            400);
  EXPECT_EQ(root.ask("PUT", "/api/v1/review-settings", R"({"time_zone":"UTC","deadline_hours":169})").status, 400);
}

}  // namespace
}  // namespace warder::manager
