#include "manager/api/routes_policies.h"

#include "base/text.h"
#include "manager/api/fleet_json.h"
#include "manager/api/policy_approval.h"
#include "manager/policies/blocking.h"
#include "manager/policies/sections.h"

namespace warder::manager {
namespace {

using Counts = std::map<PolicyId, std::int64_t>;

json::object policy_to_json(const Policy& policy, const Counts& agents) {
  const auto count = agents.find(policy.id);
  return {{"id", policy.id.text()},
          {"name", policy.name},
          {"description", policy.description},
          {"parent_id", to_json(policy.parent)},
          {"document", policy.document},
          {"version", policy.version},
          {"modified", to_rfc3339(policy.modified)},
          {"modified_by", policy.modified_by},
          {"agents", count == agents.end() ? 0 : count->second},
          {"etag", policy.etag()}};
}

json::object version_to_json(const PolicyVersion& version) {
  return {{"version", version.version},
          {"document", version.document},
          {"name", version.name},
          {"modified", to_rfc3339(version.modified)},
          {"modified_by", version.modified_by}};
}

/// Holds what the handlers need; lives as long as the routes.
class PolicyRoutes {
 public:
  PolicyRoutes(Policies& policies, Agents& agents, Approvals* approvals)
      : policies_(policies), agents_(agents), approvals_(approvals) {}

  Result<ApiResponse> list(const ApiRequest& request) const {
    const Counts counts = WD_TRY(agents_.count_by_policy(request.tenant_scope()));
    return page_response(WD_TRY(policies_.list(request.tenant_scope(), page_request(request))),
                         [&](const Policy& policy) { return policy_to_json(policy, counts); });
  }

  Result<ApiResponse> get(const ApiRequest& request) const {
    return answer(request, 200, WD_TRY(policies_.find(request.tenant_scope(), WD_TRY(path_id<PolicyId>(request)))));
  }

  Result<ApiResponse> create(const ApiRequest& request) const {
    const json::object& body = request.body.as_object();
    PolicyDraft draft;
    draft.name = member_text(body, "name");
    draft.description = member_text(body, "description");
    draft.parent = WD_TRY(member_id<PolicyId>(body, "parent_id")).value_or(std::nullopt);
    if (body.contains("document")) draft.document = *WD_TRY(get_object(body, "document"));
    if (draft.document.contains("ips")) {
      const TenantScope& scope = request.tenant_scope();
      const auto parent = draft.parent ? *draft.parent : WD_TRY(policies_.base_id(scope));
      auto layers = WD_TRY(policies_.layers(scope, parent));
      const auto before = ips_of(layers);
      layers.push_back({PolicyId{}, draft.name, draft.document});
      // What has no id yet cannot be approved.
      if (approvals_ != nullptr && blocks_more(before, ips_of(layers)))
        return fail(ErrorCode::Forbidden, "make the policy first, and then let it block, with an approval");
    }
    return answer(request, 201, WD_TRY(policies_.create(request.tenant_scope(), draft)));
  }

  Result<ApiResponse> update(const ApiRequest& request) const {
    const json::object& body = request.body.as_object();
    PolicyChange change;
    if (body.contains("name")) change.name = member_text(body, "name");
    if (body.contains("description")) change.description = member_text(body, "description");
    change.parent = WD_TRY(member_id<PolicyId>(body, "parent_id"));
    if (body.contains("document")) change.document = *WD_TRY(get_object(body, "document"));
    const auto id = WD_TRY(path_id<PolicyId>(request));
    WD_TRY(ask_block_approval(request, policies_, approvals_, id, change.parent, change.document));
    return answer(request, 200, WD_TRY(policies_.update(request.tenant_scope(), id, if_match(request), change)));
  }

  Result<ApiResponse> remove(const ApiRequest& request) const {
    WD_TRY(policies_.remove(request.tenant_scope(), WD_TRY(path_id<PolicyId>(request)), if_match(request)));
    return no_content();
  }

