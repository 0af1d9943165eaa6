// From where people of a tenant may come in, and by what they must have proven who they are: the tenant's own rules,
// and the one place that decides by them.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// "totp", "passkey", "certificate" (a client certificate), or "provider": a second factor that the identity provider
/// has proven.
using Proofs = std::set<std::string, std::less<>>;
/// All kinds, in the order of the contract.
std::span<const std::string_view> all_proofs() noexcept;
/// What is in the method of a session: "password+totp" has totp. A recovery code stands in for codes by time.
Proofs proofs_of(std::string_view method);

struct AccessRule {
  std::vector<std::string> roles;  // whoever has one of them; empty: everybody
  std::vector<IpPrefix> networks;  // from there; empty: from anywhere
  Proofs proofs;                   // one of these; empty: no demand
};

struct AccessPolicy {
  std::vector<AccessRule> rules;   // those that concern somebody hold together
  std::int64_t version = 0;        // 0: the tenant has none
  bool certificate_alone = false;  // a client certificate is a login without a password
};

/// What administrators choose.
struct AccessChoice {
  std::vector<AccessRule> rules;
  bool certificate_alone = false;
};

/// Who comes in.
struct AccessFacts {
  std::vector<std::string> roles;
  std::string method;
  std::optional<IpAddress> address;  // nothing: from outside of every network
  bool has_session = true;           // an API key was made in one: only networks count
};

struct AccessDecision {
  bool is_outside = false;               // of a rule's networks
  std::optional<std::string> lacking{};  // the proofs that would do: "passkey or totp"

  [[nodiscard]] bool is_admitted() const noexcept { return !is_outside && !lacking; }
};
AccessDecision decide(const AccessPolicy& policy, const AccessFacts& facts);

/// Thread-safe.
class AccessPolicies {
 public:
  AccessPolicies(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// As stored.
  Result<AccessPolicy> find(const TenantScope& scope);
  /// Stale unless `etag` is the one read or "*". In force at once, on other managers within 5 s.
  Result<AccessPolicy> set(const TenantScope& scope, std::string_view etag, AccessChoice choice);
  /// What is in force, at most 5 s old.
  Result<AccessPolicy> in_force(const TenantScope& scope);

 private:
  struct Remembered {
    AccessPolicy policy;
    std::chrono::steady_clock::time_point read;
  };

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards remembered_
  std::map<TenantId, Remembered> remembered_;
};

boost::json::array to_json(const std::vector<AccessRule>& rules);
/// Of what the contract has checked. Invalid, with its place, for a network that is none.
Result<std::vector<AccessRule>> access_rules_of(const boost::json::array& rules);

/// The table of config.db.
FeatureSchema access_policy_schema();

}  // namespace warder::manager
