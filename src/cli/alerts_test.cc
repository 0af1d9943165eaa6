// What the commands about alerts ask of the manager.
#include <fstream>

#include "base/json.h"
#include "cli/testing.h"

namespace warder::cli {
namespace {

constexpr const char* kUsers =
    R"({"items":[{"id":"u1","username":"ann"},{"id":"u2","username":"bob"},{"id":"u3","username":"eve"}],"next_cursor":null})";
constexpr const char* kChannels = R"({"items":[{"id":"c1","name":"mail"}],"next_cursor":null})";

class Alerting : public testing::Cli {
 protected:
  Alerting() {
    answer("GET /api/v1/users?limit=1000", 200, kUsers);
    answer("GET /api/v1/notice-channels?limit=1000", 200, kChannels);
  }
  /// What was sent last.
  void expect_sent(const std::string& method, const std::string& target, std::string_view body) {
    ASSERT_FALSE(manager_.requests.empty());
    const client::Request& last = manager_.requests.back();
    EXPECT_EQ(last.method + " " + last.target, method + " /api/v1" + target);
    if (body.empty())
      EXPECT_EQ(last.body, "");
    else
      EXPECT_EQ(parse_json(last.body).value(), parse_json(body).value());
  }
};

TEST_F(Alerting, ListsWhatIsActiveUnlessToldOtherwise) {
  const char* page =
      R"({"items":[{"id":"a1","severity":"high","state":"open","title":"Agent on web-1 is silent"}],"next_cursor":null})";
  answer("GET /api/v1/alerts?state=active&limit=1000", 200, page);
  ASSERT_EQ(run_as_admin({"alerts", "list"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("Agent on web-1 is silent"), std::string::npos);
  answer("GET /api/v1/alerts?rule=agent-silent&severity=high&limit=1000", 200, page);
  EXPECT_EQ(run_as_admin({"alerts", "list", "--state", "any", "--rule", "agent-silent", "--severity", "high"}), 0);
  EXPECT_EQ(run_as_admin({"alerts", "list", "--state", "weird"}), 2);
}

TEST_F(Alerting, AcknowledgesAndClosesSeveral) {
  for (const char* id : {"a1", "a2"})
    for (const char* what : {"acknowledge", "resolve"})
      answer("POST /api/v1/alerts/" + std::string(id) + "/" + what, 200, R"({"id":"x","state":"done"})");
  ASSERT_EQ(run_as_admin({"alerts", "acknowledge", "a1", "a2"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.size(), 2U);
  expect_sent("POST", "/alerts/a2/acknowledge", "");
  ASSERT_EQ(run_as_admin({"alerts", "close", "a1"}), 0) << err_.str();
  expect_sent("POST", "/alerts/a1/resolve", "");
  EXPECT_EQ(run_as_admin({"alerts", "close", "a1", "gone", "a2"}), 1);
  EXPECT_NE(err_.str().find("gone"), std::string::npos);
  EXPECT_EQ(run_as_admin({"alerts", "close"}), 2);
}

TEST_F(Alerting, ShowsCommentsAndWhoWasTold) {
  answer("GET /api/v1/alerts/a1", 200,
         R"({"id":"a1","title":"T","meaning":"It means.","group":{"host.name":"web-1"}})");
  ASSERT_EQ(run_as_admin({"alerts", "show", "a1"}), 0);
  EXPECT_NE(out_.str().find("It means."), std::string::npos);
  answer("POST /api/v1/alerts/a1/comments", 201, R"({"text":"no power"})");
  ASSERT_EQ(run_as_admin({"alerts", "comment", "a1", "no power"}), 0) << err_.str();
  expect_sent("POST", "/alerts/a1/comments", R"({"text":"no power"})");
  answer("GET /api/v1/notices?about=alert%3Aa1&limit=1000", 200,
         R"({"items":[{"type":"alert.opened","state":"failed","error":"no such mailbox"}],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"alerts", "notices", "a1"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("no such mailbox"), std::string::npos);
}

TEST_F(Alerting, TunesARuleByIdOrName) {
  answer("GET /api/v1/alert-rules?limit=1000", 200,
         R"({"items":[{"id":"agent-silent","name":"agent-silent"},{"id":"0195","name":"mine"},
                      {"id":"0196","name":"twice"},{"id":"0197","name":"twice"}],"next_cursor":null})");
  for (const char* id : {"agent-silent", "0195"}) {
    answer("GET /api/v1/alert-rules/" + std::string(id), 200, R"({"etag":"\"3\""})");
    answer("PATCH /api/v1/alert-rules/" + std::string(id), 200, "{}");
  }
  ASSERT_EQ(run_as_admin({"alert-rules", "set", "agent-silent", "--fire-at", "60", "--fire-after", "2m", "--severity",
                          "critical", "--disabled"}),
            0)
      << err_.str();
  expect_sent("PATCH", "/alert-rules/agent-silent",
              R"({"enabled":false,"severity":"critical","fire_at":60,"fire_after_s":120})");
  ASSERT_EQ(run_as_admin({"alert-rules", "set", "mine", "--window", "10m", "--resolve-at", "-7"}), 0) << err_.str();
  expect_sent("PATCH", "/alert-rules/0195", R"({"window_s":600,"resolve_at":-7})");
  EXPECT_EQ(run_as_admin({"alert-rules", "set", "mine"}), 1) << "nothing to change";
  EXPECT_EQ(run_as_admin({"alert-rules", "set", "twice", "--enabled"}), 1);
  EXPECT_EQ(run_as_admin({"alert-rules", "set", "unknown", "--enabled"}), 1);
  EXPECT_EQ(run_as_admin({"alert-rules", "set", "mine", "--enabled", "--disabled"}), 1);
}

TEST_F(Alerting, CopiesARule) {
  const auto file = folder_ / "rule.json";
  std::ofstream(file) << R"({"id":"agent-silent","built_in":true,"etag":"\"1\"","name":"x","state":"agent.silent"})";
  answer("POST /api/v1/alert-rules", 201, "{}");
  ASSERT_EQ(run_as_admin({"alert-rules", "add", "mine", "--file", file}), 0) << err_.str();
  expect_sent("POST", "/alert-rules", R"({"name":"mine","state":"agent.silent"})");
}

TEST_F(Alerting, SilencesForAWhile) {
  answer("POST /api/v1/alert-silences", 201, R"({"id":"s1"})");
  ASSERT_EQ(run_as_admin({"silences", "add", "move", "--rule", "agent-silent", "--about", "host.name=web-1", "--until",
                          "2h", "--reason", "the rack moves"}),
            0)
      << err_.str();
  expect_sent("POST", "/alert-silences",
              R"({"name":"move","rule":"agent-silent","group":{"host.name":"web-1"},
                  "until":"2026-11-22T01:25:15.000000Z","reason":"the rack moves"})");
  EXPECT_EQ(run_as_admin({"silences", "add", "move", "--until", "2h"}), 2) << "no reason";
  EXPECT_EQ(run_as_admin({"silences", "add", "move", "--until", "2h", "--reason", "x", "--about", "web-1"}), 1);
}

TEST_F(Alerting, MakesAChannelAndKeepsItsOtherSettings) {
  const auto secret = folder_ / "secret";
  std::ofstream(secret) << "hunter22\n";
  answer("POST /api/v1/notice-channels", 201, "{}");
  ASSERT_EQ(run_as_admin({"channels", "add", "mail", "--setting", "host=mail.example", "--setting", "port=587", "--to",
                          "soc@example.com", "--language", "both", "--secret-file", secret}),
            0)
      << err_.str();
  expect_sent("POST", "/notice-channels",
              R"({"name":"mail","kind":"mail","language":"both","secret":"hunter22",
                  "settings":{"host":"mail.example","port":587,"to":["soc@example.com"]}})");
  answer("GET /api/v1/notice-channels/c1", 200, R"({"etag":"\"1\"","settings":{"host":"mail.example","port":587}})");
  answer("PATCH /api/v1/notice-channels/c1", 200, "{}");
  ASSERT_EQ(run_as_admin({"channels", "set", "mail", "--setting", "port=25"}), 0) << err_.str();
  expect_sent("PATCH", "/notice-channels/c1", R"({"settings":{"host":"mail.example","port":25}})");
  answer("POST /api/v1/notice-channels/c1/trial", 200, R"({"arrived":false,"error":"no route"})");
  EXPECT_EQ(run_as_admin({"channels", "try", "mail"}), 1);
}