  Result<ApiResponse> versions(const ApiRequest& request) const {
    return page_response(
        WD_TRY(policies_.versions(request.tenant_scope(), WD_TRY(path_id<PolicyId>(request)), page_request(request))),
        version_to_json);
  }

  Result<ApiResponse> restore(const ApiRequest& request) const {
    const auto version = parse_integer<std::int64_t>(request.path_parameter("version"));
    if (!version) return fail(ErrorCode::Invalid, "version: not a number");
    const auto id = WD_TRY(path_id<PolicyId>(request));
    if (approvals_ != nullptr)
      WD_TRY(ask_block_approval(request, policies_, approvals_, id, std::nullopt,
                                WD_TRY(document_of(request, id, *version))));
    return answer(request, 200, WD_TRY(policies_.restore(request.tenant_scope(), id, *version, if_match(request))));
  }

  Result<ApiResponse> effective(const ApiRequest& request) const {
    const TenantScope& scope = request.tenant_scope();
    const auto id = WD_TRY(path_id<PolicyId>(request));
    std::map<PolicyId, std::string> names;
    for (const PolicyLayer& layer : WD_TRY(policies_.layers(scope, id))) names[layer.id] = layer.name;
    json::array settings;
    for (const EffectiveSetting& setting : WD_TRY(policies_.explain(scope, id))) {
      json::value origin = nullptr;
      if (setting.origin) origin = {{"id", setting.origin->text()}, {"name", names[*setting.origin]}};
      settings.push_back(json::object{
          {"section", setting.section}, {"key", setting.key}, {"value", setting.value}, {"origin", std::move(origin)}});
    }
    ApiResponse response;
    response.body = json::object{{"policy_id", id.text()},
                                 {"digest", WD_TRY(policies_.effective(scope, id)).digest},
                                 {"settings", std::move(settings)}};
    return response;
  }

 private:
  Result<std::optional<json::object>> document_of(const ApiRequest& request, const PolicyId& id,
                                                  std::int64_t version) const {
    PageRequest page;
    while (true) {
      const auto found = WD_TRY(policies_.versions(request.tenant_scope(), id, page));
      for (const PolicyVersion& one : found.items) {
        if (one.version == version) return std::optional(one.document);
      }
      if (!found.next_cursor) return std::optional<json::object>();
      page.cursor = *found.next_cursor;
    }
  }

  Result<ApiResponse> answer(const ApiRequest& request, int status, const Policy& policy) const {
    return object_response(status, policy_to_json(policy, WD_TRY(agents_.count_by_policy(request.tenant_scope()))));
  }

  Policies& policies_;
  Agents& agents_;
  Approvals* approvals_;
};

Result<ApiResponse> get_schema(const ApiRequest& /*request*/) {
  ApiResponse response;
  response.body = policy_schema(policy_sections());
  return response;
}

}  // namespace

void add_policy_routes(Routes& routes, Policies& policies, Agents& agents, Approvals* approvals) {
  const PolicyRoutes handlers(policies, agents, approvals);
  const auto add = [&](std::string_view operation,
                       Result<ApiResponse> (PolicyRoutes::*handler)(const ApiRequest&) const) {
    routes.add(operation, [handlers, handler](const ApiRequest& request) { return (handlers.*handler)(request); });
  };
  add("listPolicies", &PolicyRoutes::list);
  add("createPolicy", &PolicyRoutes::create);
  add("getPolicy", &PolicyRoutes::get);
  add("updatePolicy", &PolicyRoutes::update);
  add("deletePolicy", &PolicyRoutes::remove);
  add("getEffectivePolicy", &PolicyRoutes::effective);
  add("listPolicyVersions", &PolicyRoutes::versions);
  add("restorePolicyVersion", &PolicyRoutes::restore);
  routes.add("getPolicySchema", get_schema);
}

}  // namespace warder::manager
