// For tests: an Identity on a data directory of its own, with cheap passwords and a clock that stands still.
#pragma once

#include "host/testing/clock.h"
#include "manager/identity/authority.h"
#include "manager/identity/contacts.h"
#include "manager/identity/identity.h"
#include "manager/identity/roles.h"
#include "manager/tenancy/testing.h"

namespace warder::manager::testing {

inline constexpr const char* kGoodPassword = "Correct-Horse-7";

/// RFC 4648, for the test's authenticator app.
inline Bytes from_base32(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  Bytes bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = bits << 5U | static_cast<std::uint32_t>(kDigits.find(c));
    count += 5;
    if (count >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count -= 8)));
  }
  return bytes;
}

struct TestIdentity {
  explicit TestIdentity(std::vector<FeatureSchema> more = {}, std::vector<FeatureSchema> more_control = {})
      : tenants(schemas(std::move(more)), control(std::move(more_control))) {}

  static std::vector<FeatureSchema> schemas(std::vector<FeatureSchema> more) {
    more.push_back(audit_schema());
    more.push_back(users_schema());
    more.push_back(identity_providers_schema());
    more.push_back(directory_sync_schema());
    more.push_back(contacts_schema());
    more.push_back(roles_schema());
    more.push_back(approvals_schema());
    more.push_back(access_policy_schema());
    more.push_back(password_policy_schema());
    more.push_back(second_factors_schema());
    more.push_back(client_certificates_schema());
    return more;
  }
  static std::vector<FeatureSchema> control(std::vector<FeatureSchema> more) {
    for (const auto& own : {sessions_schema(), api_keys_schema(), authority_schema(), access_grants_schema(),
                            passkey_challenges_schema()})
      more.push_back(own);
    return more;
  }
  static IdentityOptions options() {
    IdentityOptions options;
    options.password_cost = {64, 1, 1};
    options.relying_party = RelyingParty{"manager.example", "https://manager.example:8443"};
    return options;
  }

  User add_user(const std::string& name, const std::string& role = std::string(kFullAccess)) {
    return identity.users()
        .create(tenants.scope(), {name, "Display", "mail@example.com", kGoodPassword, {role}})
        .value();
  }
  [[nodiscard]] TenantScope scope_of(const User& user) const { return tenants.scope("user:" + user.id.text()); }
  Result<LoggedIn> log_in(const std::string& name, const std::string& password = kGoodPassword,
                          bool is_bearer = false) {
    return identity.log_in({name, password, is_bearer, IpAddress::v4(0x7f000001)});
  }
  /// Actions of the audit log, newest first, with their outcome: "session.login denied".
  std::vector<std::string> audited() {
    std::vector<std::string> actions;
    const AuditPage page = audit.list(tenants.scope(), {}).value();
    for (const AuditEntry& entry : page.items) {
      actions.push_back(entry.record.action + " " + std::string(name(entry.record.outcome)));
    }
    return actions;
  }

  TestTenants tenants;
  warder::testing::ManualClock clock;
  AuditLog audit{*tenants, clock};
  Identity identity{*tenants, audit, clock, options()};
};

}  // namespace warder::manager::testing
