// The golden host of a policy.
#include "manager/api/routes_golden.h"

#include "manager/api/fleet_json.h"

namespace warder::manager {
namespace {

json::object to_json(const PolicyId& policy, const std::optional<GoldenHost>& golden) {
  if (!golden) {
    return {{"policy_id", policy.text()}, {"agent_id", nullptr}, {"hostname", nullptr},
            {"named", nullptr},           {"named_by", nullptr}, {"changes", 0}};
  }
  return {{"policy_id", policy.text()},         {"agent_id", golden->agent.text()}, {"hostname", golden->hostname},
          {"named", to_rfc3339(golden->named)}, {"named_by", golden->named_by},     {"changes", golden->changes}};
}

/// Holds what the handlers need; lives as long as the routes.
class GoldenRoutes {
 public:
  GoldenRoutes(GoldenHosts& golden, Agents& agents, Policies& policies)
      : golden_(golden), agents_(agents), policies_(policies) {}

  Result<ApiResponse> get(const ApiRequest& request) const { return answer(request, WD_TRY(policy_of(request))); }

  Result<ApiResponse> set(const ApiRequest& request) const {
    const TenantScope& scope = request.tenant_scope();
    const PolicyId policy = WD_TRY(policy_of(request));
    const auto id = WD_TRY(parse_id<AgentId>(member_text(request.body.as_object(), "agent_id")).in("/agent_id"));
    const auto agent = agents_.find(scope, id);
    if (!agent && agent.error().code == ErrorCode::NotFound)
      return fail(ErrorCode::Invalid, "/agent_id: there is no such host");
    if (!agent) return fail(agent.error());
    WD_TRY(golden_.name(scope, policy, {id, agent->hostname}));
    return answer(request, policy);
  }

  Result<ApiResponse> clear(const ApiRequest& request) const {
    WD_TRY(golden_.clear(request.tenant_scope(), WD_TRY(policy_of(request))));
    return no_content();
  }

 private:
  Result<PolicyId> policy_of(const ApiRequest& request) const {
    return WD_TRY(policies_.find(request.tenant_scope(), WD_TRY(path_id<PolicyId>(request)))).id;
  }
  Result<ApiResponse> answer(const ApiRequest& request, const PolicyId& policy) const {
    return object_response(200, to_json(policy, WD_TRY(golden_.find(request.tenant_scope(), policy))));
  }

  GoldenHosts& golden_;
  Agents& agents_;
  Policies& policies_;
};

}  // namespace

void add_golden_routes(Routes& routes, GoldenHosts& golden, Agents& agents, Policies& policies) {
  const GoldenRoutes handlers(golden, agents, policies);
  routes.add("getGoldenHost", [handlers](const ApiRequest& request) { return handlers.get(request); });
  routes.add("setGoldenHost", [handlers](const ApiRequest& request) { return handlers.set(request); });
  routes.add("clearGoldenHost", [handlers](const ApiRequest& request) { return handlers.clear(request); });
}

}  // namespace warder::manager
