// Incidents over the API, with rights; every answer is held against the contract.
#include "manager/api/routes_incidents.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/api/testing.h"
#include "manager/events/testing.h"
#include "manager/identity/rows.h"
#include "model/messages.h"
#include "pack/evidence.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

/// What incidents stand on, for as long as the API.
struct Parts {
  explicit Parts(testing::TestIdentity& test)
      : events(*test.tenants, feed, test.clock),
        policies(*test.tenants, test.audit, bus, test.clock),
        agents(*test.tenants, test.audit, policies, bus, test.clock),
        commands(*test.tenants, test.audit, bus, test.clock),
        outbox(*test.tenants, test.clock),
        rotas(*test.tenants, test.audit, test.clock,
              [](const TenantScope&, const UserId&) -> Result<NoticePerson> { return NoticePerson{}; }),
        incidents(*test.tenants, test.audit, events, outbox, rotas, test.clock),
        evidence(*test.tenants, test.audit, incidents, test.clock),
        notices(*test.tenants, test.audit, test.clock),
        provisioning(*test.tenants, test.identity, policies, test.audit, test.clock) {}

  static std::vector<FeatureSchema> schemas() {
    return with_events({policies_schema(), fleet_schema(), notices_schema(), rotas_schema(), incidents_schema(),
                        evidence_schema(), breach_notices_schema()});
  }

  EventFeed feed;
  ChangeBus bus;
  Messages messages = Messages::load(WARDER_SOURCE_DIR "/content/messages").value();
  EventStore events;
  Policies policies;
  Agents agents;
  Commands commands;
  NoticeOutbox outbox;
  Rotas rotas;
  Incidents incidents;
  EvidenceStore evidence;
  BreachNotices notices;
  Provisioning provisioning;
};

struct Fixture {
  void add(Routes& routes, testing::TestIdentity& test) {
    parts = std::make_unique<Parts>(test);
    const IncidentParts all{parts->incidents,
                            parts->evidence,
                            parts->notices,
                            parts->events,
                            parts->agents,
                            parts->commands,
                            test.identity.approvals(),
                            test.audit,
                            *test.tenants,
                            parts->provisioning,
                            parts->messages,
                            test.clock};
    add_incident_routes(routes, all);
    add_evidence_routes(routes, all);
  }
  AgentId add_agent() {
    const auto db = (*api.identity.tenants).config(api.identity.tenants.scope()).acquire().value();
    const AgentId id{UuidGenerator{fill_random}.next(kNow)};
    EXPECT_TRUE(parts->agents.add(*db, {id, "db-1", {}, {}, kNow + std::chrono::days{30}}));
    return id;
  }
  /// The path of a new one.
  std::string declare(ApiClient& client, const std::string& title = "db-1 sends mail") {
    const Answer made = client.ask("POST", "/api/v1/incidents", R"({"title":")" + title + R"("})");
    EXPECT_EQ(made.status, 201) << made.text;
    return "/api/v1/incidents/" + made.at("/id");
  }

  std::unique_ptr<Parts> parts;
  TestApi api{{},
              "/nonexistent",
              {},
              Parts::schemas(),
              {provisioning_schema()},
              [this](Routes& routes, testing::TestIdentity& test) { add(routes, test); }};
};

TEST(IncidentRoutesTest, AnyoneDeclaresAndOnlyWhoMayWorksOnIt) {
  Fixture test;
  ApiClient infosec = test.api.member("ina", "infosec");
  ApiClient analyst = test.api.member("soc", "soc-analyst");
  ApiClient auditor = test.api.member("aud", "auditor");
  const std::string path = test.declare(infosec);
  EXPECT_EQ(infosec.ask("GET", path).at("/title"), "db-1 sends mail");
  EXPECT_EQ(infosec.ask("PATCH", path, R"({"impact":"high"})", {"If-Match: *"}).status, 403);
  EXPECT_EQ(auditor.ask("POST", path + "/notes", R"({"text":"seen"})").status, 403);
  EXPECT_EQ(auditor.ask("PUT", "/api/v1/incident-settings", R"({"matrix":[],"channels":[]})").status, 403);
  const Answer graded = analyst.ask("PATCH", path, R"({"impact":"high","urgency":"high"})", {"If-Match: \"1\""});
  EXPECT_EQ(graded.at("/severity"), "critical") << graded.text;
  EXPECT_EQ(analyst.ask("PATCH", path, R"({"impact":"low"})", {"If-Match: \"1\""}).status, 412) << "it has changed";
  EXPECT_EQ(analyst.ask("PATCH", path, R"({"roles":{"cook":"x"}})", {"If-Match: *"}).status, 400);
}

