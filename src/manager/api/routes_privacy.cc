#include "manager/api/routes_privacy.h"

#include "base/json.h"
#include "manager/api/request_body.h"
#include "manager/trust/tenant_notice.h"

namespace warder::manager {
namespace {

json::array json_of(std::span<const DataGroup> groups) {
  json::array list;
  for (const DataGroup& group : groups) {
    json::array fields;
    for (const std::string_view field : group.fields) fields.emplace_back(field);
    list.push_back(json::object{{"name", group.name}, {"fields", std::move(fields)}});
  }
  return list;
}

json::array json_of(std::span<const CollectionRule> rules) {
  json::array list;
  for (const CollectionRule& rule : rules)
    list.push_back(json::object{{"module", rule.module}, {"data", rule.data}, {"treatment", name(rule.treatment)}});
  return list;
}

Result<ApiResponse> show(const PrivacyParts& parts, const ApiRequest& request) {
  const auto rules = WD_TRY(parts.collection.list(request.tenant_scope()));
  ApiResponse response;
  response.body = json::object{
      {"rules", json_of(rules)}, {"groups", json_of(data_groups())}, {"agents_may_forward", rules.empty()}};
  return response;
}

Result<ApiResponse> set(const PrivacyParts& parts, const ApiRequest& request) {
  std::vector<CollectionRule> rules;
  for (const json::value& each : request.body.as_object().at("rules").as_array()) {
    const json::object& body = each.as_object();
    const std::string place = "/rules/" + std::to_string(rules.size()) + "/treatment";
    rules.push_back({text_in(body, "module", "all"), text_in(body, "data"),
                     WD_TRY(parse_treatment(text_in(body, "treatment")).in(place))});
  }
  WD_TRY(parts.collection.replace(request.tenant_scope(), rules));
  return show(parts, request);
}

Result<ApiResponse> resolve(const PrivacyParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const std::string asked = text_in(body, "pseudonym");
  const PseudonymAnswer answer =
      WD_TRY(parts.collection.resolve(request.tenant_scope(), text_in(body, "value"), asked, text_in(body, "reason")));
  json::object made{{"pseudonym", answer.pseudonym}};
  if (!asked.empty()) made["same"] = answer.is_the_same;
  ApiResponse response;
  response.body = std::move(made);
  return response;
}

Result<ApiResponse> notice(const PrivacyParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const auto rules = WD_TRY(CollectionRules::create(WD_TRY(parts.collection.list(scope))));
  ApiResponse response;
  response.body = tenant_notice(make_notice(parts.tenants.tenant_schemas(), parts.tenants.control_schemas()), rules,
                                WD_TRY(parts.retentions.find(scope)));
  return response;
}

}  // namespace

void add_privacy_routes(Routes& routes, const PrivacyParts& parts) {
  routes.add("getCollection", [parts](const ApiRequest& request) { return show(parts, request); });
  routes.add("setCollection", [parts](const ApiRequest& request) { return set(parts, request); });
  routes.add("resolvePseudonym", [parts](const ApiRequest& request) { return resolve(parts, request); });
  routes.add("getCollectionNotice", [parts](const ApiRequest& request) { return notice(parts, request); });
}

}  // namespace warder::manager
