#include "manager/api/routes_incidents.h"

#include "base/json.h"
#include "manager/api/fleet_json.h"
#include "manager/api/incident_json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

ApiResponse answer(const Incident& incident, const IncidentParts& parts, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = incident_json(incident, parts.clock.now());
  response.headers["etag"] = etag_of(incident.version);
  return response;
}

ApiResponse object_answer(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Result<ApiResponse> declare(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  IncidentDraft draft;
  draft.title = text_in(body, "title");
  draft.description = text_in(body, "description");
  draft.impact = WD_TRY(parse_grade(text_in(body, "impact", "medium")));
  draft.urgency = WD_TRY(parse_grade(text_in(body, "urgency", "medium")));
  draft.skill = text_in(body, "skill");
  if (const json::value* events = find(body, "events"))
    for (const json::value& each : events->as_array())
      draft.events.push_back(WD_TRY(parse_id<EventId>(std::string_view(each.as_string())).in("/events")));
  if (const json::value* alerts = find(body, "alerts"))
    for (const json::value& each : alerts->as_array()) draft.alerts.emplace_back(std::string_view(each.as_string()));
  // Anyone may declare; events that they may not see are none that they can open it from.
  if (!draft.events.empty() && request.principal != nullptr && !request.principal->may("events:read"))
    return request.tenant_scope().forbid("opening an incident from events takes the right events:read");
  return answer(WD_TRY(parts.incidents.declare(request.tenant_scope(), draft)), parts, 201);
}

Result<ApiResponse> change(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  IncidentChange change;
  const auto take = [&body](const char* key, std::optional<std::string>& to) {
    if (body.contains(key)) to = text_in(body, key);
  };
  take("title", change.title);
  take("description", change.description);
  take("assignee", change.assignee);
  take("root_cause", change.root_cause);
  take("corrective_action", change.corrective_action);
  take("plan_review", change.plan_review);
  if (body.contains("impact")) change.impact = WD_TRY(parse_grade(text_in(body, "impact")));
  if (body.contains("urgency")) change.urgency = WD_TRY(parse_grade(text_in(body, "urgency")));
  if (const json::value* roles = find(body, "roles")) {
    change.roles.emplace();
    for (const auto& [role, user] : roles->as_object())
      (*change.roles)[std::string(role)] = std::string(std::string_view(user.as_string()));
  }
  const std::string etag(request.http.header("if-match"));
  return answer(WD_TRY(parts.incidents.change(request.tenant_scope(), WD_TRY(incident_id(request)), etag, change)),
                parts);
}

Result<ApiResponse> assign(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const auto given = [&body](const char* key) {
    return body.contains(key) ? std::optional(text_in(body, key)) : std::nullopt;
  };
  return answer(WD_TRY(parts.incidents.assign(request.tenant_scope(), WD_TRY(incident_id(request)), given("rota"),
                                              given("skill"))),
                parts);
}

Result<ApiResponse> move(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const IncidentState to = WD_TRY(parse_incident_state(text_in(body, "state")));
  return answer(
      WD_TRY(parts.incidents.move(request.tenant_scope(), WD_TRY(incident_id(request)), to, text_in(body, "note"))),
      parts);
}

/// As with any command: who may not send it by itself takes a second person.
Result<void> ask_approval(const IncidentParts& parts, const ApiRequest& request, const AgentId& agent,
                          const std::string& action) {
  if (request.principal == nullptr || request.principal->may("commands:write")) return {};
  const auto approval = request.query("approval_id");
  if (!approval || !request.principal->may("commands:request"))
    return fail(ErrorCode::Forbidden, action + " takes a second person: ask for an approval of firewall." + action +
                                          " for agent:" + agent.text() + ", and give its number as approval_id");
  return parts.approvals.use(request.tenant_scope(), WD_TRY(parse_id<ApprovalId>(*approval)), "firewall." + action,
                             "agent:" + agent.text());
}

Result<ApiResponse> isolate(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const TenantScope& scope = request.tenant_scope();
  const IncidentId id = WD_TRY(incident_id(request));
  const AgentId agent = WD_TRY(parse_id<AgentId>(text_in(body, "agent_id")).in("/agent_id"));
  const std::string action = text_in(body, "action");
  WD_TRY(parts.incidents.find(scope, id));
  WD_TRY(parts.agents.find(scope, agent).in("/agent_id"));
  WD_TRY(ask_approval(parts, request, agent, action));
  CommandDraft draft{"firewall", action, {}};
  if (const json::value* allow = find(body, "allow")) draft.arguments["allow"] = *allow;
  const Command command = WD_TRY(parts.commands.create(scope, agent, draft));
  WD_TRY(parts.incidents.note_isolation(scope, id, {agent, action, command.id.text(), command.created}));
  return object_answer({{"agent_id", agent.text()},
                        {"action", action},
                        {"command_id", command.id.text()},
                        {"time", to_rfc3339(command.created)},
                        {"state", name(command.state)},
                        {"error", nullptr}},
                       202);
}

/// With what became of the command, as far as the agent's list of commands still has it.
Result<json::object> isolation_json(const IncidentParts& parts, const TenantScope& scope,
                                    const IncidentIsolation& isolation) {
  json::value state;
  json::value error;
  const auto commands = parts.commands.list(scope, isolation.agent, {1000, ""});
  if (commands) {
    for (const Command& each : commands->items) {
      if (each.id.text() != isolation.command) continue;
      state = name(each.state);
      if (!each.error.empty()) error = each.error;
    }
  }
  return json::object{{"agent_id", isolation.agent.text()}, {"action", isolation.action},
                      {"command_id", isolation.command},    {"time", to_rfc3339(isolation.time)},
                      {"state", std::move(state)},          {"error", std::move(error)}};
}

Result<ApiResponse> list_isolations(const IncidentParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  std::vector<std::pair<std::string, json::object>> items;
  for (const IncidentIsolation& each : WD_TRY(parts.incidents.isolations(scope, WD_TRY(incident_id(request)))))
    items.emplace_back(each.command, WD_TRY(isolation_json(parts, scope, each)));
  return list_page(
      request, items, [](const auto& item) { return item.first; }, [](const auto& item) { return item.second; });
}

Result<ApiResponse> change_settings(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  IncidentSettings settings;
  const json::array& rows = body.at("matrix").as_array();
  for (std::size_t i = 0; i < settings.matrix.size(); ++i)
    for (std::size_t j = 0; j < settings.matrix[i].size(); ++j)
      settings.matrix.at(i).at(j) = WD_TRY(parse_severity(std::string_view(rows.at(i).as_array().at(j).as_string())));
  for (const json::value& each : body.at("channels").as_array())
    settings.channels.emplace_back(std::string_view(each.as_string()));
  if (const json::value* rota = find(body, "rota"); rota != nullptr && rota->is_string())
    settings.rota = std::string(std::string_view(rota->as_string()));
  return object_answer(settings_json(WD_TRY(parts.incidents.change_settings(request.tenant_scope(), settings))));
}

Result<ApiResponse> statistics(const IncidentParts& parts, const ApiRequest& request) {
  const Timestamp since = parts.clock.now() - std::chrono::days(request.query_int("days", 365));
  json::array items;
  for (const auto& [severity, times] : WD_TRY(parts.incidents.times(request.tenant_scope(), since)))
    items.push_back(times_json(severity, times));
  return object_answer({{"items", std::move(items)}});
}

template <class Item, class ToJson>
ApiResponse page_of(const Page<Item>& page, const ToJson& to_json) {
  json::array items;
  for (const Item& item : page.items) items.push_back(to_json(item));
  return object_answer({{"items", std::move(items)},
                        {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}});
}

PageRequest page_in(const ApiRequest& request) {
  return {static_cast<std::size_t>(request.query_int("limit", 100)), request.query("cursor").value_or("")};
}

void add_record_routes(Routes& routes, const IncidentParts& parts) {
  routes.add("listIncidentTimeline", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return page_of(
        WD_TRY(parts.incidents.timeline(request.tenant_scope(), WD_TRY(incident_id(request)), page_in(request))),
        timeline_json);
  });
  routes.add("addIncidentNote", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(WD_TRY(parts.incidents.note(request.tenant_scope(), WD_TRY(incident_id(request)),
                                              text_in(request.body.as_object(), "text"))),
                  parts, 201);
  });
  routes.add("listIncidentTasks", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto tasks = WD_TRY(parts.incidents.tasks(request.tenant_scope(), WD_TRY(incident_id(request))));
    return list_page(
        request, tasks, [](const IncidentTask& task) { return task.id; }, task_json);
  });
  routes.add("addIncidentTask", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const json::object& body = request.body.as_object();
    return object_answer(task_json(WD_TRY(parts.incidents.add_task(request.tenant_scope(), WD_TRY(incident_id(request)),
                                                                   text_in(body, "title"), text_in(body, "assignee")))),
                         201);
  });
  routes.add("finishIncidentTask", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return object_answer(task_json(WD_TRY(parts.incidents.finish_task(
        request.tenant_scope(), WD_TRY(incident_id(request)), request.path_parameter("task")))));
  });
  routes.add("listIncidentLinks", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto links = WD_TRY(parts.incidents.links(request.tenant_scope(), WD_TRY(incident_id(request))));
    return list_page(
        request, links, [](const IncidentLink& link) { return link.kind + link.id; }, link_json);
  });
  routes.add("isolateForIncident", [parts](const ApiRequest& request) { return isolate(parts, request); });
  routes.add("listIncidentIsolations", [parts](const ApiRequest& request) { return list_isolations(parts, request); });
}

