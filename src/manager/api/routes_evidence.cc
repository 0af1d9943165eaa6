#include "base/json.h"
#include "base/text.h"
#include "manager/api/fleet_json.h"
#include "manager/api/incident_json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_incidents.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostEvents = 10'000;
constexpr std::size_t kMostEntries = 10'000;

ApiResponse object_answer(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Result<Timestamp> time_in(const json::object& body, const char* key, Timestamp otherwise) {
  const json::value* value = find(body, key);
  if (value == nullptr) return otherwise;
  return parse_rfc3339(std::string_view(value->as_string())).in(std::string("/") + key);
}

/// The events that match, a line each, the newest first.
Result<std::string> events_of(const IncidentParts& parts, const TenantScope& scope, const json::object& body,
                              const Incident& incident) {
  EventSelection selection;
  const std::string filter = text_in(body, "filter");
  if (!filter.empty()) selection.filter = WD_TRY(parse_filter(filter).in("/filter"));
  selection.from = WD_TRY(time_in(body, "from", incident.occurred - std::chrono::hours(24)));
  selection.to = WD_TRY(time_in(body, "to", parts.clock.now()));
  std::string lines;
  std::string cursor;
  for (std::size_t seen = 0;;) {
    const EventPage page = WD_TRY(parts.events.list(scope, selection, 1000, cursor));
    for (const StoredEvent& stored : page.items)
      lines += json::serialize(to_api_json(stored, parts.messages, "en")) + "\n";
    seen += page.items.size();
    if (!page.next_cursor) return lines;
    if (seen >= kMostEvents) return fail(ErrorCode::TooLarge, "/filter: matches more than 10,000 events");
    cursor = *page.next_cursor;
  }
}

/// The audit log from the incident's declaration on, as it is hashed.
Result<std::string> audit_of(const IncidentParts& parts, const TenantScope& scope, const Incident& incident) {
  const AuditActivity before = WD_TRY(parts.audit.activity(scope, Timestamp{}, incident.declared));
  std::string lines;
  for (const AuditLeaf& leaf : WD_TRY(parts.audit.leaves(scope, before.entries, kMostEntries)))
    lines += leaf.leaf + "\n";
  return lines;
}

Result<std::string> agent_of(const IncidentParts& parts, const TenantScope& scope, const json::object& body) {
  const AgentId id = WD_TRY(parse_id<AgentId>(text_in(body, "agent_id")).in("/agent_id"));
  const Agent agent = WD_TRY(parts.agents.find(scope, id).in("/agent_id"));
  json::array modules;
  for (const AgentModule& each : agent.modules)
    modules.push_back(json::object{{"module", each.module}, {"state", each.state}, {"reason", each.reason}});
  json::object facts{{"id", agent.id.text()},          {"hostname", agent.hostname},
                     {"state", name(agent.state)},     {"os", agent.os},
                     {"kernel", agent.kernel},         {"address", agent.address},
                     {"version", agent.agent_version}, {"enrolled", to_rfc3339(agent.enrolled)},
                     {"modules", std::move(modules)}};
  if (agent.last_seen) facts["last_seen"] = to_rfc3339(*agent.last_seen);
  return json::serialize(facts) + "\n";
}

Result<ApiResponse> take(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const TenantScope& scope = request.tenant_scope();
  const Incident incident = WD_TRY(parts.incidents.find(scope, WD_TRY(incident_id(request))));
  const std::string kind = text_in(body, "kind");
  std::string content;
  if (kind == "events") {
    content = WD_TRY(events_of(parts, scope, body, incident));
  } else if (kind == "audit") {
    content = WD_TRY(audit_of(parts, scope, incident));
  } else if (kind == "agent") {
    content = WD_TRY(agent_of(parts, scope, body));
  } else {
    const auto bytes = WD_TRY(from_base64(text_in(body, "content")).in("/content"));
    content = std::string(as_text(bytes));
  }
  return object_answer(
      evidence_json(WD_TRY(parts.evidence.take(scope, incident.id, text_in(body, "name"), kind, content))), 201);
}

Result<ApiResponse> bundle(const IncidentParts& parts, const ApiRequest& request) {
  EvidenceBundle made = WD_TRY(parts.evidence.bundle(request.tenant_scope(), WD_TRY(incident_id(request)),
                                                     text_in(request.body.as_object(), "reason")));
  ApiResponse response;
  response.raw_body = std::move(made.text);
  response.headers["content-type"] = "application/octet-stream";
  response.headers["digest"] = "sha-256=" + made.sha256;
  return response;
}

Result<ApiResponse> mark(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const IncidentId id = WD_TRY(incident_id(request));
  const TenantScope& scope = request.tenant_scope();
  Incident incident = WD_TRY(parts.incidents.find(scope, id));
  const Timestamp now = parts.clock.now();
  if (!incident.breach) incident = WD_TRY(parts.incidents.mark_breach(scope, id, WD_TRY(time_in(body, "aware", now))));
  if (body.contains("notified")) {
    incident = WD_TRY(parts.incidents.note_notified(scope, id, WD_TRY(time_in(body, "notified", now)),
                                                    text_in(body, "delay_reason")));
  }
  return object_answer(incident_json(incident, now));
}

Result<ApiResponse> affected(const IncidentParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const Incident incident = WD_TRY(parts.incidents.find(scope, WD_TRY(incident_id(request))));
  const json::object& body = request.body.as_object();
  const AffectedScope asked{text_in(body, "filter"), WD_TRY(time_in(body, "from", incident.occurred)),
                            WD_TRY(time_in(body, "to", parts.clock.now()))};
  return object_answer(affected_json(WD_TRY(count_affected(parts.events, scope, asked))));
}

/// Of the whole service: for its operators.
Result<ApiResponse> affected_tenants(const IncidentParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  WD_TRY(parts.provisioning.check_operator(scope));
  const json::object& body = request.body.as_object();
  const auto id = WD_TRY(parse_id<IncidentId>(text_in(body, "incident")).in("/incident"));
  const Incident incident = WD_TRY(parts.incidents.find(scope, id).in("/incident"));
  const AffectedScope asked{
      {}, WD_TRY(time_in(body, "from", incident.occurred)), WD_TRY(time_in(body, "to", parts.clock.now()))};
  return object_answer(affected_tenants_json(
      WD_TRY(count_affected_tenants({parts.tenants, parts.events, parts.audit}, scope, incident, asked))));
}

Result<ApiResponse> add_notice(const IncidentParts& parts, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const TenantScope& scope = request.tenant_scope();
  const Incident incident = WD_TRY(parts.incidents.find(scope, WD_TRY(incident_id(request))));
  NoticeDraft draft;
  draft.nature = text_in(body, "nature");
  draft.categories = text_in(body, "categories");
  draft.contact = text_in(body, "contact");
  draft.consequences = text_in(body, "consequences");
  draft.measures = text_in(body, "measures");
  draft.subjects = get_int(body, "subjects").value_or(0);
  draft.records = get_int(body, "records").value_or(0);
  return object_answer(notice_json(incident, WD_TRY(parts.notices.add(scope, incident, draft))), 201);
}

Result<ApiResponse> list_notices(const IncidentParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const Incident incident = WD_TRY(parts.incidents.find(scope, WD_TRY(incident_id(request))));
  const auto all = WD_TRY(parts.notices.list(scope, incident.id));
  return list_page(
      request, all, [](const BreachNotice& notice) { return std::to_string(notice.version); },
      [&incident](const BreachNotice& notice) { return notice_json(incident, notice); });
}

Result<ApiResponse> notice_document(const IncidentParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const Incident incident = WD_TRY(parts.incidents.find(scope, WD_TRY(incident_id(request))));
  const auto version = parse_integer<std::int64_t>(request.path_parameter("version"));
  for (const BreachNotice& notice : WD_TRY(parts.notices.list(scope, incident.id))) {
    if (!version || notice.version != *version) continue;
    const bool is_html = request.query("format").value_or("text") == "html";
    ApiResponse response;
    response.raw_body = is_html ? notice_html(incident, notice) : notice_text(incident, notice);
    // A download, never a page of this origin: what people wrote is in it.
    response.headers["content-type"] = is_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
    response.headers["content-disposition"] = "attachment; filename=\"notice\"";
    response.headers["content-security-policy"] = "sandbox";
    return response;
  }
  return fail(ErrorCode::NotFound, "no such version");
}

}  // namespace

