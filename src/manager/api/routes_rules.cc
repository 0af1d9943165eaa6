#include "manager/api/routes_rules.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "manager/api/fleet_json.h"
#include "manager/api/list_page.h"
#include "manager/api/rule_catalogue.h"

namespace warder::manager {
namespace {

json::array strings(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

json::object rule_to_json(const ListedRule& rule) {
  return {{"module", rule.module},
          {"id", rule.id},
          {"title", rule.title},
          {"pack", rule.pack},
          {"severity", text_or_null(rule.severity)},
          {"level", rule.level ? json::value(*rule.level) : json::value(nullptr)},
          {"techniques", strings(rule.techniques)},
          {"cves", strings(rule.cves)}};
}

/// Which packs a policy uses of a module whose section is in force; nullopt: all.
struct Used {
  bool is_in_force = false;
  std::optional<std::vector<std::string>> packs;
  json::object section{};
};

std::vector<std::string> texts_at(const json::object& section, std::string_view key) {
  std::vector<std::string> out;
  const json::value* const list = find(section, key);
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& each : list->as_array())
    if (each.is_string()) out.emplace_back(each.as_string());
  return out;
}

Used use_of(const json::object& document, const std::string& module) {
  const json::value* const value = find(document, module);
  if (value == nullptr || !value->is_object()) return {};
  const json::object& section = value->as_object();
  const json::value* const enabled = find(section, "enabled");
  const json::value* const mode = find(section, "mode");
  Used used;
  used.is_in_force = (enabled == nullptr || (enabled->is_bool() && enabled->as_bool())) &&
                     (mode == nullptr || *mode != json::value("off"));
  auto packs = texts_at(section, module == "integrity" ? "packs" : "rule_packs");
  if (module == "integrity" || !packs.empty()) used.packs = std::move(packs);
  used.section = section;
  return used;
}

struct PolicyUse {
  PolicyId id;
  json::object policy;
  std::map<std::string, Used> modules;
};

Result<std::vector<PolicyUse>> uses_of(Policies& policies, const TenantScope& scope) {
  std::vector<PolicyUse> out;
  PageRequest page{1000, ""};
  while (true) {
    const auto found = WD_TRY(policies.list(scope, page));
    for (const Policy& policy : found.items) {
      const auto effective = WD_TRY(policies.effective(scope, policy.id));
      const auto document = WD_TRY(parse_json(effective.document, effective.document.size() + 1));
      PolicyUse use{policy.id, {{"id", policy.id.text()}, {"name", policy.name}}, {}};
      for (const char* module : {"log-inspection", "ips", "integrity"})
        use.modules[module] = use_of(document.as_object(), module);
      out.push_back(std::move(use));
    }
    if (!found.next_cursor) return out;
    page.cursor = *found.next_cursor;
  }
}

bool uses(const PolicyUse& policy, const ListedPack& pack) {
  const Used& used = policy.modules.at(pack.module);
  return used.is_in_force && (!used.packs || std::ranges::find(*used.packs, pack.name) != used.packs->end());
}

Result<ApiResponse> list_rules(const ApiRequest& request, SharedRules& shared) {
  const auto catalogue = WD_TRY(shared.get());
  const auto text = [&](std::string_view name) { return request.query(name).value_or(""); };
  const RuleFilter filter{text("module"), text("pack"), text("technique"), text("search")};
  std::vector<ListedRule> found;
  std::ranges::copy_if(catalogue->rules, std::back_inserter(found),
                       [&](const ListedRule& rule) { return matches(rule, filter); });
  return list_page(
      request, found, [](const ListedRule& rule) { return rule.module + "/" + rule.pack + "/" + rule.id; },
      rule_to_json);
}

Result<ApiResponse> list_packs(const ApiRequest& request, SharedRules& shared, Policies& policies) {
  const auto catalogue = WD_TRY(shared.get());
  const auto all = WD_TRY(uses_of(policies, request.tenant_scope()));
  return list_page(
      request, catalogue->packs, [](const ListedPack& pack) { return pack.module + "/" + pack.name; },
      [&](const ListedPack& pack) {
        json::array used_by;
        for (const PolicyUse& policy : all)
          if (uses(policy, pack)) used_by.push_back(policy.policy);
        return json::object{{"module", pack.module},           {"name", pack.name},   {"version", pack.version},
                            {"description", pack.description}, {"rules", pack.rules}, {"policies", std::move(used_by)}};
      });
}

/// The settings of a policy's section that name a rule or its pack: their first word is one of the names.
json::array settings_about(const Used& used, const ListedRule& rule) {
  static const std::vector<std::pair<std::string, bool>> settings{
      {"levels", false}, {"exceptions", false}, {"rule_modes", false}, {"pack_stages", true}};
  const std::string ips_id = rule.id.starts_with("1:") ? rule.id.substr(2) : rule.id;
  json::array out;
  for (const auto& [setting, is_of_packs] : settings) {
    for (const std::string& value : texts_at(used.section, setting)) {
      const std::string first = value.substr(0, value.find(' '));
      if (is_of_packs ? first == rule.pack : first == rule.id || first == ips_id)
        out.push_back(json::object{{"setting", setting}, {"value", value}});
    }
  }
  return out;
}

struct RuleParts {
  std::shared_ptr<SharedRules> shared;
  Policies& policies;
  Agents& agents;
};

Result<ApiResponse> get_rule(const ApiRequest& request, const RuleParts& parts) {
  const auto catalogue = WD_TRY(parts.shared->get());
  const std::string& id = request.path_parameter("rule");
  const ListedRule* const rule = find_rule(*catalogue, request.path_parameter("module"), id);
  const ListedPack* const pack = rule == nullptr ? nullptr : find_pack(*catalogue, *rule);
  if (pack == nullptr) return fail(ErrorCode::NotFound, "rule " + id + " did not come with the product");
  const auto hosts = WD_TRY(parts.agents.count_by_policy(request.tenant_scope()));
  json::array policies;
  for (const PolicyUse& policy : WD_TRY(uses_of(parts.policies, request.tenant_scope()))) {
    if (!uses(policy, *pack)) continue;
    json::object use = policy.policy;
    const auto count = hosts.find(policy.id);
    use["hosts"] = count == hosts.end() ? 0 : count->second;
    use["settings"] = settings_about(policy.modules.at(rule->module), *rule);
    policies.push_back(std::move(use));
  }
  ApiResponse response;
  json::object body = rule_to_json(*rule);
  body["pack_version"] = text_or_null(pack->version);
  body["pack_description"] = pack->description;
  body["file"] = rule->origin.file;
  body["text"] = rule->origin.text;
  body["references"] = strings(rule->origin.references);
  body["policies"] = std::move(policies);
  response.body = std::move(body);
  return response;
}

}  // namespace

void add_rule_routes(Routes& routes, Policies& policies, Agents& agents, std::filesystem::path share) {
  const auto shared = std::make_shared<SharedRules>(std::move(share));
  routes.add("listRules", [shared](const ApiRequest& request) { return list_rules(request, *shared); });
  routes.add("listRulePacks",
             [shared, &policies](const ApiRequest& request) { return list_packs(request, *shared, policies); });
  const RuleParts parts{shared, policies, agents};
  routes.add("getRule", [parts](const ApiRequest& request) { return get_rule(request, parts); });
}

}  // namespace warder::manager
