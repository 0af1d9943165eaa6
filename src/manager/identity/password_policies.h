// The tenant's choice among the profiles of password rules, and what it makes stricter.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/passwords/password_check.h"
#include "manager/passwords/profiles.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct PasswordPolicy {
  std::string profile{kDefaultProfile};
  std::int64_t profile_version = 1;
  boost::json::object overrides;                 // rules that are stricter than the profile's
  PasswordRules rules;                           // the profile's with the overrides, none below the operator's floor
  std::vector<std::string> second_factor_roles;  // who has one of them needs a second factor, whatever the rules say
  std::int64_t version = 0;                      // 0: the tenant has chosen nothing yet

  [[nodiscard]] bool wants_second_factor(const std::vector<std::string>& roles) const;
};

/// Thread-safe.
class PasswordPolicies {
 public:
  /// `floor`: what no tenant may go below. One that has chosen less before has the floor's rules all the same.
  PasswordPolicies(Tenants& tenants, AuditLog& audit, const host::Clock& clock, std::shared_ptr<const KnownWords> known,
                   std::optional<PasswordRules> floor = std::nullopt)
      : tenants_(tenants), audit_(audit), clock_(clock), known_(std::move(known)), floor_(floor) {}

  /// As stored; the default profile before anybody has chosen.
  Result<PasswordPolicy> find(const TenantScope& scope);
  [[nodiscard]] const std::optional<PasswordRules>& floor() const noexcept { return floor_; }
  /// The newest version of the profile with these overrides. Invalid when there is no such profile, when an override
  /// is weaker than the profile or breaks its own standard, or when a rule is below the floor; Stale unless `etag` is
  /// the one read or "*". Passwords that are there stay until they are changed; ages, locks and sessions follow at
  /// once, on other managers within 5 s.
  Result<PasswordPolicy> set(const TenantScope& scope, std::string_view etag, std::string_view profile,
                             const boost::json::object& overrides,
                             const std::vector<std::string>& second_factor_roles = {});

  /// What is in force, at most 5 s old.
  Result<PasswordPolicy> in_force(const TenantScope& scope);
  Result<PasswordRules> rules(const TenantScope& scope);
  /// Invalid, with `pointer` in front and every rule that is broken, when the password may not be taken. `personal`:
  /// what is known of the user; the tenant's name comes with it.
  Result<void> check(const TenantScope& scope, std::string_view password, std::vector<std::string> personal,
                     std::string_view pointer);

 private:
  struct Remembered {
    PasswordPolicy policy;
    std::chrono::steady_clock::time_point read;
  };

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::shared_ptr<const KnownWords> known_;
  const std::optional<PasswordRules> floor_;
  std::mutex mutex_;  // guards remembered_
  std::map<TenantId, Remembered> remembered_;
};

/// The table of config.db.
FeatureSchema password_policy_schema();

}  // namespace warder::manager
