// What the health of the manager is made of, by a clock that stands still; every answer is held against the contract.
#include "manager/api/routes_health.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "manager/api/testing.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

class Quiet final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

struct Fixture {
  HealthSources sources(testing::TestIdentity& test) {
    jobs = std::make_unique<JobStates>(log, [&test] { return test.clock.now(); });
    certificates = {{"authority", "Warder CA", test.clock.now() + days{3650}}};
    return {*test.tenants,
            test.clock,
            *jobs,
            [this]() -> Result<std::vector<HeldCertificate>> { return certificates; },
            [this](const TenantScope&) -> Result<std::vector<HeldCertificate>> { return of_tenant; },
            [this]() -> Result<void> {
              if (database_error.empty()) return {};
              return fail(ErrorCode::Unavailable, database_error);
            },
            [this]() -> Result<DiskSpace> { return disk; }};
  }
  Answer ask() { return client().ask("GET", "/api/v1/system/health"); }
  /// Bearer tokens end while days go by.
  ApiClient client() {
    ApiClient made = api.client();
    made.bearer = api.identity.log_in("root", "Own-Phrase-Qzkw-1", true).value().token;
    return made;
  }

  Quiet log;
  std::unique_ptr<JobStates> jobs;
  std::vector<HeldCertificate> certificates;
  std::vector<HeldCertificate> of_tenant;
  std::string database_error;
  DiskSpace disk{1000, 500};
  TestApi api{{}, "/nonexistent",
              {}, {},
              {}, [this](Routes& routes, testing::TestIdentity& test) {
                add_health_routes(routes, sources(test)); }};
  ApiClient first = api.member("root");
};

TEST(HealthRoutes, AreWellWhenEverythingIs) {
  Fixture test;
  test.jobs->expect("retention", hours{1}).run([] {});
  const Answer answer = test.ask();
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.at("/healthy"), "true") << answer.text;
  EXPECT_EQ(answer.at("/jobs/0/name"), "retention");
  EXPECT_EQ(answer.at("/jobs/0/state"), "ok");
  EXPECT_EQ(answer.at("/jobs/0/last_run"), answer.at("/jobs/0/last_success"));
  EXPECT_EQ(answer.at("/certificates/0/state"), "ok");
  EXPECT_EQ(answer.at("/certificates/0/days_left"), "3650");
  EXPECT_EQ(answer.at("/database/state"), "ok");
  EXPECT_EQ(answer.at("/database/kind"), is_on_postgres() ? "postgresql" : "sqlite");
  EXPECT_EQ(answer.at("/disk/available_bytes"), "500");
}

TEST(HealthRoutes, SayWhichJobNeverRanAndWhichIsOverdue) {
  Fixture test;
  test.jobs->expect("pruning", hours{1});
  Answer answer = test.ask();
  EXPECT_EQ(answer.at("/jobs/0/state"), "waiting") << "not well, and not yet wrong";
  EXPECT_EQ(answer.at("/jobs/0/last_run"), "null");
  EXPECT_EQ(answer.at("/healthy"), "true");
  test.api.identity.clock.advance(minutes{121});
  answer = test.ask();
  EXPECT_EQ(answer.at("/jobs/0/state"), "overdue");
  EXPECT_EQ(answer.at("/jobs/0/overdue"), "true");
  EXPECT_EQ(answer.at("/healthy"), "false");
}

TEST(HealthRoutes, SayWhatAJobFailedOf) {
  Fixture test;
  const JobRuns job = test.jobs->expect("keys", hours{1});
  job.run([&] { test.jobs->warning("keys.refresh.failed", "no answer"); });
  Answer answer = test.ask();
  EXPECT_EQ(answer.at("/jobs/0/state"), "failed");
  EXPECT_EQ(answer.at("/jobs/0/last_error"), "keys.refresh.failed: no answer");
  EXPECT_EQ(answer.at("/healthy"), "false");
  job.run([] {});
  EXPECT_EQ(test.ask().at("/healthy"), "true");
}

TEST(HealthRoutes, TellOfCertificatesBeforeTheyEnd) {
  Fixture test;
  test.certificates = {{"api", "manager.example", test.api.identity.clock.now() + days{22}}};
  EXPECT_EQ(test.ask().at("/certificates/0/state"), "ok");
  test.api.identity.clock.advance(hours{25});
  Answer answer = test.ask();
  EXPECT_EQ(answer.at("/certificates/0/state"), "soon");
  EXPECT_EQ(answer.at("/certificates/0/days_left"), "20");
  EXPECT_EQ(answer.at("/healthy"), "false");
  test.api.identity.clock.advance(days{21});
  answer = test.ask();
  EXPECT_EQ(answer.at("/certificates/0/state"), "expired");
  EXPECT_EQ(answer.at("/certificates/0/days_left"), "-1");
}

TEST(HealthRoutes, AreNotWellWithoutDatabaseOrRoom) {
  Fixture test;
  test.database_error = "it does not answer";
  Answer answer = test.ask();
  EXPECT_EQ(answer.at("/database/state"), "failed");
  EXPECT_EQ(answer.at("/database/error"), "it does not answer");
  EXPECT_EQ(answer.at("/healthy"), "false");
  test.database_error.clear();
  test.disk = {1000, 99};
  answer = test.ask();
  EXPECT_EQ(answer.at("/disk/state"), "low");
  EXPECT_EQ(answer.at("/healthy"), "false");
}

TEST(HealthRoutes, TellAnotherTenantOfItsOwnAlone) {
  Fixture test;
  test.jobs->expect("keys", hours{1}).run([&] { test.jobs->warning("keys.failed", "of tenant primary"); });
  test.of_tenant = {{"client-authority", "Our people", test.api.identity.clock.now() + days{100}}};
  testing::TestIdentity& identity = test.api.identity;
  const TenantScope acme = identity.tenants.scope_of(identity.tenants->add("acme", identity.clock.now()).value().id);
  const User boss = identity.identity.users()
                        .create(acme, {"boss", "", {}, testing::kGoodPassword, {std::string(kFullAccess)}})
                        .value();
  ASSERT_TRUE(identity.identity.users().change_password(acme, boss.id, testing::kGoodPassword, "Own-Phrase-Qzkw-1"));
  ApiClient client = test.api.client();
  client.bearer = identity.log_in("acme/boss", "Own-Phrase-Qzkw-1", true).value().token;
  const Answer answer = client.ask("GET", "/api/v1/system/health");
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.at("/jobs"), "[]");
  EXPECT_EQ(answer.at("/database"), "null");
  EXPECT_EQ(answer.at("/disk"), "null");
  EXPECT_EQ(answer.at("/certificates/0/subject"), "Our people");
  EXPECT_EQ(answer.at("/certificates/1"), "absent");
  EXPECT_EQ(answer.at("/healthy"), "true");
}

TEST(HealthRoutes, WantTheRight) {
  Fixture test;
  EXPECT_EQ(test.api.member("op", "operator").ask("GET", "/api/v1/system/health").status, 403);
  EXPECT_EQ(test.api.member("sec", "infosec").ask("GET", "/api/v1/system/health").status, 200);
}

}  // namespace
}  // namespace warder::manager
