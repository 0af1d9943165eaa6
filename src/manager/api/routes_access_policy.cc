// From where and by what people of the tenant may come in.
#include "base/json.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

ApiResponse answer_of(const AccessPolicy& policy) {
  ApiResponse response;
  response.body = json::object{{"rules", to_json(policy.rules)},
                               {"certificate_alone", policy.certificate_alone},
                               {"etag", etag_of(policy.version)}};
  response.headers["etag"] = etag_of(policy.version);
  return response;
}

Result<ApiResponse> set(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  auto rules = WD_TRY(access_rules_of(body.at("rules").as_array()));
  const json::value* const alone = find(body, "certificate_alone");
  return answer_of(
      WD_TRY(identity.set_access_policy(request.tenant_scope(), *request.principal, request.http.header("if-match"),
                                        {std::move(rules), alone != nullptr && alone->as_bool()})));
}

}  // namespace

void add_access_policy_routes(Routes& routes, Identity& identity) {
  routes.add("getAccessPolicy", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return answer_of(WD_TRY(identity.access_policies().find(request.tenant_scope())));
  });
  routes.add("setAccessPolicy", [&identity](const ApiRequest& request) { return set(identity, request); });
}

}  // namespace warder::manager