TEST(IncidentRoutesTest, ARepeatedDeclarationIsOne) {
  Fixture test;
  ApiClient client = test.api.member("ann");
  const std::vector<std::string> key = {"Idempotency-Key: 0190c0de-0000-7000-8000-000000000001"};
  const std::string body = R"({"title":"a printer speaks"})";
  const Answer first = client.ask("POST", "/api/v1/incidents", body, key);
  EXPECT_EQ(client.ask("POST", "/api/v1/incidents", body, key).at("/id"), first.at("/id"));
  EXPECT_EQ(client.ask("GET", "/api/v1/incidents").at("/items/1"), "absent");
}

TEST(IncidentRoutesTest, ClosingTakesAllThreeWordsWithTheirPlaces) {
  Fixture test;
  ApiClient client = test.api.member("ann");
  const std::string path = test.declare(client);
  const auto close = [&] { return client.ask("POST", path + "/state", R"({"state":"closed"})"); };
  for (const char* word : {"root_cause", "corrective_action", "plan_review"}) {
    const Answer refused = close();
    EXPECT_EQ(refused.status, 400) << word;
    EXPECT_EQ(refused.at("/errors/0/pointer"), std::string("/") + word);
    const std::string body = std::string("{\"") + word + R"(":"known"})";
    EXPECT_EQ(client.ask("PATCH", path, body, {"If-Match: *"}).status, 200);
  }
  EXPECT_EQ(close().at("/state"), "closed");
  EXPECT_EQ(client.ask("PATCH", path, R"({"title":"x"})", {"If-Match: *"}).status, 409) << "closed";
  EXPECT_EQ(client.ask("POST", path + "/state", R"({"state":"triaged"})").at("/plan_review"), "");
  EXPECT_EQ(close().status, 400) << "reopened, it takes a new review of the plan";
  EXPECT_EQ(client.ask("POST", path + "/state", R"({"state":"declared"})").status, 409);
  EXPECT_EQ(client.ask("GET", "/api/v1/incident-statistics").at("/items/0/incidents"), "1");
}

TEST(IncidentRoutesTest, IsolationIsACommandOfTheFirewallThatTakesItsRight) {
  Fixture test;
  ApiClient root = test.api.member("ann");
  ApiClient analyst = test.api.member("soc", "soc-analyst");
  const std::string path = test.declare(root);
  const std::string agent = test.add_agent().text();
  const std::string body = R"({"agent_id":")" + agent + R"(","action":"isolate"})";
  EXPECT_EQ(analyst.ask("POST", path + "/isolations", body).status, 403) << "takes a second person";
  EXPECT_EQ(root.ask("POST", path + "/isolations", R"({"agent_id":")" + agent + R"(","action":"erase"})").status, 400);
  const Answer made = root.ask("POST", path + "/isolations", body);
  EXPECT_EQ(made.status, 202) << made.text;
  const auto commands =
      test.parts->commands.list(test.api.identity.tenants.scope(), parse_id<AgentId>(agent).value(), {10, ""}).value();
  ASSERT_EQ(commands.items.size(), 1U);
  EXPECT_EQ(commands.items[0].module, "firewall");
  EXPECT_EQ(commands.items[0].name, "isolate");
  EXPECT_EQ(root.ask("GET", path + "/isolations").at("/items/0/state"), "queued");
}

TEST(IncidentRoutesTest, ABundleIsCheckedWithoutTheManagerAndIsInTheChainOfCustody) {
  Fixture test;
  ApiClient client = test.api.member("ann");
  const std::string path = test.declare(client);
  const Answer taken = client.ask("POST", path + "/evidence", R"({"kind":"file","name":"note.txt","content":"eA=="})");
  EXPECT_EQ(taken.at("/sha256"), to_hex(crypto::sha256(as_bytes("x"))));
  EXPECT_EQ(client.ask("POST", path + "/evidence", R"({"kind":"file","name":"../x","content":"eA=="})").status, 400);
  EXPECT_EQ(client.ask("POST", path + "/bundles", "{}").status, 400) << "who gets it, and why";
  const Answer bundle = client.ask("POST", path + "/bundles", R"({"reason":"for the police"})");
  ASSERT_EQ(bundle.status, 200) << bundle.text;
  const auto check = pack::check_evidence(bundle.text, nullptr);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->files, 1U);
  EXPECT_EQ(bundle.headers.at("digest"), "sha-256=" + to_hex(crypto::sha256(as_bytes(bundle.text))));
  const Answer custody = client.ask("GET", path + "/custody");
  EXPECT_EQ(custody.at("/items/0/action"), "taken");
  EXPECT_EQ(custody.at("/items/1/action"), "bundled");
  EXPECT_EQ(custody.at("/items/1/subject"), to_hex(crypto::sha256(as_bytes(bundle.text))));
  EXPECT_EQ(custody.at("/items/1/note"), "for the police");
}

