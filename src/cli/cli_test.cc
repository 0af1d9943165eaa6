#include <sys/stat.h>

#include <fstream>

#include "base/file.h"
#include "base/json.h"
#include "cli/testing.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

using testing::Cli;
using testing::kId;

TEST_F(Cli, TellsUsageErrorsFromOthers) {
  EXPECT_EQ(run_with({}), 2);
  EXPECT_EQ(run_with({"no-such-command"}), 2);
  EXPECT_EQ(run_with({"agents"}), 2);
  EXPECT_EQ(run_with({"agents", "list", "--state", "weird"}), 2);
  EXPECT_EQ(run_with({"agents", "show"}), 2);
  EXPECT_EQ(run_with({"--version"}), 0);
  EXPECT_EQ(run_with({"agents", "--help"}), 0);
  EXPECT_NE(out_.str().find("maintenance-token"), std::string::npos);
  EXPECT_EQ(run_with({"agents", "list"}), 1);
  EXPECT_NE(err_.str().find("warder login"), std::string::npos);
}

TEST_F(Cli, KeepsAndListsViewsOfAPage) {
  answer("POST /api/v1/saved-searches", 201, R"({"name":"silent","page":"fleet"})");
  ASSERT_EQ(run_as_admin({"searches", "save", "silent", "--page", "fleet", "--query", "state=offline", "--shared"}), 0)
      << err_.str();
  EXPECT_EQ(parse_json(manager_.requests.back().body).value(),
            parse_json(R"({"name":"silent","shared":true,"page":"fleet","query":"state=offline"})").value());
  answer("GET /api/v1/saved-searches?page=fleet&limit=1000", 200,
         R"({"items":[{"name":"silent","page":"fleet","query":"state=offline"}],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"searches", "list", "--page", "fleet"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("state=offline"), std::string::npos);
}

TEST_F(Cli, GivesRolesForPartsOfTheFleet) {
  answer("GET /api/v1/users?limit=1000", 200, R"({"items":[{"id":"0193","username":"ann"}],"next_cursor":null})");
  answer("GET /api/v1/groups?limit=1000", 200, R"({"items":[{"id":"0194","name":"Web"}],"next_cursor":null})");
  answer("GET /api/v1/users/0193", 200, R"({"etag":"\"3\""})");
  answer("PATCH /api/v1/users/0193", 200, "{}");
  ASSERT_EQ(run_as_admin({"users", "set", "ann", "--role", "soc-analyst", "--scoped-role", "operator:group=Web,tag=pci",
                          "--scoped-role", "auditor:tag=shop"}),
            0)
      << err_.str();
  EXPECT_EQ(parse_json(manager_.requests.back().body).value(),
            parse_json(R"({"roles":["soc-analyst"],"scoped_roles":[{"role":"operator","groups":["0194"],"tags":["pci"]},
                                                                  {"role":"auditor","tags":["shop"]}]})")
                .value());
  ASSERT_EQ(run_as_admin({"users", "set", "ann", "--scoped-role", "none"}), 0);
  EXPECT_EQ(manager_.requests.back().body, R"({"scoped_roles":[]})");
  for (const char* bad : {"operator", "operator:", "operator:host=a", "operator:tag="})
    EXPECT_EQ(run_as_admin({"users", "set", "ann", "--scoped-role", bad}), 1) << bad;
}

TEST_F(Cli, TellsWhatHasChangedOnAHostAndHowFarThatIsKnown) {
  const std::string changes = R"({"change":"updated","kind":"file","key":"/etc/motd","attributes":
      [{"name":"acl","was":null,"is":null},{"name":"mode","was":"0644","is":"0600"}],"events":2,
      "last":"2026-11-27T00:00:00Z","approved":false})";
  answer("GET /api/v1/agents?limit=1000", 200, R"({"items":[{"id":"0195","hostname":"web-1"}],"next_cursor":null})");
  answer("GET /api/v1/agents/0195/changes?q=motd&approved=false&limit=500", 200,
         R"({"since":"2026-11-01T00:00:00Z","start":"held","gaps":["not-held"],"items":[)" + changes +
             R"(],"next_cursor":"n"})");
  answer("GET /api/v1/agents/0195/changes?q=motd&approved=false&limit=500&cursor=n", 200,
         R"({"since":null,"start":"held","gaps":[],"items":[],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"integrity", "changes", "web-1", "--search", "motd", "--not-approved"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("acl ? -> ?, mode 0644 -> 0600"), std::string::npos) << out_.str();
  EXPECT_NE(err_.str().find("since 2026-11-01T00:00:00Z (held)"), std::string::npos);
  EXPECT_NE(err_.str().find("not-held"), std::string::npos) << "an empty list would not mean that nothing changed";
}