TEST_F(Alerting, ADestinationKeepsItsOtherSettings) {
  answer("GET /api/v1/destinations?limit=1000", 200, R"({"items":[{"id":"d1","name":"siem"}],"next_cursor":null})");
  answer("GET /api/v1/destinations/d1", 200, R"({"etag":"\"1\"","settings":{"host":"siem.example","port":6514}})");
  answer("PATCH /api/v1/destinations/d1", 200, "{}");
  ASSERT_EQ(run_as_admin({"destinations", "set", "siem", "--setting", "port=514"}), 0) << err_.str();
  expect_sent("PATCH", "/destinations/d1", R"({"settings":{"host":"siem.example","port":514}})");
}

TEST_F(Alerting, MakesARotaOfNames) {
  answer("POST /api/v1/rotas", 201, "{}");
  ASSERT_EQ(run_as_admin({"rotas", "add", "soc", "--channel", "mail", "--level", "ann,bob", "--level", "eve", "--wait",
                          "10m", "--shift-days", "1", "--time-zone", "Asia/Tokyo"}),
            0)
      << err_.str();
  expect_sent(
      "POST", "/rotas",
      R"({"name":"soc","channel":"c1","time_zone":"Asia/Tokyo","members":[{"user":"u1"},{"user":"u2"},{"user":"u3"}],
                  "levels":[{"order":["u1","u2"],"shift_days":1,"wait_s":600},{"order":["u3"],"shift_days":1,"wait_s":600}]})");
  EXPECT_EQ(run_as_admin({"rotas", "add", "soc", "--channel", "mail", "--level", "nobody"}), 1);
  EXPECT_EQ(run_as_admin({"rotas", "add", "soc", "--channel", "mail"}), 2);
}

