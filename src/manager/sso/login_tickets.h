// Between the provider's answer and the session: which answers came already, and who has proven what and may begin a
// session with it, once and soon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/clock.h"
#include "manager/identity/external_users.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// Somebody whom a provider has proven.
struct ProvenLogin {
  ExternalPerson person;
  std::string method;  // "oidc"
  bool has_second_factor = false;
  std::string challenge;  // of a command line: SHA-256 of its verifier, base64url; empty: for a browser
  std::int64_t tries = 0;
  Timestamp expires{};
};

/// Thread-safe.
class LoginTickets {
 public:
  LoginTickets(Tenants& tenants, const host::Clock& clock) : tenants_(tenants), clock_(clock) {}

  /// Conflict when this state came before.
  Result<void> use_state(const TenantScope& scope, std::string_view state);
  /// A secret for one session, for five minutes.
  Result<std::string> put(const TenantScope& scope, ProvenLogin login);
  /// Whose it is; it is gone with that, so that of two at the same moment one gets it. NotFound when it does not hold.
  Result<ProvenLogin> take(const TenantScope& scope, std::string_view ticket);
  /// After `take`, when only the code of the second factor was missing or wrong. Five times at most, and no longer than
  /// the five minutes of before.
  Result<void> put_back(const TenantScope& scope, std::string_view ticket, ProvenLogin login);

 private:
  Result<void> write(const TenantScope& scope, const std::string& id, const ProvenLogin& login);

  Tenants& tenants_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema login_tickets_schema();

}  // namespace warder::manager