TEST_F(Cli, TriesIntegrityRulesOnPaths) {
  const std::string rules = folder_ / "web.yaml";
  std::ofstream(rules) << "FileSet: {base: /srv/www, include: [{key: '**/*.php', owner: root}]}\n";
  EXPECT_EQ(run_with({"integrity", "try", "--rules", rules, "/srv/www/a.php"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("watched"), std::string::npos);
  EXPECT_EQ(run_with({"integrity", "try", "--rules", rules, "/srv/www/a.php", "--owner", "33"}), 1);
  EXPECT_NE(out_.str().find("test-fails"), std::string::npos);
  EXPECT_EQ(run_with({"integrity", "try", "--rules", rules, "/srv/www/a.php", "/etc/passwd"}), 1)
      << "one is not watched";
  EXPECT_EQ(run_with({"integrity", "try", "--rules", rules, "srv"}), 2);
}

TEST_F(Cli, SaysByItsExitWhetherTheManagerIsWell) {
  const std::string parts =
      R"("time":"2026-01-01T00:00:00Z","jobs":[{"name":"keys","state":"failed","last_run":null,"next_due":"x",)"
      R"("last_error":"keys.refresh.failed: no answer"}],"certificates":[{"role":"api","subject":"manager.example",)"
      R"("state":"soon","days_left":3}],"database":{"state":"ok","error":""},"disk":null})";
  answer("GET /api/v1/system/health", 200, R"({"healthy":false,)" + parts);
  answer("GET /api/v1/system/health", 200, R"({"healthy":true,)" + parts);
  EXPECT_EQ(run_as_admin({"system", "health"}), 1);
  for (const char* told : {"keys.refresh.failed: no answer", "manager.example", "database"})
    EXPECT_NE(out_.str().find(told), std::string::npos) << told;
  EXPECT_EQ(run_as_admin({"system", "health"}), 0) << err_.str();
}

TEST_F(Cli, MakesAnApiKey) {
  answer("POST /api/v1/api-keys", 201,
         R"({"id":"0195","name":"ci","expires":"2027-01-01T00:00:00Z","key":"wardr_key_x"})");
  ASSERT_EQ(run_as_admin({"api-keys", "create", "ci", "--right", "agents:read", "--right", "events:read", "--network",
                          "192.0.2.0/24", "--expires", "1h"}),
            0)
      << err_.str();
  EXPECT_EQ(
      parse_json(manager_.requests.back().body).value(),
      parse_json(
          R"({"name":"ci","rights":["agents:read","events:read"],"networks":["192.0.2.0/24"],"expires_in_s":3600})")
          .value());
  EXPECT_NE(out_.str().find("wardr_key_x"), std::string::npos);
  EXPECT_EQ(run_as_admin({"api-keys", "create", "ci"}), 2) << "a key without rights";
}

TEST_F(Cli, AddsAndChangesIdentityProviders) {
  const std::string file = folder_ / "provider.json";
  const std::string secret = folder_ / "secret";
  std::ofstream(file) << R"({"kind":"oidc","settings":{"issuer":"https://id.example","client_id":"warder"},
                             "mappings":[{"group":"ops","roles":["operator"]}]})";
  std::ofstream(secret) << "s3cret\n";
  ASSERT_EQ(chmod(secret.c_str(), 0600), 0);
  answer("POST /api/v1/identity-providers", 201, R"({"id":"0196","name":"Example","kind":"oidc"})");
  ASSERT_EQ(run_as_admin({"sso", "add", "Example", "--file", file, "--secret-file", secret}), 0) << err_.str();
  EXPECT_EQ(parse_json(manager_.requests.back().body).value(),
            parse_json(R"({"kind":"oidc","name":"Example","settings":{"issuer":"https://id.example",
                           "client_id":"warder"},"mappings":[{"group":"ops","roles":["operator"]}],"secret":"s3cret"})")
                .value());
  EXPECT_EQ(out_.str().find("s3cret"), std::string::npos);
  answer("GET /api/v1/identity-providers?limit=1000", 200,
         R"({"items":[{"id":"0196","name":"Example"}],"next_cursor":null})");
  answer("POST /api/v1/api-keys", 201, R"({"id":"0197","key":"wardr_key_x","expires":"2027-01-01T00:00:00Z"})");
  ASSERT_EQ(run_as_admin({"sso", "token", "Example", "--expires", "30d", "--network", "192.0.2.0/24"}), 0)
      << err_.str();
  EXPECT_EQ(parse_json(manager_.requests.back().body).value(),
            parse_json(R"({"name":"SCIM: Example","rights":["scim:write"],"identity_provider_id":"0196",
                           "expires_in_s":2592000,"networks":["192.0.2.0/24"]})")
                .value());
  EXPECT_NE(out_.str().find("/scim/v2"), std::string::npos);
  answer("GET /api/v1/identity-providers/0196", 200, R"({"etag":"\"3\""})");
  answer("PATCH /api/v1/identity-providers/0196", 200, "{}");
  ASSERT_EQ(run_as_admin({"sso", "change", "Example", "--disable", "--name", "Other"}), 0) << err_.str();
  EXPECT_EQ(parse_json(manager_.requests.back().body).value(),
            parse_json(R"({"enabled":false,"name":"Other"})").value());
  ASSERT_EQ(run_as_admin({"sso", "change", "Example", "--file", file}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body.find("kind"), std::string::npos);
  answer("DELETE /api/v1/identity-providers/0196", 204, "");
  EXPECT_EQ(run_as_admin({"sso", "remove", "Example", "--yes"}), 0) << err_.str();
  std::ofstream(file) << R"({"kind":"oidc","settings":{},"secret":"in the wrong file"})";
  EXPECT_EQ(run_as_admin({"sso", "add", "Example", "--file", file}), 1);
  EXPECT_NE(err_.str().find("--secret-file"), std::string::npos);
}

