#include "manager/identity/password_policies.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::chrono::seconds kRemembered{5};

/// A message about a rule, "/min_length: …", is one about the overrides.
Result<void> among_overrides(Result<void> checked) {
  if (checked || !checked.error().message.starts_with('/')) return checked;
  return fail(checked.error().code, "/overrides" + checked.error().message);
}

Result<PasswordRules> rules_of(const PasswordProfile& profile, const boost::json::object& overrides) {
  PasswordRules rules = profile.rules;
  WD_TRY(among_overrides(apply_json(bind_fields(rules), overrides)));
  WD_TRY(among_overrides(check_not_weaker(rules, profile.rules)));
  const auto conflicts = conflicts_of(rules, profile);
  if (!conflicts.empty()) {
    return fail(ErrorCode::Invalid,
                "/overrides/" + std::string(conflicts.front().rule) +
                    ": breaks the profile's own standard: " + std::string(conflicts.front().clause));
  }
  return rules;
}

Result<PasswordPolicy> read_policy(const Row& row) {
  PasswordPolicy policy;
  policy.profile = row.text(0);
  policy.profile_version = row.integer(1);
  policy.version = row.integer(3);
  const PasswordProfile* profile = find_password_profile(policy.profile, policy.profile_version);
  if (profile == nullptr) return fail(ErrorCode::Corrupt, "password_policy: " + policy.profile + ": no such profile");
  const json::value overrides = WD_TRY(parse_json(row.text(2)));
  if (!overrides.is_object()) return fail(ErrorCode::Corrupt, "password_policy: overrides");
  policy.overrides = overrides.get_object();
  const std::string roles = row.text(4);
  for (const std::string_view role : split(roles, ','))
    if (!role.empty()) policy.second_factor_roles.emplace_back(role);
  policy.rules = profile->rules;
  WD_TRY(apply_json(bind_fields(policy.rules), overrides));
  return policy;
}

PasswordPolicy default_policy() {
  const PasswordProfile& profile = *find_password_profile(kDefaultProfile);
  PasswordPolicy policy;
  policy.profile_version = profile.version;
  policy.rules = profile.rules;
  return policy;
}

Result<PasswordPolicy> find_in(Db& db) {
  const auto policy =
      WD_TRY(read_row(db,
                      "SELECT profile, profile_version, overrides, version, COALESCE(second_factor_roles, '') "
                      "FROM password_policy WHERE id = 1",
                      {}, read_policy));
  return policy ? *policy : default_policy();
}

std::string joined(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text.append(text.empty() ? "" : ",").append(role);
  return text;
}

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

}  // namespace

Result<PasswordPolicy> PasswordPolicies::find(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  PasswordPolicy policy = WD_TRY(find_in(*db));
  if (floor_) policy.rules = stricter_of(policy.rules, *floor_);
  return policy;
}

Result<PasswordPolicy> PasswordPolicies::set(const TenantScope& scope, std::string_view etag, std::string_view profile,
                                             const boost::json::object& overrides,
                                             const std::vector<std::string>& second_factor_roles) {
  const PasswordProfile* chosen = find_password_profile(profile);
  if (chosen == nullptr) return fail(ErrorCode::Invalid, "/profile: no such profile; see /password-profiles");
  const PasswordRules rules = WD_TRY(rules_of(*chosen, overrides));
  if (floor_) WD_TRY(among_overrides(check_not_weaker(rules, *floor_, "what this service's operator allows")));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const std::int64_t version = WD_TRY(find_in(*db)).version;
  if (etag != "*" && etag != etag_text(version))
    return fail(ErrorCode::Stale, "the password policy was changed since you read it; read it again");
  const PasswordPolicy policy{std::string(profile), chosen->version, overrides, rules,
                              second_factor_roles,  version + 1};
  WD_TRY(db->execute(
      "INSERT INTO password_policy (id, profile, profile_version, overrides, version, second_factor_roles) "
      "VALUES (1, ?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, profile_version = excluded.profile_version, "
      "overrides = excluded.overrides, version = excluded.version, second_factor_roles = excluded.second_factor_roles",
      {policy.profile, policy.profile_version, canonical_json(overrides), policy.version,
       joined(second_factor_roles)}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"password-policy.set",
                           "password-policy",
                           AuditOutcome::Success,
                           {{"profile", policy.profile},
                            {"version", policy.profile_version},
                            {"overrides", overrides},
                            {"second_factor_roles", joined(second_factor_roles)}}}));
  WD_TRY(tx.commit());
  const std::lock_guard lock(mutex_);
  remembered_.erase(scope.tenant());
  return policy;
}

Result<PasswordPolicy> PasswordPolicies::in_force(const TenantScope& scope) {
  const auto now = clock_.steady_now();
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(scope.tenant());
    if (found != remembered_.end() && now - found->second.read < kRemembered) return found->second.policy;
  }
  PasswordPolicy policy = WD_TRY(find(scope));
  const std::lock_guard lock(mutex_);
  remembered_.insert_or_assign(scope.tenant(), Remembered{policy, now});
  return policy;
}

Result<PasswordRules> PasswordPolicies::rules(const TenantScope& scope) {
  return WD_TRY(in_force(scope)).rules;
}

bool PasswordPolicy::wants_second_factor(const std::vector<std::string>& roles) const {
  return rules.second_factor || std::ranges::any_of(roles, [&](const std::string& role) {
           return std::ranges::find(second_factor_roles, role) != second_factor_roles.end();
         });
}

Result<void> PasswordPolicies::check(const TenantScope& scope, std::string_view password,
                                     std::vector<std::string> personal, std::string_view pointer) {
  personal.push_back(WD_TRY(tenants_.find(scope.tenant())).name);
  std::string reasons;
  for (const std::string& reason : broken_rules(WD_TRY(rules(scope)), password, personal, *known_))
    reasons.append(reasons.empty() ? "" : "; ").append(reason);
  if (reasons.empty()) return {};
  return fail(ErrorCode::Invalid, std::string(pointer) + ": " + reasons);
}

FeatureSchema password_policy_schema() {
  return {
      "password-policy",
      {{1,
        "password policy",
        {"CREATE TABLE password_policy (id BIGINT PRIMARY KEY, profile TEXT NOT NULL, profile_version BIGINT NOT NULL, "
         "overrides TEXT NOT NULL, version BIGINT NOT NULL)"}},
       {2, "second factors by role", {"ALTER TABLE password_policy ADD COLUMN second_factor_roles TEXT"}}},
      {{"password_policy", "id", PersonalData::None},
       {"password_policy", "profile", PersonalData::None},
       {"password_policy", "profile_version", PersonalData::None},
       {"password_policy", "overrides", PersonalData::None},
       {"password_policy", "version", PersonalData::None},
       {"password_policy", "second_factor_roles", PersonalData::None}},
  };
}

}  // namespace warder::manager