void add_evidence_routes(Routes& routes, const IncidentParts& parts) {
  routes.add("listIncidentEvidence", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto all = WD_TRY(parts.evidence.list(request.tenant_scope(), WD_TRY(incident_id(request))));
    return list_page(
        request, all, [](const EvidenceItem& item) { return item.id; }, evidence_json);
  });
  routes.add("takeIncidentEvidence", [parts](const ApiRequest& request) { return take(parts, request); });
  routes.add("listIncidentCustody", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto all = WD_TRY(parts.evidence.custody(request.tenant_scope(), WD_TRY(incident_id(request))));
    return list_page(
        request, all, [](const CustodyEntry& entry) { return to_rfc3339(entry.time) + entry.subject; }, custody_json);
  });
  routes.add("bundleIncidentEvidence", [parts](const ApiRequest& request) { return bundle(parts, request); });
  routes.add("setIncidentBreach", [parts](const ApiRequest& request) { return mark(parts, request); });
  routes.add("countAffectedTenants", [parts](const ApiRequest& request) { return affected_tenants(parts, request); });
  routes.add("countIncidentAffected", [parts](const ApiRequest& request) { return affected(parts, request); });
  routes.add("listBreachNotices", [parts](const ApiRequest& request) { return list_notices(parts, request); });
  routes.add("addBreachNotice", [parts](const ApiRequest& request) { return add_notice(parts, request); });
  routes.add("getBreachNoticeDocument", [parts](const ApiRequest& request) { return notice_document(parts, request); });
}

}  // namespace warder::manager