TEST_F(Alerting, SaysWhoIsOnCallByName) {
  answer(
      "GET /api/v1/rotas?limit=1000", 200,
      R"({"items":[{"id":"r1","name":"soc","on_call":[{"user":"u2","from":"2026-11-23T00:00:00Z","until":"2026-11-30T00:00:00Z"},
                                                          {"user":"u9","from":"2026-11-23T00:00:00Z","until":"2026-11-30T00:00:00Z"}]}],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"rotas", "on-call"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("soc\t0\tbob\t2026-11-23T00:00:00Z\t2026-11-30T00:00:00Z"), std::string::npos)
      << out_.str();
  EXPECT_NE(out_.str().find("soc\t1\tu9\t"), std::string::npos) << "whom it cannot name it shows by id";
  answer("POST /api/v1/rotas/r1/overrides", 201, "{}");
  ASSERT_EQ(run_as_admin({"rotas", "stand-in", "soc", "--user", "ann", "--until", "1h"}), 0) << err_.str();
  expect_sent("POST", "/rotas/r1/overrides",
              R"({"user":"u1","level":0,"from":"2026-11-21T23:25:15.000000Z","until":"2026-11-22T00:25:15.000000Z"})");
}

TEST_F(Alerting, MakesRoutesAndSignsOfLife) {
  answer("GET /api/v1/rotas?limit=1000", 200, R"({"items":[{"id":"r1","name":"soc"}],"next_cursor":null})");
  answer("POST /api/v1/alert-routes", 201, "{}");
  ASSERT_EQ(run_as_admin({"alert-routes", "add", "nights", "--severity", "high", "--rule", "agent-silent", "--from",
                          "18:00", "--until", "09:00", "--channel", "mail", "--rota", "soc"}),
            0)
      << err_.str();
  expect_sent(
      "POST", "/alert-routes",
      R"({"name":"nights","severity":"high","rules":["agent-silent"],"from":"18:00","until":"09:00","channels":["c1"],"rota":"r1"})");
  answer("POST /api/v1/alert-heartbeats", 201, "{}");
  ASSERT_EQ(run_as_admin({"heartbeats", "add", "pulse", "--channel", "mail", "--every", "5m"}), 0) << err_.str();
  expect_sent("POST", "/alert-heartbeats", R"({"name":"pulse","channel":"c1","interval_s":300})");
}

TEST_F(Alerting, AsksBeforeSomethingIsRemoved) {
  EXPECT_EQ(run_as_admin({"channels", "delete", "mail"}), 1);
  EXPECT_NE(err_.str().find("--yes"), std::string::npos);
  answer("GET /api/v1/notice-channels/c1", 200, R"({"etag":"\"1\""})");
  answer("DELETE /api/v1/notice-channels/c1", 204, "");
  EXPECT_EQ(run_as_admin({"channels", "delete", "mail", "--yes"}), 0) << err_.str();
  expect_sent("DELETE", "/notice-channels/c1", "");
}

}  // namespace
}  // namespace warder::cli
