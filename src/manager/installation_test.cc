#include "manager/installation.h"

#include <gtest/gtest.h>

#include "manager/all_routes.h"
#include "manager/api/server.h"
#include "manager/health_wiring.h"
#include "manager/key_jobs.h"
#include "manager/listener_certificates.h"
#include "manager/report_jobs.h"
#include "manager/review_jobs.h"
#include "manager/store/temporary_directory.h"
#include "manager/tenancy/key_store.h"

namespace warder::manager {
namespace {

class QuietLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

struct InstallationTest : ::testing::Test {
  InstallationTest() { config.data_directory = (directory.path() / "data").string(); }
  TemporaryDirectory directory;
  Config config;
};

TEST_F(InstallationTest, IsMadeOnlyWhenAskedTo) {
  EXPECT_EQ(Installation::open(config, OpenMode::Existing).error().code, ErrorCode::NotFound);
  EXPECT_FALSE(std::filesystem::exists(config.data_directory));
  ASSERT_TRUE(Installation::open(config, OpenMode::Create));
  EXPECT_TRUE(Installation::open(config, OpenMode::Existing));
}

TEST_F(InstallationTest, IsForItsOwnerOnly) {
  ASSERT_TRUE(Installation::open(config));
  const auto mode = std::filesystem::status(config.data_directory).permissions();
  EXPECT_EQ(mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
}

TEST_F(InstallationTest, KeepsItsCertificateAuthority) {
  const std::string before = Installation::open(config).value()->authority.certificate_authority().fingerprint();
  EXPECT_EQ(Installation::open(config).value()->authority.certificate_authority().fingerprint(), before);
}

std::uint32_t epoch_of(Pool& pool, const std::string& sql) {
  auto db = pool.acquire().value();
  const StmtHandle statement = db->prepare(sql).value();
  return crypto::read_sealed_header(statement->step().value()->bytes(0))->epoch;
}

TEST_F(InstallationTest, KeyJobsSealAnewWhatIsUnderOldEpochs) {
  const auto installation = Installation::open(config).value();
  Tenants& tenants = *installation->tenants;
  ASSERT_TRUE(tenants.add(kFirstTenant, installation->clock.now()));
  const TenantScope scope = installation->first_tenant("job:test").value();
  UserDraft draft;
  draft.username = "yamada";
  draft.email = "yamada@example.org";
  draft.password = make_password();
  draft.roles = {std::string(kFullAccess)};
  const auto user = installation->identity.users().create(scope, draft);
  ASSERT_TRUE(user) << user.error().message;
  const std::string control{kControlOwner};
  ASSERT_TRUE(tenants.keys().rotate_class(scope.tenant().text(), KeyClass::Contact, installation->clock.now()));
  ASSERT_TRUE(tenants.keys().rotate_class(control, KeyClass::Secrets, installation->clock.now()));
  QuietLog log;
  KeyJobs(*installation, log).run();
  EXPECT_EQ(epoch_of(tenants.config(scope), "SELECT email FROM users"), 2U);
  EXPECT_EQ(epoch_of(tenants.config(scope), "SELECT display_name FROM users"), 2U);
  EXPECT_EQ(epoch_of(tenants.control(), "SELECT private_key FROM authority"), 2U);
  EXPECT_EQ(installation->identity.users().find(scope, user->id)->email, "yamada@example.org");
  EXPECT_TRUE(Installation::open(config));
}

TEST_F(InstallationTest, NoExportHasAnswersThatWereGivenAlready) {
  for (const FeatureSchema& schema : Installation::exported_schemas())
    EXPECT_NE(schema.feature, idempotency_schema().feature) << "new passwords are among them";
}

// The contract and the handlers: make_api fails when either side has an operation that the other lacks.
TEST_F(InstallationTest, EveryOperationOfTheContractHasAHandler) {
  const auto installation = Installation::open(config).value();
  EventFeed feed;
  EventStore events(*installation->tenants, feed, installation->clock);
  GoldenHosts golden(*installation->tenants, installation->audit, installation->clock, {});
  Content content(*installation->tenants, installation->audit, installation->clock, {});
  Signatures signatures(*installation->tenants, installation->audit, content, installation->clock);
  SignatureMirror mirror({}, *installation->tenants, installation->scopes, signatures, installation->clock, {});
  const Messages messages;
  InventoryStore inventory_store(*installation->tenants, installation->clock);
  const std::vector<inventory::Offer> offers;
  Usage usage(*installation->tenants, events, installation->clock);
  const TenantExport exports(*installation->tenants, installation->audit, events, messages, installation->clock, {});
  IsolationCheck isolation(*installation->tenants, installation->identity, installation->policies, installation->audit,
                           events, installation->clock);
  QuietLog log;
  Metrics metrics;
  AuditKeeper keeper(
      {*installation->tenants, installation->scopes, installation->audit, installation->clock, log, metrics}, {}, {});
  Destinations destinations(*installation->tenants, installation->audit, installation->clock);
  Reviews reviews(*installation->tenants, installation->audit, events, installation->clock,
                  fleet_roster(installation->agents));
  Forwarder forwarder({*installation->tenants, installation->scopes, destinations, events, feed, messages,
                       installation->clock, log, metrics},
                      {});
  Backups backups(installation->tenants->control(), *installation->keys, installation->clock, {}, {});
  NoticeChannels channels(*installation->tenants, installation->audit, installation->clock);
  NoticeOutbox notices(*installation->tenants, installation->clock);
  Rotas rotas(*installation->tenants, installation->audit, installation->clock, {});
  Notifier notifier(
      {*installation->tenants, installation->scopes, channels, notices, events, {}, installation->clock, log, metrics},
      {});
  TrustCenter trust({*installation->tenants, installation->scopes, installation->audit, installation->clock, log}, {},
                    {}, {});
  DocumentRoom documents(*installation, trust, channels, events, log);
  Alerts alerts(*installation->tenants, installation->audit, installation->clock);
  AlertSettings alert_settings(*installation->tenants, installation->audit, installation->clock, {});
  Incidents incidents(*installation->tenants, installation->audit, events, notices, rotas, installation->clock);
  EvidenceStore evidence(*installation->tenants, installation->audit, incidents, installation->clock);
  BreachNotices breach_notices(*installation->tenants, installation->audit, installation->clock);
  ReportJobs reports({*installation,
                      {events, alerts, alert_settings, incidents, installation->agents, installation->groups,
                       installation->policies, messages},
                      channels,
                      notices,
                      log,
                      {}});
  PersonData person_data(*installation->tenants, events, {}, messages);
  SubjectRequests subjects(*installation->tenants, installation->audit, events, person_data, installation->clock);
  const JobStates jobs(log, [] { return Timestamp{}; });
  ListenerCertificates certificates(*installation);
  const HealthSources health = health_sources(*installation, jobs, certificates);
  const auto api = make_api(
      {config.console_directory, true},
      {installation->identity, installation->idempotency, installation->clock, log, metrics, {}},
      all_routes(*installation,
                 {events,          feed,      golden,   keeper,         content,   signatures,   mirror,    messages,
                  inventory_store, offers,    usage,    exports,        isolation, destinations, forwarder, backups,
                  channels,        notices,   rotas,    notifier,       reviews,   trust,        documents, alerts,
                  alert_settings,  incidents, evidence, breach_notices, subjects,  reports,      health}));
  EXPECT_TRUE(api) << api.error().message;
  feed.stop();
}

}  // namespace
}  // namespace warder::manager
