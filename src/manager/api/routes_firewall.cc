// The rules of a policy in the order in which they are looked at, and which of them decides a packet. Nothing is kept.
#include "manager/api/routes_firewall.h"

#include <map>

#include "base/json.h"
#include "engines/firewall/analyse.h"
#include "engines/firewall/simulator.h"
#include "manager/api/fleet_json.h"

namespace warder::manager {
namespace {

namespace fw = firewall;

constexpr std::size_t kMaxAnalysed = 2'000;  // rules; comparing them takes the square
constexpr std::size_t kMaxFindings = 500;
constexpr std::size_t kMaxListed = 5'000;

bool flag(const ApiRequest& request, const std::string& name) {
  return request.query(name) == "true";
}

Result<fw::Conditions> conditions_of(const ApiRequest& request, const host::Clock& clock) {
  fw::Conditions conditions;
  conditions.now = clock.now();
  if (const auto time = request.query("time")) conditions.now = WD_TRY(parse_rfc3339(*time).in("time"));
  conditions.is_isolated = flag(request, "isolated");
  conditions.is_manager_reachable = !flag(request, "manager_unreachable");
  return conditions;
}

Result<fw::Policy> policy_of(Policies& policies, const TenantScope& scope, const PolicyId& id) {
  WD_TRY(policies.find(scope, id));  // whether the scope reaches it
  const EffectivePolicy effective = WD_TRY(policies.effective(scope, id));
  const json::value document = WD_TRY(parse_json(effective.document, effective.document.size() + 1));
  const json::value* const section = document.is_object() ? find(document.as_object(), "firewall") : nullptr;
  return fw::parse_policy(section == nullptr ? json::value(json::object()) : *section);
}

json::object rule_to_json(const fw::Rule& rule, bool is_in_force) {
  return {
      {"id", rule.id},         {"name", rule.name},       {"direction", rule.direction},    {"priority", rule.priority},
      {"action", rule.action}, {"in_force", is_in_force}, {"definition", fw::to_json(rule)}};
}

/// Those in force as they are looked at, then those whose schedule or context does not hold, then what is switched off.
json::array rules_in_order(const fw::Compiled& compiled) {
  std::map<std::string_view, const fw::Rule*> by_id;
  for (const fw::Rule& rule : compiled.policy.rules) by_id[rule.id] = &rule;
  json::array out;
  const auto add = [&](const std::string& id, bool is_in_force) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) return;
    if (out.size() < kMaxListed) out.push_back(rule_to_json(*found->second, is_in_force));
    by_id.erase(found);
  };
  for (const std::size_t index : compiled.order) add(compiled.rules[index].id, true);
  for (const fw::RuleSpec& rule : compiled.rules) add(rule.id, false);
  for (const fw::Rule& rule : compiled.policy.rules) add(rule.id, false);
  return out;
}

Result<json::value> decision_on(const ApiRequest& request, const std::shared_ptr<const fw::Compiled>& compiled) {
  const auto text = request.query("packet");
  if (!text) return json::value(nullptr);
  fw::Packet packet = WD_TRY(fw::parse_packet(*text).in("packet"));
  packet.time = compiled->conditions.now;
  fw::Simulator simulator(compiled);
  return json::value(fw::to_json(simulator.decide(packet), packet, *compiled, true));
}

Result<ApiResponse> get_rules(const ApiRequest& request, Policies& policies, const host::Clock& clock) {
  const auto id = WD_TRY(path_id<PolicyId>(request));
  const auto policy = WD_TRY(policy_of(policies, request.tenant_scope(), id));
  const auto compiled = WD_TRY(fw::compile(policy, WD_TRY(conditions_of(request, clock))));
  json::array findings;
  const bool is_analysed = compiled->order.size() <= kMaxAnalysed;
  if (is_analysed)
    for (const fw::AnalysisFinding& finding : fw::analyse(*compiled, kMaxFindings))
      findings.push_back(fw::to_json(finding));
  return object_response(200, {{"policy_id", id.text()},
                               {"mode", policy.mode},
                               {"enabled", policy.enabled},
                               {"commit_confirm_s", policy.commit_confirm_s},
                               {"rules_total", policy.rules.size()},
                               {"rules", rules_in_order(*compiled)},
                               {"analysed", is_analysed},
                               {"findings", std::move(findings)},
                               {"decision", WD_TRY(decision_on(request, compiled))}});
}

}  // namespace

void add_firewall_routes(Routes& routes, Policies& policies, const host::Clock& clock) {
  routes.add("getFirewallRules",
             [&policies, &clock](const ApiRequest& request) { return get_rules(request, policies, clock); });
}

}  // namespace warder::manager
