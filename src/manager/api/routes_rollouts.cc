#include "manager/api/routes_rollouts.h"

#include "manager/api/fleet_json.h"
#include "manager/api/policy_approval.h"
#include "manager/policies/sections.h"

namespace warder::manager {
namespace {

json::object ring_to_json(const Ring& ring) {
  json::array groups;
  for (const GroupId& group : ring.groups) groups.push_back(json::string(group.text()));
  return {{"name", ring.name},
          {"percent", ring.percent == 0 ? json::value(nullptr) : json::value(ring.percent)},
          {"group_ids", std::move(groups)},
          {"tag", text_or_null(ring.tag)}};
}

json::object counts_to_json(const RingCounts& counts) {
  return {{"hosts", counts.hosts},
          {"waiting", counts.waiting},
          {"healthy", counts.healthy},
          {"unhealthy", counts.unhealthy},
          {"absent", counts.absent}};
}

json::object rollout_to_json(const Rollout& rollout) {
  json::array rings;
  for (std::size_t i = 0; i < rollout.rings.size(); ++i) {
    json::object ring = ring_to_json(rollout.rings[i]);
    ring["counts"] = i < rollout.opened ? json::value(counts_to_json(rollout.counts[i])) : json::value(nullptr);
    rings.push_back(std::move(ring));
  }
  return {{"id", rollout.id.text()},
          {"policy_id", rollout.policy.text()},
          {"document", rollout.document},
          {"base_version", rollout.base_version},
          {"rings", std::move(rings)},
          {"opened", rollout.opened},
          {"ring_started", rollout.opened == 0 ? json::value(nullptr) : json::value(to_rfc3339(rollout.ring_started))},
          {"soak_s", rollout.soak.count()},
          {"max_unhealthy_percent", rollout.max_unhealthy_percent},
          {"state", name(rollout.state)},
          {"reason", text_or_null(rollout.reason)},
          {"started", to_rfc3339(rollout.started)},
          {"started_by", rollout.started_by},
          {"ended", to_json(rollout.ended)}};
}

json::object host_to_json(const RolloutHost& host) {
  return {{"agent_id", host.agent.text()},
          {"hostname", host.hostname},
          {"ring", host.ring},
          {"verdict", name(host.verdict)},
          {"problem", text_or_null(host.problem)}};
}

Result<Ring> read_ring(const json::object& object) {
  Ring ring;
  ring.name = member_text(object, "name");
  if (const json::value* percent = find(object, "percent"); percent != nullptr && percent->is_int64())
    ring.percent = static_cast<int>(percent->get_int64());
  if (const json::value* groups = find(object, "group_ids"); groups != nullptr && groups->is_array())
    for (const json::value& group : groups->get_array())
      ring.groups.push_back(WD_TRY(parse_id<GroupId>(std::string_view(group.as_string()))));
  ring.tag = member_text(object, "tag");
  return ring;
}

Result<RolloutDraft> read_draft(const json::object& body) {
  RolloutDraft draft;
  draft.document = *WD_TRY(get_object(body, "document"));
  for (const json::value& ring : *WD_TRY(get_array(body, "rings")))
    draft.rings.push_back(WD_TRY(read_ring(ring.as_object())));
  if (const json::value* soak = find(body, "soak_s"); soak != nullptr && soak->is_int64())
    draft.soak = std::chrono::seconds{soak->get_int64()};
  if (const json::value* percent = find(body, "max_unhealthy_percent"); percent != nullptr && percent->is_int64())
    draft.max_unhealthy_percent = static_cast<int>(percent->get_int64());
  return draft;
}

Result<ApiResponse> start(const RolloutParts& parts, const ApiRequest& request) {
  const auto policy = WD_TRY(path_id<PolicyId>(request));
  const RolloutDraft draft = WD_TRY(read_draft(request.body.as_object()));
  WD_TRY(parts.policies.find(request.tenant_scope(), policy));
  WD_TRY(ask_block_approval(request, parts.policies, parts.approvals, policy, std::nullopt, draft.document));
  return object_response(
      201, rollout_to_json(WD_TRY(parts.rollouts.start(request.tenant_scope(), policy, if_match(request), draft))));
}

/// Which level of the host says what its policy is.
struct Source {
  std::string_view level;      // "agent", "group" or "base"
  std::optional<Group> group;  // whose policy it is
};

Result<Source> source_of(const RolloutParts& parts, const TenantScope& scope, const Agent& agent) {
  constexpr int kMaxDepth = 64;
  if (agent.policy) return Source{"agent", {}};
  std::optional<GroupId> next = agent.group;
  for (int depth = 0; next && depth < kMaxDepth; ++depth) {
    auto group = parts.groups.find(scope, *next);
    // A group above what the scope reaches: it is one, but whose it is stays hidden.
    if (!group && group.error().code == ErrorCode::NotFound) return Source{"group", {}};
    if (!group) return fail(std::move(group).error());
    if (group->policy) return Source{"group", std::move(*group)};
    next = group->parent;
  }
  return Source{"base", {}};
}

Result<ApiResponse> agent_policy(const RolloutParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const Agent agent = WD_TRY(parts.agents.find(scope, WD_TRY(path_id<AgentId>(request))));
  const PolicyId id = WD_TRY(parts.agents.policy_of(scope, agent.id));
  const Policy policy = WD_TRY(parts.policies.find(scope, id));
  const auto layers = WD_TRY(parts.policies.layers(scope, id, agent.id));
  std::map<PolicyId, std::string> names;
  for (const PolicyLayer& layer : layers) names[layer.id] = layer.name;
  json::array settings;
  for (const EffectiveSetting& setting : effective_settings(policy_sections(), layers)) {
    json::value origin = nullptr;
    if (setting.origin) origin = {{"id", setting.origin->text()}, {"name", names[*setting.origin]}};
    settings.push_back(json::object{
        {"section", setting.section}, {"key", setting.key}, {"value", setting.value}, {"origin", std::move(origin)}});
  }
  const Source source = WD_TRY(source_of(parts, scope, agent));
  const std::string digest = WD_TRY(parts.policies.effective(scope, id, agent.id)).digest;
  ApiResponse response;
  response.body = json::object{{"agent_id", agent.id.text()},
                               {"policy_id", id.text()},
                               {"policy_name", policy.name},
                               {"level", source.level},
                               {"group_id", source.group ? json::value(source.group->id.text()) : json::value(nullptr)},
                               {"group_name", source.group ? json::value(source.group->name) : json::value(nullptr)},
                               {"is_ahead", digest != WD_TRY(parts.policies.effective(scope, id)).digest},
                               {"state", name(agent.policy_state)},
                               {"digest", digest},
                               {"settings", std::move(settings)}};
  return response;
}

}  // namespace

void add_rollout_routes(Routes& routes, const RolloutParts& parts) {
  routes.add("startPolicyRollout", [parts](const ApiRequest& request) { return start(parts, request); });
  routes.add("getAgentPolicy", [parts](const ApiRequest& request) { return agent_policy(parts, request); });
  routes.add("listPolicyRollouts", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto policy = WD_TRY(path_id<PolicyId>(request));
    return page_response(WD_TRY(parts.rollouts.list(request.tenant_scope(), policy, page_request(request))),
                         [](const Rollout& rollout) { return rollout_to_json(rollout); });
  });
  routes.add("getRollout", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(
        200, rollout_to_json(WD_TRY(parts.rollouts.find(request.tenant_scope(), WD_TRY(path_id<RolloutId>(request))))));
  });
  routes.add("listRolloutHosts", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto id = WD_TRY(path_id<RolloutId>(request));
    return page_response(WD_TRY(parts.rollouts.hosts(request.tenant_scope(), id, page_request(request))), host_to_json);
  });
  routes.add("stepRollout", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto id = WD_TRY(path_id<RolloutId>(request));
    const RolloutStep step = WD_TRY(parse_rollout_step(member_text(request.body.as_object(), "step")));
    return object_response(200, rollout_to_json(WD_TRY(parts.rollouts.step(request.tenant_scope(), id, step))));
  });
}

}  // namespace warder::manager
