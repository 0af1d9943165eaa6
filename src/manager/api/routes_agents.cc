#include "manager/api/fleet_json.h"
#include "manager/api/routes_fleet.h"

namespace warder::manager {
namespace {

json::object module_to_json(const AgentModule& module) {
  json::object counters;
  for (const auto& [key, count] : module.counters) counters[key] = count;
  return {{"module", module.module},
          {"state", module.state},
          {"reason", text_or_null(module.reason)},
          {"counters", std::move(counters)}};
}

json::object agent_to_json(const Agent& agent) {
  json::array modules;
  for (const AgentModule& module : agent.modules) modules.push_back(module_to_json(module));
  return {{"id", agent.id.text()},
          {"hostname", agent.hostname},
          {"state", name(agent.state)},
          {"group_id", to_json(agent.group)},
          {"policy_id", to_json(agent.policy)},
          {"tags", json::array(agent.tags.begin(), agent.tags.end())},
          {"asset_value", agent.asset_value ? json::value(*agent.asset_value) : json::value(nullptr)},
          {"policy_state", name(agent.policy_state)},
          {"policy_error", text_or_null(agent.policy_error)},
          {"agent_version", text_or_null(agent.agent_version)},
          {"os", text_or_null(agent.os)},
          {"kernel", text_or_null(agent.kernel)},
          {"address", text_or_null(agent.address)},
          {"enrolled", to_rfc3339(agent.enrolled)},
          {"last_seen", to_json(agent.last_seen)},
          {"certificate_expires", to_json(agent.certificate_expires)},
          {"clock_offset_ms", agent.clock_offset_ms ? json::value(*agent.clock_offset_ms) : json::value(nullptr)},
          {"modules", std::move(modules)},
          {"spool_events", agent.spool_events},
          {"warnings", json::array(agent.warnings.begin(), agent.warnings.end())},
          {"etag", agent.etag()}};
}

/// What `filter` and `smart_group_id` ask for; both must hold.
Result<std::vector<std::string>> read_filters(const ApiRequest& request, SmartGroups& groups) {
  std::vector<std::string> filters;
  if (const auto text = request.query("filter")) filters.push_back(*text);
  if (const auto id = request.query("smart_group_id"))
    filters.push_back(
        WD_TRY(groups.find(request.tenant_scope(), WD_TRY(parse_id<SmartGroupId>(*id).in("smart_group_id"))))
            .draft.filter);
  return filters;
}

Result<AgentFilter> read_filter(const ApiRequest& request, SmartGroups& groups) {
  AgentFilter filter;
  if (const auto state = request.query("state")) filter.state = WD_TRY(parse_agent_state(*state));
  if (const auto group = request.query("group_id")) filter.group = WD_TRY(parse_id<GroupId>(*group).in("group_id"));
  filter.hostname = request.query("hostname").value_or("");
  filter.tag = request.query("tag").value_or("");
  if (const auto text = request.query("protection")) filter.protection = WD_TRY(parse_protection(*text));
  filter.filters = WD_TRY(read_filters(request, groups));
  return filter;
}

struct SummaryParts {
  Agents& agents;
  SmartGroups& groups;
  EventStore& events;
  const host::Clock& clock;
};

Result<ApiResponse> get_summary(const ApiRequest& request, const SummaryParts& parts) {
  constexpr std::chrono::hours kDay{24};
  std::optional<GroupId> group;
  if (const auto text = request.query("group_id")) group = WD_TRY(parse_id<GroupId>(*text).in("group_id"));
  const FleetSummary summary =
      WD_TRY(parts.agents.summary(request.tenant_scope(), group, WD_TRY(read_filters(request, parts.groups))));
  json::object counts;
  for (const Severity severity : {Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical})
    counts[name(severity)] = 0;
  for (const auto& [severity, count] :
       WD_TRY(parts.events.count_by_severity(request.tenant_scope(), parts.clock.now() - kDay)))
    counts[name(severity)] = count;
  ApiResponse response;
  response.body = json::object{{"agents", summary.agents},
                               {"online", summary.online},
                               {"offline", summary.offline},
                               {"unprotected", summary.unprotected},
                               {"degraded_modules", summary.degraded_modules},
                               {"pending_policies", summary.pending_policies},
                               {"events_last_24h", std::move(counts)}};
  return response;
}

Result<ApiResponse> update_agent(const ApiRequest& request, Agents& agents) {
  const json::object& body = request.body.as_object();
  AgentChange change;
  change.group = WD_TRY(member_id<GroupId>(body, "group_id"));
  change.policy = WD_TRY(member_id<PolicyId>(body, "policy_id"));
  if (const json::value* tags = find(body, "tags")) {
    change.tags.emplace();
    for (const json::value& tag : tags->as_array()) change.tags->emplace(std::string_view(tag.as_string()));
  }
  if (const json::value* value = find(body, "asset_value")) {
    change.asset_value.emplace();
    if (value->is_int64()) change.asset_value->emplace(value->as_int64());
  }
  return object_response(
      200, agent_to_json(WD_TRY(
               agents.update(request.tenant_scope(), WD_TRY(path_id<AgentId>(request)), if_match(request), change))));
}

Result<ApiResponse> make_maintenance_token(const ApiRequest& request, Enrolment& enrolment) {
  const MaintenanceToken token =
      WD_TRY(enrolment.maintenance_token(request.tenant_scope(), WD_TRY(path_id<AgentId>(request))));
  ApiResponse response;
  response.status = 201;
  response.body = json::object{{"token", token.token}, {"expires", to_rfc3339(token.expires)}};
  return response;
}

}  // namespace

void add_agent_routes(Routes& routes, Agents& agents, SmartGroups& groups, Enrolment& enrolment, EventStore& events,
                      const host::Clock& clock) {
  routes.add("listAgents", [&agents, &groups](const ApiRequest& request) -> Result<ApiResponse> {
    return page_response(
        WD_TRY(agents.list(request.tenant_scope(), WD_TRY(read_filter(request, groups)), page_request(request))),
        agent_to_json);
  });
  routes.add("getFleetSummary", [parts = SummaryParts{agents, groups, events, clock}](const ApiRequest& request) {
    return get_summary(request, parts);
  });
  routes.add("getAgent", [&agents](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(
        200, agent_to_json(WD_TRY(agents.find(request.tenant_scope(), WD_TRY(path_id<AgentId>(request))))));
  });
  routes.add("updateAgent", [&agents](const ApiRequest& request) { return update_agent(request, agents); });
  routes.add("deleteAgent", [&agents](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(agents.remove(request.tenant_scope(), WD_TRY(path_id<AgentId>(request)), if_match(request)));
    return no_content();
  });
  routes.add("createMaintenanceToken",
             [&enrolment](const ApiRequest& request) { return make_maintenance_token(request, enrolment); });
}

void add_fleet_routes(Routes& routes, const FleetParts& parts) {
  add_agent_routes(routes, parts.agents, parts.smart_groups, parts.enrolment, parts.events, parts.clock);
  add_smart_group_routes(routes, parts.smart_groups, parts.agents);
  add_command_routes(routes, parts.commands, parts.approvals);
  add_group_routes(routes, parts.groups);
  add_enrolment_routes(routes, parts.enrolment);
}

}  // namespace warder::manager