TEST_F(Cli, LogsInByAnIdentityProviderWithTheCodeOfTheBrowser) {
  answer("GET /api/v1/sso/acme/providers?limit=1000", 200,
         R"({"items":[{"id":"0196","name":"Example"}],"next_cursor":null})");
  answer("POST /api/v1/sso/tokens", 202, R"({"needs":"code"})");
  answer("POST /api/v1/sso/tokens", 200,
         R"({"token":"wdk_1","expires":"2026-11-23T00:00:00Z","must_change_password":false,"must_enrol":false})");
  answer("GET /api/v1/session", 200, R"({"user":{"username":"ann"}})");
  typed_ = {"ticket-1", "123456"};
  ASSERT_EQ(run_with({"login", "--url", "https://m:8443", "--sso", "acme/Example", "--paste"}), 0) << err_.str();
  EXPECT_NE(err_.str().find("https://m:8443/api/v1/sso/acme/0196/start?challenge="), std::string::npos) << err_.str();
  const json::value sent = parse_json(manager_.requests.at(2).body).value();
  EXPECT_EQ(sent.at("ticket"), "ticket-1");
  EXPECT_EQ(sent.at("code"), "123456");
  // The secret of the command line is in no address; its hash is.
  EXPECT_EQ(err_.str().find(std::string(std::string_view(sent.at("verifier").as_string()))), std::string::npos);
  EXPECT_NE(read_file(folder_ / "config" / "credentials.json")->find("wdk_1"), std::string::npos);
  EXPECT_EQ(run_with({"login", "--url", "https://m:8443", "--sso", "acme/Other", "--paste"}), 1);
}

