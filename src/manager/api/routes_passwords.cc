// Profiles of password rules and the tenant's choice among them.
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

json::object rules_to_json(PasswordRules rules) {
  return to_json(bind_fields(rules));
}

json::array to_json(const std::vector<Conflict>& conflicts) {
  json::array array;
  for (const Conflict& conflict : conflicts) {
    array.push_back(json::object{{"profile", conflict.profile},
                                 {"rule", conflict.rule},
                                 {"clause", conflict.clause},
                                 {"value", conflict.value},
                                 {"at_least", conflict.at_least},
                                 {"at_most", conflict.at_most}});
  }
  return array;
}

json::object profile_to_json(const PasswordProfile& profile) {
  return {{"id", profile.id},
          {"version", profile.version},
          {"title", profile.title},
          {"rules", rules_to_json(profile.rules)},
          {"breaks", to_json(conflicts_of(profile.rules))}};
}

Result<ApiResponse> list_profiles(const ApiRequest& request) {
  return list_page(
      request, password_profiles(), [](const PasswordProfile& profile) { return std::string(profile.id); },
      profile_to_json);
}

ApiResponse policy_answer(const PasswordPolicies& policies, const PasswordPolicy& policy) {
  json::array roles;
  for (const std::string& role : policy.second_factor_roles) roles.emplace_back(role);
  ApiResponse response;
  response.body = json::object{{"profile", policy.profile},
                               {"second_factor_roles", std::move(roles)},
                               {"profile_version", policy.profile_version},
                               {"overrides", policy.overrides},
                               {"rules", rules_to_json(policy.rules)},
                               {"floor", policies.floor() ? json::value(rules_to_json(*policies.floor())) : nullptr},
                               {"breaks", to_json(conflicts_of(policy.rules))},
                               {"etag", etag_of(policy.version)}};
  response.headers["etag"] = etag_of(policy.version);
  return response;
}

Result<ApiResponse> set_policy(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const json::value* overrides = find(body, "overrides");
  std::vector<std::string> roles;
  if (const json::value* named = find(body, "second_factor_roles"))
    for (const json::value& role : named->as_array()) roles.emplace_back(std::string_view(role.as_string()));
  PasswordPolicies& policies = identity.password_policies();
  return policy_answer(policies,
                       WD_TRY(policies.set(request.tenant_scope(), request.http.header("if-match"),
                                           std::string_view(body.at("profile").as_string()),
                                           overrides == nullptr ? json::object{} : overrides->as_object(), roles)));
}

}  // namespace

void add_password_routes(Routes& routes, Identity& identity) {
  routes.add("listPasswordProfiles", [](const ApiRequest& request) { return list_profiles(request); });
  routes.add("getPasswordPolicy", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    PasswordPolicies& policies = identity.password_policies();
    return policy_answer(policies, WD_TRY(policies.find(request.tenant_scope())));
  });
  routes.add("setPasswordPolicy", [&identity](const ApiRequest& request) { return set_policy(identity, request); });
}

}  // namespace warder::manager
