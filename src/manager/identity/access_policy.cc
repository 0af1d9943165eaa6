#include "manager/identity/access_policy.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::chrono::seconds kRemembered{5};
constexpr std::array<std::string_view, 4> kProofs = {"totp", "passkey", "certificate", "provider"};

Result<AccessPolicy> find_in(Db& db) {
  const auto read = [](const Row& row) -> Result<AccessPolicy> {
    const json::value rules = WD_TRY(parse_json(row.text(0)));
    if (!rules.is_array()) return fail(ErrorCode::Corrupt, "access_policy: rules");
    return AccessPolicy{WD_TRY(access_rules_of(rules.get_array())), row.integer(1), row.integer(2) != 0};
  };
  return WD_TRY(read_row(db, "SELECT rules, version, COALESCE(certificate_alone, 0) FROM access_policy WHERE id = 1",
                         {}, read))
      .value_or(AccessPolicy{});
}

bool concerns(const AccessRule& rule, const std::vector<std::string>& roles) {
  return rule.roles.empty() || std::ranges::any_of(rule.roles, [&](const std::string& role) {
           return std::ranges::find(roles, role) != roles.end();
         });
}

bool is_inside(const AccessRule& rule, const AccessFacts& facts) {
  if (rule.networks.empty()) return true;
  const auto reaches = [&](const IpPrefix& network) { return network.contains(*facts.address); };
  return facts.address && std::ranges::any_of(rule.networks, reaches);
}

std::string any_of(const Proofs& proofs) {
  std::string text;
  for (const std::string& proof : proofs) text.append(text.empty() ? "" : " or ").append(proof);
  return text;
}

std::vector<std::string> texts_in(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  if (const json::value* list = find(object, key))
    for (const json::value& text : list->as_array()) texts.emplace_back(std::string_view(text.as_string()));
  return texts;
}

Result<AccessRule> read_rule(const json::object& object, const std::string& pointer) {
  AccessRule rule;
  rule.roles = texts_in(object, "roles");
  for (const std::string& text : texts_in(object, "networks")) {
    const auto network = parse_prefix(text);
    if (!network) return fail(ErrorCode::Invalid, pointer + "/networks: " + text + ": not a network as 192.0.2.0/24");
    rule.networks.push_back(*network);
  }
  for (std::string& proof : texts_in(object, "proofs")) {
    if (std::ranges::find(kProofs, proof) == kProofs.end())
      return fail(ErrorCode::Invalid, pointer + "/proofs: no such proof: " + proof);
    rule.proofs.insert(std::move(proof));
  }
  return rule;
}

template <class Items>
json::array texts_of(const Items& items) {
  json::array array;
  for (const std::string& item : items) array.emplace_back(json::string(item));
  return array;
}

}  // namespace

std::span<const std::string_view> all_proofs() noexcept {
  return kProofs;
}

Proofs proofs_of(std::string_view method) {
  Proofs proofs;
  for (const std::string_view part : split(method, '+')) {
    if (part == "totp" || part == "recovery-code") proofs.emplace("totp");
    if (part == "passkey" || part == "certificate") proofs.emplace(part);
    if (part == "mfa") proofs.emplace("provider");
  }
  return proofs;
}

AccessDecision decide(const AccessPolicy& policy, const AccessFacts& facts) {
  const Proofs shown = proofs_of(facts.method);
  AccessDecision decision;
  for (const AccessRule& rule : policy.rules) {
    if (!concerns(rule, facts.roles)) continue;
    decision.is_outside = decision.is_outside || !is_inside(rule, facts);
    const auto is_shown = [&](const std::string& proof) { return shown.contains(proof); };
    if (facts.has_session && !rule.proofs.empty() && std::ranges::none_of(rule.proofs, is_shown) && !decision.lacking)
      decision.lacking = any_of(rule.proofs);
  }
  return decision;
}

Result<AccessPolicy> AccessPolicies::find(const TenantScope& scope) {
  return find_in(*WD_TRY(tenants_.config(scope).acquire()));
}

Result<AccessPolicy> AccessPolicies::set(const TenantScope& scope, std::string_view etag, AccessChoice choice) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const std::int64_t version = WD_TRY(find_in(*db)).version;
  if (etag != "*" && etag != "\"" + std::to_string(version) + "\"")
    return fail(ErrorCode::Stale, "the access policy was changed since you read it; read it again");
  AccessPolicy policy{std::move(choice.rules), version + 1, choice.certificate_alone};
  const json::array stored = to_json(policy.rules);
  WD_TRY(
      db->execute("INSERT INTO access_policy (id, rules, version, certificate_alone) VALUES (1, ?1, ?2, ?3) "
                  "ON CONFLICT (id) DO UPDATE SET rules = excluded.rules, version = excluded.version, "
                  "certificate_alone = excluded.certificate_alone",
                  {canonical_json(stored), policy.version, std::int64_t{policy.certificate_alone}}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"access-policy.set",
                           "access-policy",
                           AuditOutcome::Success,
                           {{"rules", stored}, {"certificate_alone", policy.certificate_alone}}}));
  WD_TRY(tx.commit());
  const std::lock_guard lock(mutex_);
  remembered_.erase(scope.tenant());
  return policy;
}

Result<AccessPolicy> AccessPolicies::in_force(const TenantScope& scope) {
  const auto now = clock_.steady_now();
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(scope.tenant());
    if (found != remembered_.end() && now - found->second.read < kRemembered) return found->second.policy;
  }
  AccessPolicy policy = WD_TRY(find(scope));
  const std::lock_guard lock(mutex_);
  remembered_.insert_or_assign(scope.tenant(), Remembered{policy, now});
  return policy;
}

json::array to_json(const std::vector<AccessRule>& rules) {
  json::array array;
  for (const AccessRule& rule : rules) {
    json::array networks;
    for (const IpPrefix& network : rule.networks) networks.emplace_back(json::string(network.text()));
    array.push_back(json::object{
        {"roles", texts_of(rule.roles)}, {"networks", std::move(networks)}, {"proofs", texts_of(rule.proofs)}});
  }
  return array;
}

Result<std::vector<AccessRule>> access_rules_of(const json::array& rules) {
  std::vector<AccessRule> read;
  for (const json::value& rule : rules) {
    if (!rule.is_object()) return fail(ErrorCode::Invalid, "/rules: not objects");
    read.push_back(WD_TRY(read_rule(rule.get_object(), "/rules/" + std::to_string(read.size()))));
  }
  return read;
}

FeatureSchema access_policy_schema() {
  return {"access-policy",
          {{1,
            "rules of access",
            {"CREATE TABLE access_policy (id INTEGER PRIMARY KEY, rules TEXT NOT NULL, version BIGINT NOT NULL)"}},
           {2, "certificates alone", {"ALTER TABLE access_policy ADD COLUMN certificate_alone INTEGER"}}},
          {{"access_policy", "id", PersonalData::None},
           {"access_policy", "rules", PersonalData::None},
           {"access_policy", "version", PersonalData::None},
           {"access_policy", "certificate_alone", PersonalData::None}}};
}

}  // namespace warder::manager