TEST_F(Cli, SynchronisesADirectory) {
  answer("GET /api/v1/identity-providers?limit=1000", 200,
         R"({"items":[{"id":"0196","name":"Example"}],"next_cursor":null})");
  answer("POST /api/v1/identity-providers/0196/sync", 200,
         R"({"users":3,"everybody":7,"changed":1,"left":2,"failed":0})");
  ASSERT_EQ(run_as_admin({"sso", "sync", "Example", "--accept-leaving"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"accept_leaving":true})");
  EXPECT_NE(out_.str().find("Left"), std::string::npos) << out_.str();
}

TEST_F(Cli, LogsInByATicketWithoutAPassword) {
  answer("POST /api/v1/tokens/negotiate", 200,
         R"({"token":"wdk_1","expires":"2026-11-23T00:00:00Z","must_change_password":false})");
  answer("GET /api/v1/session", 200, R"({"user":{"username":"erin"}})");
  ASSERT_EQ(run_with({"login", "--kerberos", "--ticket-tenant", "shop", "--url", "https://m:8443"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.front().body, R"({"tenant":"shop"})");
  EXPECT_TRUE(manager_.connections.front().shows_ticket);
  EXPECT_FALSE(manager_.connections.back().shows_ticket) << "the token is enough from here on";
  EXPECT_NE((out_.str() + err_.str()).find("as erin"), std::string::npos);
}

TEST_F(Cli, AsksForTheCodeOfASecondFactor) {
  answer("POST /api/v1/tokens", 202, R"({"needs":"code","passkey":null})");
  answer("POST /api/v1/tokens", 200,
         R"({"token":"wdk_1","expires":"2026-11-23T00:00:00Z","must_change_password":false,"must_enrol":false})");
  typed_ = {"secret", "123456"};
  ASSERT_EQ(run_with({"login", "--url", "https://m:8443"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.at(1).body, R"({"username":"admin","password":"secret","code":"123456"})");
}

TEST_F(Cli, KeepsTheTokenOfALoginForItsOwner) {
  answer("POST /api/v1/tokens", 200,
         R"({"token":"wdk_1","expires":"2026-11-23T00:00:00Z","must_change_password":false})");
  answer("GET /api/v1/groups?limit=1000", 200, R"({"items":[],"next_cursor":null})");
  typed_ = {"secret"};
  ASSERT_EQ(run_with({"login", "--url", "https://m:8443", "--ca-file", "ca.pem"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.at(0).body, R"({"username":"admin","password":"secret"})");
  EXPECT_EQ(out_.str().find("secret"), std::string::npos);
  struct stat status {};
  ASSERT_EQ(stat((folder_ / "config/credentials.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(run_with({"groups", "list"}), 0) << err_.str();
  EXPECT_EQ(manager_.connections.back().token, "wdk_1");
  EXPECT_EQ(manager_.connections.back().ca_file, fs::absolute("ca.pem"));
  // Another manager must not be shown this one's token.
  EXPECT_EQ(run_with({"groups", "list", "--url", "https://other:8443"}), 1);
  EXPECT_EQ(manager_.connections.size(), 2U);
}

TEST_F(Cli, ChangesAPasswordThatMustBeChanged) {
  answer("POST /api/v1/tokens", 200, R"({"token":"wdk_1","expires":"","must_change_password":true})");
  answer("POST /api/v1/tokens", 200, R"({"token":"wdk_2","expires":"","must_change_password":false})");
  answer("PUT /api/v1/session/password", 204, "");
  std::ofstream(folder_ / "old") << "old secret\n";
  std::ofstream(folder_ / "new") << "new secret\n";
  ASSERT_EQ(run_with({"login", "--url", "https://m:8443", "--password-file", folder_ / "old", "--new-password-file",
                      folder_ / "new"}),
            0)
      << err_.str();
  EXPECT_EQ(manager_.requests.at(1).body, R"({"current":"old secret","new":"new secret"})");
  EXPECT_EQ(manager_.requests.at(2).body, R"({"username":"admin","password":"new secret"})");
  EXPECT_NE(read_file(folder_ / "config/credentials.json")->find("wdk_2"), std::string::npos);
  answer("DELETE /api/v1/session", 204, "");
  EXPECT_EQ(run_with({"logout"}), 0);
  EXPECT_FALSE(fs::exists(folder_ / "config/credentials.json"));
}

TEST_F(Cli, DoesNotLogInHalfwayWhenNoNewPasswordIsGiven) {
  answer("POST /api/v1/tokens", 200, R"({"token":"wdk_1","expires":"","must_change_password":true})");
  in_.str("secret\n");
  EXPECT_EQ(run_with({"login", "--url", "https://m:8443", "--password-file", "-"}), 1);
  EXPECT_NE(err_.str().find("must be changed"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "config/credentials.json"));
}

TEST_F(Cli, PrintsTablesForPeopleTabsForPipesAndJsonForPrograms) {
  answer("GET /api/v1/groups?limit=1000", 200,
         R"({"items":[{"id":"1","name":"\u65e5\u672c","parent_id":null,"policy_id":"p","agents":3,"etag":"e"},
                      {"id":"22","name":"a\u001b[31m\u202e","parent_id":"1","policy_id":null,"agents":0,"etag":"e"}],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"groups", "list"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "ID\tNAME\tPARENT\tPOLICY\tAGENTS\n1\t日本\t-\tp\t3\n22\ta\\x1b[31m\\u202e\t1\t-\t0\n");
  environment_.is_terminal = true;
  ASSERT_EQ(run_as_admin({"groups", "list"}), 0);
  EXPECT_EQ(out_.str(),
            "ID  NAME             PARENT  POLICY  AGENTS\n"
            "1   日本             -       p       3\n"
            "22  a\\x1b[31m\\u202e  1       -       0\n");
  environment_.has_colour = true;
  ASSERT_EQ(run_as_admin({"groups", "list"}), 0);
  EXPECT_NE(out_.str().find("\x1b[1m"), std::string::npos);
  ASSERT_EQ(run_as_admin({"groups", "list", "--no-color"}), 0);
  EXPECT_EQ(out_.str().find("\x1b["), std::string::npos);
  ASSERT_EQ(run_as_admin({"groups", "list", "--json"}), 0);
  EXPECT_TRUE(out_.str().starts_with(R"([{"id":"1","name":"日本","parent_id":null)")) << out_.str();
}

TEST_F(Cli, ReportsProblemsAsTextOrJson) {
  answer("GET /api/v1/users?limit=1000", 403,
         R"({"title":"Forbidden","detail":"needs users:read","code":"forbidden"})");
  EXPECT_EQ(run_as_admin({"users", "list"}), 1);
  EXPECT_EQ(err_.str(), "warder: needs users:read\n");
  EXPECT_EQ(run_as_admin({"--json", "users", "list"}), 1);
  EXPECT_EQ(err_.str(), "{\"error\":{\"code\":\"forbidden\",\"message\":\"needs users:read\"}}\n");
}

TEST_F(Cli, MovesAnAgentByName) {
  const std::string agent = std::string(R"({"id":")") + kId + R"(","hostname":"web-1","etag":"\"4\"","modules":[]})";
  answer("GET /api/v1/agents?limit=1000", 200, R"({"items":[)" + agent + R"(],"next_cursor":null})");
  answer(std::string("GET /api/v1/agents/") + kId, 200, agent);
  answer(std::string("PATCH /api/v1/agents/") + kId, 200, agent);
  ASSERT_EQ(run_as_admin({"agents", "move", "web-1", "--policy", "none", "--json"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"policy_id":null})");
  EXPECT_EQ(manager_.requests.back().headers.at(0).second, "\"4\"");
  EXPECT_EQ(run_as_admin({"agents", "move", "web-2", "--policy", "none"}), 1);
  EXPECT_EQ(run_as_admin({"agents", "move", "web-1"}), 1);
}

// The list has no pages, and the manager refuses a limit.
TEST_F(Cli, ListsThePacksThatFitAHost) {
  answer(
      std::string("GET /api/v1/agents/") + kId + "/recommendations", 200,
      R"({"items":[{"pack":"loginspection/sshd","module":"log-inspection","reason":"openssh-server"}],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"agents", "recommendations", kId, "--json"}), 0) << err_.str();
  EXPECT_NE(out_.str().find("loginspection/sshd"), std::string::npos) << out_.str();
}

TEST_F(Cli, WaitsForACommandToEnd) {
  const std::string path = std::string("/api/v1/agents/") + kId + "/commands";
  answer("POST " + path, 202, R"({"id":"c","state":"queued"})");
  answer("GET " + path + "?limit=1000", 200, R"({"items":[{"id":"c","state":"sent"}],"next_cursor":null})");
  answer("GET " + path + "?limit=1000", 200,
         R"({"items":[{"id":"c","state":"failed","error":"no"}],"next_cursor":null})");
  EXPECT_EQ(run_as_admin({"agents", "command", kId, "rescan", "--module", "integrity", "--wait"}), 1);
  EXPECT_EQ(manager_.requests.at(0).body, R"({"name":"rescan","arguments":{},"module":"integrity"})");
  EXPECT_NE(out_.str().find("\"failed\""), std::string::npos);
}

TEST_F(Cli, AsksBeforeItDeletes) {
  const std::string path = std::string("/api/v1/agents/") + kId;
  answer("GET " + path, 200, R"({"etag":"\"1\""})");
  answer("DELETE " + path, 204, "");
  EXPECT_EQ(run_as_admin({"agents", "delete", kId}), 1);  // nobody to ask
  environment_.is_terminal = true;
  in_.str("no\n");
  EXPECT_EQ(run_as_admin({"agents", "delete", kId}), 1);
  EXPECT_TRUE(manager_.requests.empty());
  in_.clear();
  in_.str("yes\n");
  EXPECT_EQ(run_as_admin({"agents", "delete", kId}), 0) << err_.str();
  environment_.is_terminal = false;
  EXPECT_EQ(run_as_admin({"agents", "delete", kId, "--yes"}), 0);
  EXPECT_EQ(manager_.requests.back().method, "DELETE");
}

TEST_F(Cli, SetsAndUnsetsSettingsOfAPolicy) {
  const std::string path = std::string("/api/v1/policies/") + kId;
  answer("GET " + path, 200,
         R"({"etag":"\"2\"","document":{"integrity":{"rescan_s":60,"enabled":false},"agent":{"x":1}}})");
  answer("PATCH " + path, 200, "{}");
  ASSERT_EQ(run_as_admin({"policies", "set", kId, "integrity.enabled=true", "integrity.watch=[\"/etc\"]",
                          "firewall.mode=observe", "--unset", "agent.x", "--unset", "integrity.rescan_s"}),
            0)
      << err_.str();
  EXPECT_EQ(manager_.requests.back().body,
            R"({"document":{"integrity":{"enabled":true,"watch":["/etc"]},"firewall":{"mode":"observe"}}})");
  EXPECT_EQ(run_as_admin({"policies", "set", kId, "nonsense"}), 1);
  EXPECT_EQ(run_as_admin({"policies", "set", kId, "--unset", "agent.y"}), 1);
  EXPECT_EQ(run_as_admin({"policies", "set", kId}), 1);
}

TEST_F(Cli, CreatesAPolicyFromAFile) {
  std::ofstream(folder_ / "p.json") << R"({"integrity":{}})";
  answer("POST /api/v1/policies", 201, "{}");
  ASSERT_EQ(run_as_admin({"policies", "create", "web", "--file", folder_ / "p.json"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"name":"web","document":{"integrity":{}}})");
}

TEST_F(Cli, RollsAChangeOutInRings) {
  const std::string path = std::string("/api/v1/policies/") + kId;
  answer("GET " + path, 200, R"({"etag":"\"2\"","document":{"agent":{"heartbeat_s":30}}})");
  answer("GET /api/v1/groups?limit=1000", 200, R"({"items":[{"id":"0194","name":"Web"}],"next_cursor":null})");
  answer("POST " + path + "/rollouts", 201, "{}");
  ASSERT_EQ(run_as_admin({"rollouts", "start", kId, "agent.heartbeat_s=20", "--ring", "canary=5%", "--ring",
                          "web=group:Web", "--ring", "tag:early", "--soak", "60"}),
            0)
      << err_.str();
  EXPECT_EQ(manager_.requests.back().body,
            R"({"document":{"agent":{"heartbeat_s":20}},"rings":[{"name":"canary","percent":5},)"
            R"({"name":"web","group_ids":["0194"]},{"name":"tag:early","tag":"early"}],)"
            R"("soak_s":60,"max_unhealthy_percent":0})");
  for (const std::string wrong : {"canary", "canary=%", "canary=x%", "web=group:Nowhere"})
    EXPECT_EQ(run_as_admin({"rollouts", "start", kId, "agent.heartbeat_s=20", "--ring", wrong}), 1) << wrong;
  answer(std::string("POST /api/v1/rollouts/") + kId + "/steps", 200, "{}");
  ASSERT_EQ(run_as_admin({"rollouts", "back-out", kId}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"step":"back-out"})");
}

TEST_F(Cli, SearchesEventsInAPeriod) {
  answer(
      "GET /api/v1/events?filter=severity%3E%3Dhigh&from=2026-11-21T22%3A25%3A15.000000Z&limit=5", 200,
      R"({"items":[{"time":"t","severity":"high","host":"h","module":"integrity","action":"logged","rank":75,"tags":["pci","web"],"title":"File changed"}],"next_cursor":null})");
  ASSERT_EQ(run_as_admin({"events", "list", "severity>=high", "--since", "1h", "--limit", "5"}), 0) << err_.str();
  EXPECT_EQ(out_.str(),
            "TIME\tSEVERITY\tHOST\tMODULE\tACTION\tRANK\tTAGS\tEVENT\n"
            "t\thigh\th\tintegrity\tlogged\t75\tpci, web\tFile changed\n");
  EXPECT_EQ(run_as_admin({"events", "list", "--since", "yesterday"}), 1);
  answer("GET /api/v1/events?order=rank&limit=100", 200, R"({"items":[],"next_cursor":null})");
  EXPECT_EQ(run_as_admin({"events", "list", "--order", "rank"}), 0) << err_.str();
  EXPECT_EQ(run_as_admin({"events", "list", "--order", "rank", "--follow"}), 2);
}

TEST_F(Cli, TagsEventsUntilAllHaveTheTag) {
  answer("POST /api/v1/events/tags", 200, R"({"changed":20000,"complete":false})");
  answer("POST /api/v1/events/tags", 200, R"({"changed":3,"complete":true})");
  ASSERT_EQ(run_as_admin({"events", "tag", "--filter", "module=ips", "--add", "pci", "--remove", "old"}), 0)
      << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"add":["pci"],"remove":["old"],"filter":"module=ips"})");
  EXPECT_NE((out_.str() + err_.str()).find("20003 events changed."), std::string::npos) << out_.str() << err_.str();
}

TEST_F(Cli, ChangesTagRules) {
  answer("POST /api/v1/tag-rules", 201, R"({"name":"pay","filter":"host=pay","tag":"pci","enabled":true})");
  ASSERT_EQ(run_as_admin({"tag-rules", "create", "pay", "--filter", "host=pay", "--tag", "pci"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"name":"pay","filter":"host=pay","tag":"pci"})");
  const std::string path = std::string("/api/v1/tag-rules/") + kId;
  answer("POST " + path + "/apply", 200, R"({"changed":2,"complete":true})");
  ASSERT_EQ(run_as_admin({"tag-rules", "apply", kId, "--since", "1h"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"from":"2026-11-21T22:25:15.000000Z"})");
}

TEST_F(Cli, KeepsModulesForLessTime) {
  answer("PUT /api/v1/events/retention", 200, R"({"longest_days":365,"modules":{"firewall":30}})");
  ASSERT_EQ(run_as_admin({"retention", "set", "firewall=30"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"modules":{"firewall":30}})");
  EXPECT_EQ(out_.str(), "MODULE\tDAYS\nfirewall\t30\nall others\t365\n");
  for (const std::string wrong : {"firewall", "firewall=", "firewall=x"})
    EXPECT_EQ(run_as_admin({"retention", "set", wrong}), 1) << wrong;
}

TEST_F(Cli, FollowsEventsOverALostConnection) {
  answer("GET /api/v1/events/tail", 200, "id: 7\nevent: event\ndata: {\"time\":\"t1\"}\n\n");
  answer("GET /api/v1/events/tail", 200, "id: 8\nevent: event\ndata: {\"time\":\"t2\"}\n\nevent: dropped\ndata: 3\n\n");
  answer("GET /api/v1/events/tail", 403, R"({"title":"session ended"})");
  EXPECT_EQ(run_as_admin({"events", "tail", "--json"}), 1);
  EXPECT_EQ(out_.str(), "{\"time\":\"t1\"}\n{\"time\":\"t2\"}\n");
  EXPECT_NE(err_.str().find("left out: 3"), std::string::npos);
  EXPECT_EQ(manager_.requests.at(2).headers.at(1), (std::pair<std::string, std::string>("Last-Event-ID", "8")));
}

TEST_F(Cli, FollowsWithoutASubcommand) {
  answer("GET /api/v1/events?limit=100", 200, R"({"items":[{"time":"t2"},{"time":"t1"}],"next_cursor":null})");
  answer("GET /api/v1/events/tail", 200, "id: 8\nevent: event\ndata: {\"time\":\"t3\"}\n\n");
  answer("GET /api/v1/events/tail", 403, R"({"title":"session ended"})");
  EXPECT_EQ(run_as_admin({"events", "--follow", "--json"}), 1);
  EXPECT_EQ(out_.str(), "{\"time\":\"t1\"}\n{\"time\":\"t2\"}\n{\"time\":\"t3\"}\n");
}

TEST_F(Cli, CountsFacets) {
  answer(
      "GET /api/v1/events/facets?fields=severity%2Chost&limit=10", 200,
      R"({"total":3,"facets":[{"field":"severity","values":[{"value":"high","count":2},{"value":"low","count":1}]}]})");
  ASSERT_EQ(run_as_admin({"events", "facets", "--fields", "severity,host"}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "FIELD\tVALUE\tEVENTS\nseverity\thigh\t2\nseverity\tlow\t1\n");
}

TEST_F(Cli, ShowsANewEnrolTokenOnce) {
  answer("POST /api/v1/enrol-tokens", 201, R"({"id":"i","expires":"e","uses_left":5,"token":"wdt1_a_b"})");
  ASSERT_EQ(run_as_admin({"enrol-token", "create", "web", "--uses", "5", "--expires", "7d"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, R"({"name":"web","expires_in_s":604800,"uses":5})");
  EXPECT_NE(out_.str().find("wdt1_a_b"), std::string::npos);
}

TEST_F(Cli, FindsABrokenAuditLog) {
  answer("GET /api/v1/audit/verification", 200,
         R"({"intact":false,"entries":9,"root":"r","first_bad_index":4,"detail":"hash differs"})");
  EXPECT_EQ(run_as_admin({"audit", "verify"}), 3);
  EXPECT_NE(out_.str().find("First bad entry"), std::string::npos);
}

TEST_F(Cli, UploadsContentAsItIs) {
  std::ofstream(folder_ / "pack") << "\x01\x02";
  answer("POST /api/v1/content", 201, "{}");
  ASSERT_EQ(run_as_admin({"content", "import", folder_ / "pack"}), 0) << err_.str();
  EXPECT_EQ(manager_.requests.back().body, "\x01\x02");
  EXPECT_EQ(manager_.requests.back().content_type, "application/octet-stream");
}

TEST_F(Cli, DoctorFindsWhatIsWrong) {
  answer("GET /api/v1/system", 200,
         std::string(R"({"version":")") + WARDER_VERSION + R"(","time":"2026-11-21T23:25:20Z"})");
  answer("GET /api/v1/agents/summary", 200,
         R"({"agents":2,"online":2,"offline":0,"degraded_modules":0,"pending_policies":0})");
  EXPECT_EQ(run_as_admin({"doctor"}), 0) << out_.str();
  manager_.answers.clear();
  answer("GET /api/v1/system", 200, R"({"version":"9.9","time":"2026-11-21T23:35:15Z"})");
  answer("GET /api/v1/agents/summary", 200,
         R"({"agents":2,"online":1,"offline":1,"degraded_modules":1,"pending_policies":0})");
  EXPECT_EQ(run_as_admin({"doctor", "--json"}), 3);
  const auto rows = parse_json(out_.str());
  ASSERT_TRUE(rows);
  std::vector<std::string> problems;
  for (const json::value& row : rows->as_array()) {
    if (row.at("result") == "problem") problems.emplace_back(row.at("check").as_string());
  }
  EXPECT_EQ(problems, (std::vector<std::string>{"version", "clock", "agents", "degraded modules"}));
  manager_.answers.clear();
  EXPECT_EQ(run_as_admin({"doctor"}), 3);
}

TEST_F(Cli, NeverTakesASecretAsAnArgument) {
  for (const char* option : {"--password=x", "--token=x"}) {
    EXPECT_EQ(run_with({"login", "--url", "https://m", option}), 2) << option;
  }
}

}  // namespace
}  // namespace warder::cli
