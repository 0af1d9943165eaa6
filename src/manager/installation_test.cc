#include "manager/installation.h"

#include <gtest/gtest.h>

#include "manager/all_routes.h"
#include "manager/api/server.h"
#include "manager/store/temporary_directory.h"

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
  QuietLog log;
  Metrics metrics;
  AuditKeeper keeper(
      {*installation->tenants, installation->scopes, installation->audit, installation->clock, log, metrics}, {}, {});
  const auto api = make_api({config.console_directory, true},
                            {installation->identity, installation->idempotency, installation->clock, log, metrics, {}},
                            all_routes(*installation, {events, feed, golden, keeper, content, signatures, mirror,
                                                       messages, inventory_store, offers}));
  EXPECT_TRUE(api) << api.error().message;
  feed.stop();
}

}  // namespace
}  // namespace warder::manager