Result<IncidentSelection> selection_in(const ApiRequest& request) {
  IncidentSelection which;
  const std::string state = request.query("state").value_or("");
  which.is_active_only = state == "active";
  if (!state.empty() && !which.is_active_only) which.state = WD_TRY(parse_incident_state(state).in("state"));
  if (const auto severity = request.query("severity")) which.least = WD_TRY(parse_severity(*severity).in("severity"));
  return which;
}

}  // namespace

void add_incident_routes(Routes& routes, const IncidentParts& parts) {
  routes.add("declareIncident", [parts](const ApiRequest& request) { return declare(parts, request); });
  routes.add("listIncidents", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const Timestamp now = parts.clock.now();
    const IncidentSelection which = WD_TRY(selection_in(request));
    return page_of(WD_TRY(parts.incidents.list(request.tenant_scope(), page_in(request), which)),
                   [now](const Incident& incident) { return incident_json(incident, now); });
  });
  routes.add("getIncident", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(WD_TRY(parts.incidents.find(request.tenant_scope(), WD_TRY(incident_id(request)))), parts);
  });
  routes.add("changeIncident", [parts](const ApiRequest& request) { return change(parts, request); });
  routes.add("assignIncident", [parts](const ApiRequest& request) { return assign(parts, request); });
  routes.add("moveIncident", [parts](const ApiRequest& request) { return move(parts, request); });
  routes.add("getIncidentSettings", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return object_answer(settings_json(WD_TRY(parts.incidents.settings(request.tenant_scope()))));
  });
  routes.add("changeIncidentSettings", [parts](const ApiRequest& request) { return change_settings(parts, request); });
  routes.add("getIncidentStatistics", [parts](const ApiRequest& request) { return statistics(parts, request); });
  add_record_routes(routes, parts);
}

}  // namespace warder::manager