TEST(IncidentRoutesTest, TheClockOfABreachRunsFor72Hours) {
  Fixture test;
  ApiClient client = test.api.member("ann");
  const std::string path = test.declare(client);
  const std::string aware = to_rfc3339(test.api.identity.clock.now() - std::chrono::hours{80});
  EXPECT_EQ(client.ask("POST", path + "/notices", R"({"nature":"x"})").status, 409) << "no breach yet";
  EXPECT_EQ(client.ask("POST", path + "/breach", R"({"aware":"2099-01-01T00:00:00Z"})").status, 400);
  const Answer marked = client.ask("POST", path + "/breach", R"({"aware":")" + aware + "\"}");
  EXPECT_EQ(marked.at("/breach/clock"), "late") << marked.text;
  const std::string now = to_rfc3339(test.api.identity.clock.now());
  const Answer refused = client.ask("POST", path + "/breach", R"({"notified":")" + now + "\"}");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.at("/errors/0/pointer"), "/delay_reason");
  const Answer told = client.ask("POST", path + "/breach", R"({"notified":")" + now + R"(","delay_reason":"ill"})");
  EXPECT_EQ(told.at("/breach/clock"), "notified-late");
  const Answer draft = client.ask("POST", path + "/notices", R"({"nature":"<b>"})");
  EXPECT_EQ(draft.at("/version"), "1");
  EXPECT_EQ(draft.at("/missing/0"), "categories");
  const Answer html = client.ask("GET", path + "/notices/1?format=html");
  EXPECT_NE(html.text.find("&lt;b&gt;"), std::string::npos);
  EXPECT_EQ(client.ask("GET", path + "/notices/7").status, 404);
}

TEST(IncidentRoutesTest, AffectedTenantsAreForOperatorsWhoRunTenants) {
  Fixture test;
  ApiClient root = test.api.member("ann");
  ApiClient analyst = test.api.member("soc", "soc-analyst");
  const std::string path = test.declare(root);
  const std::string body = R"({"incident":")" + path.substr(path.rfind('/') + 1) + "\"}";
  EXPECT_EQ(analyst.ask("POST", "/api/v1/tenant-affected", body).status, 403);
  test.api.identity.clock.advance(std::chrono::seconds(1));
  const Answer counted = root.ask("POST", "/api/v1/tenant-affected", body);
  EXPECT_EQ(counted.at("/tenants/0/name"), "primary") << counted.text;
  EXPECT_EQ(counted.at("/complete"), "true");
  const std::string unknown = R"({"incident":"0190c0de-0000-7000-8000-000000000001"})";
  EXPECT_EQ(root.ask("POST", "/api/v1/tenant-affected", unknown).status, 404);
}

TEST(IncidentRoutesTest, SettingsNameARotaAndItsPeopleGetIncidents) {
  Fixture test;
  ApiClient client = test.api.member("ann");
  const std::string path = test.declare(client);
  EXPECT_EQ(client.ask("POST", path + "/assignment", "{}").status, 409) << "there is no rota";
  Rota draft;
  draft.name = "infosec";
  draft.channel = make_id<NoticeChannelId>(kNow);
  const auto user = make_id<UserId>(kNow);
  draft.members = {{user, {"forensics"}}};
  draft.levels.resize(1);
  draft.levels[0].order = {user};
  const auto rota = test.parts->rotas.create(test.api.identity.tenants.scope(), draft).value().id.text();
  const std::string matrix =
      R"({"matrix":[["low","low","low"],["low","low","low"],["low","low","info"]],"channels":[],)";
  const Answer settings = client.ask("PUT", "/api/v1/incident-settings", matrix + R"("rota":")" + rota + "\"}");
  EXPECT_EQ(settings.at("/rota"), rota) << settings.text;
  EXPECT_EQ(client.ask("GET", test.declare(client)).at("/assignee"), user.text());
  const Answer given = client.ask("POST", path + "/assignment", R"({"skill":"forensics"})");
  EXPECT_EQ(given.at("/skill"), "forensics");
  EXPECT_EQ(given.at("/assignee"), user.text());
  EXPECT_EQ(client.ask("PUT", "/api/v1/incident-settings", matrix + R"("rota":null})").at("/rota"), "null");
  const std::string unknown = R"("rota":"0190c0de-0000-7000-8000-000000000001"})";
  EXPECT_EQ(client.ask("PUT", "/api/v1/incident-settings", matrix + unknown).status, 400);
}

}  // namespace
}  // namespace warder::manager
