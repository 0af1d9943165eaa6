#include "manager/provisioning/tenant_export.h"

#include <set>

#include "base/json.h"
#include "crypto/hash.h"
#include "manager/provisioning/testing.h"

namespace warder::manager {
namespace {

class TenantExportTest : public ProvisioningTest {
 protected:
  [[nodiscard]] TenantExport exporter() {
    return {*test_.tenants, test_.audit, events_,
            messages_,      test_.clock, testing::TestIdentity::schemas(all_schemas())};
  }
  std::vector<std::string> lines(const TenantScope& scope) {
    std::vector<std::string> all;
    const auto written = exporter().write(scope, [&](std::string_view line) -> Result<void> {
      all.emplace_back(line);
      return {};
    });
    EXPECT_TRUE(written) << written.error().message;
    receipt_ = written.value_or(ExportReceipt{});
    return all;
  }

  Messages messages_ = Messages::load(WARDER_SOURCE_DIR "/content/messages").value();
  ExportReceipt receipt_;
};

TEST_F(TenantExportTest, HoldsEverythingOfTheTenantAndNothingOfAnother) {
  const NewTenant made = make("acme");
  const TenantScope acme = scope_of(made.tenant.id);
  test_.identity.users()
      .create(acme, {"alice", "Alice Example", "alice@acme.example", testing::kGoodPassword, {"auditor"}})
      .value();
  test_.add_user("bob");
  record(acme);
  record(acme, "agent.offline");
  record(operator_);
  std::string text;
  const auto all = lines(acme);
  for (const std::string& line : all) {
    EXPECT_TRUE(parse_json(line)) << line;
    text += line;
  }
  EXPECT_EQ(parse_json(all.front()).value().at_pointer("/tenant/name").as_string(), "acme");
  for (const char* there : {"alice", "Alice Example", "alice@acme.example", "\"policies\"", "agent.offline",
                            "tenant.create", "audit_checkpoint"})
    EXPECT_NE(text.find(there), std::string::npos) << there;
  for (const char* absent : {"bob", "mail@example.com", "argon2", "password_hash"})
    EXPECT_EQ(text.find(absent), std::string::npos) << absent;
  EXPECT_EQ(receipt_.events, 2);
  EXPECT_EQ(receipt_.audit_entries, test_.audit.verify(acme).value().entries);
}

TEST_F(TenantExportTest, TheReceiptVouchesForAllLinesBefore) {
  make("acme");
  const auto all = lines(operator_);
  ASSERT_GT(all.size(), 3U);
  crypto::Sha256 hash;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) hash.update(as_bytes(all[i]));
  const json::value end = parse_json(all.back()).value();
  EXPECT_EQ(end.at_pointer("/end/sha256").as_string(), to_hex(hash.finish()));
  EXPECT_EQ(end.at_pointer("/end/rows").as_int64(), receipt_.rows);
}

TEST_F(TenantExportTest, ASinkThatFailsEndsItWithoutAReceipt) {
  make("acme");
  int taken = 0;
  const auto written = exporter().write(operator_, [&](std::string_view line) -> Result<void> {
    EXPECT_EQ(line.find("\"end\""), std::string_view::npos);
    if (++taken < 2) return {};
    return fail(ErrorCode::Unavailable, "gone");
  });
  EXPECT_EQ(written.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(taken, 2);
}

TEST_F(TenantExportTest, ManyRowsComeInOrderAndOnce) {
  constexpr int kPolicies = 2'100;  // more than two fetches
  {
    auto db = test_.tenants->config(operator_).acquire().value();
    for (int i = 0; i < kPolicies; ++i) {
      db->execute(
            "INSERT INTO policies (id, name, description, document, version, modified, modified_by) "
            "VALUES (?1, ?1, '', '{}', 1, 0, '')",
            {"p" + std::to_string(i)})
          .value();
    }
  }
  std::set<std::string> seen;
  for (const std::string& line : lines(operator_)) {
    const json::value value = parse_json(line).value();
    const auto* table = value.as_object().if_contains("table");
    if (table == nullptr || *table != "policies") continue;
    EXPECT_TRUE(seen.emplace(value.at_pointer("/row/id").as_string()).second);
  }
  EXPECT_EQ(seen.size(), std::size_t{kPolicies});
}

}  // namespace
}  // namespace warder::manager
