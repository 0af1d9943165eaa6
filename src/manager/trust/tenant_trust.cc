#include "manager/trust/tenant_trust.h"

#include <algorithm>

#include "base/json.h"
#include "manager/tenancy/key_store.h"
#include "manager/trust/measures.h"

namespace warder::manager {
namespace {

using std::chrono::days;

constexpr days kLookBack{90};
constexpr std::size_t kMostUses = 1000;
constexpr std::size_t kMostResults = 24;
/// What the tenant itself does, and what the operator does for it (content/commitments).
constexpr std::string_view kOperatorsHalf[] = {"tc-54a", "tc-16",  "tc-20a", "tc-21a",
                                               "tc-35b", "tc-35c", "tc-38a", "tc-53d"};

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

Result<json::object> operator_access(const TenantTrustParts& parts, const TenantScope& scope) {
  const Timestamp now = parts.clock.now();
  json::array grants;
  std::int64_t active = 0;
  for (const AccessGrant& grant : WD_TRY(parts.grants.list(scope.tenant()))) {
    if (grant.tenant != scope.tenant()) continue;  // an operator's list has all tenants'
    const AccessGrantState state = grant.state(now);
    if (state == AccessGrantState::Active) ++active;
    if (grant.created + kLookBack < now && state == AccessGrantState::Ended) continue;
    grants.push_back(json::object{{"id", grant.id.text()},
                                  {"operator_name", grant.operator_name},
                                  {"role", grant.role},
                                  {"reason", grant.reason},
                                  {"state", name(state)},
                                  {"created", to_rfc3339(grant.created)},
                                  {"expires", to_rfc3339(grant.expires)},
                                  {"ended", time_or_null(grant.ended)},
                                  {"by_consent", grant.consent.has_value()}});
  }
  std::int64_t uses = 0;
  std::optional<Timestamp> last;
  for (const AuditEntry& entry : WD_TRY(parts.audit.list(scope, {kMostUses, {}, "access-grant.use"})).items) {
    if (entry.time + kLookBack < now) break;
    if (!last) last = entry.time;
    ++uses;
  }
  return json::object{
      {"active", active}, {"uses", uses}, {"last_use", time_or_null(last)}, {"grants", std::move(grants)}};
}

/// Uses of the root key that had to do with the tenant's own, as the first tenant's log has them.
Result<json::array> key_uses(const TenantTrustParts& parts, const std::string& owner) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const Timestamp now = parts.clock.now();
  json::array uses;
  for (const std::string_view operation : {"wrap", "unwrap"}) {
    AuditQuery query;
    query.limit = kMostUses;
    query.action = "root-key." + std::string(operation);
    for (const AuditEntry& entry : WD_TRY(parts.audit.list(first, query)).items) {
      if (entry.time + kLookBack < now) break;
      const json::value* const keys = find(entry.record.detail, "keys");
      if (keys == nullptr || !keys->is_array()) continue;
      const auto is_own = [&owner](const json::value& key) {
        return key.is_string() && std::string_view(key.get_string()).find(owner) != std::string_view::npos;
      };
      if (std::ranges::any_of(keys->get_array(), is_own))
        uses.push_back(json::object{{"time", to_rfc3339(entry.time)},
                                    {"operation", operation},
                                    {"success", entry.record.outcome == AuditOutcome::Success}});
    }
  }
  return uses;
}

Result<json::object> keys(const TenantTrustParts& parts, const TenantScope& scope) {
  const std::string owner = scope.tenant().text();
  json::array current;
  for (const KeyState& key : WD_TRY(parts.tenants.keys().list())) {
    if (key.owner != owner || !key.is_current) continue;
    const bool is_dated = key.created != Timestamp{};
    current.push_back(json::object{{"level", key.level},
                                   {"created", is_dated ? json::value(to_rfc3339(key.created)) : json::value()},
                                   {"provider", key.provider.empty() ? json::value() : json::value(key.provider)}});
  }
  return json::object{{"current", std::move(current)}, {"root_uses", WD_TRY(key_uses(parts, owner))}};
}

Result<json::array> isolation(const TenantTrustParts& parts) {
  json::array results;
  for (const IsolationResult& result : WD_TRY(parts.isolation.results(kMostResults)))
    results.push_back(json::object{{"time", to_rfc3339(result.time)}, {"passed", result.has_passed}});
  return results;
}

Result<json::object> own_half(const TenantTrustParts& parts, const TenantScope& scope) {
  std::int64_t all = 0;
  std::int64_t current = 0;
  std::int64_t online = 0;
  json::array outdated;
  PageRequest page{500, {}};
  do {
    const auto some = WD_TRY(parts.agents.list(scope, {}, page));
    for (const Agent& agent : some.items) {
      if (agent.state == AgentState::NeverConnected) continue;
      ++all;
      if (agent.state == AgentState::Online) ++online;
      if (agent.agent_version == parts.version)
        ++current;
      else if (outdated.size() < kMostUses)
        outdated.push_back(
            json::object{{"id", agent.id.text()}, {"hostname", agent.hostname}, {"version", agent.agent_version}});
    }
    page.cursor = some.next_cursor.value_or("");
  } while (!page.cursor.empty());
  return json::object{{"version", parts.version},
                      {"agents", all},
                      {"online", online},
                      {"current", current},
                      {"outdated", std::move(outdated)}};
}

Result<json::array> operators_half(const TenantTrustParts& parts) {
  json::array states;
  const TrustSnapshot snapshot = WD_TRY(parts.center.snapshot());
  for (const TrustSnapshot::Line& line : snapshot.lines) {
    if (std::ranges::find(kOperatorsHalf, line.commitment->id) == std::end(kOperatorsHalf)) continue;
    states.push_back(json::object{{"id", line.commitment->id},
                                  {"text", json::object{{"en", line.commitment->en}, {"ja", line.commitment->ja}}},
                                  {"state", name(line.assessment.state)},
                                  {"checked", time_or_null(line.assessment.checked)}});
  }
  return states;
}

}  // namespace

Result<json::object> tenant_trust(const TenantTrustParts& parts, const TenantScope& scope) {
  if (!scope.is_whole()) return scope.forbid("this is for who may see the whole tenant");
  json::object made;
  made["time"] = to_rfc3339(parts.clock.now());
  made["operator_access"] = WD_TRY(operator_access(parts, scope));
  made["keys"] = WD_TRY(keys(parts, scope));
  made["isolation"] = WD_TRY(isolation(parts));
  made["own_half"] = WD_TRY(own_half(parts, scope));
  made["operators_half"] = WD_TRY(operators_half(parts));
  return made;
}

Result<json::object> tenant_measures(const TenantTrustParts& parts, const TenantScope& scope) {
  if (!scope.is_whole()) return scope.forbid("this is for who may see the whole tenant");
  json::object own = WD_TRY(own_half(parts, scope));
  own.erase("outdated");
  const auto isolated = WD_TRY(parts.isolation.results(1));
  own["isolation"] = isolated.empty() ? json::value()
                                      : json::value(json::object{{"time", to_rfc3339(isolated.front().time)},
                                                                 {"passed", isolated.front().has_passed}});
  json::object made = to_json(WD_TRY(measures_now(parts.center)));
  made["own"] = std::move(own);
  return made;
}

}  // namespace warder::manager
