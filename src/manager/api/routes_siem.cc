#include "manager/api/routes_siem.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {
namespace {

struct SiemParts {
  Destinations& destinations;
  EventStore& events;
  Forwarder& forwarder;
};

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

Result<json::object> state_json(const SiemParts& parts, const TenantScope& scope, const DestinationId& id) {
  const DestinationState state = WD_TRY(parts.destinations.state(scope, id));
  const auto place = WD_TRY(parts.destinations.place(scope, id));
  return json::object{{"delivered", state.delivered},
                      {"refused", state.refused},
                      {"lost", state.lost},
                      {"backlog", WD_TRY(parts.events.outbox_backlog(scope, place))},
                      {"last_delivery", time_or_null(state.last_delivery)},
                      {"error", state.error.empty() ? json::value() : json::value(state.error)},
                      {"failing_since", time_or_null(state.failing_since)}};
}

Result<json::object> to_json(const SiemParts& parts, const TenantScope& scope, const Destination& destination) {
  return json::object{{"id", destination.id.text()},
                      {"name", destination.name},
                      {"kind", destination.kind},
                      {"enabled", destination.is_enabled},
                      {"filter", destination.filter},
                      {"floor", name(destination.floor)},
                      {"format", destination.format},
                      {"names", destination.names},
                      {"language", destination.language},
                      {"settings", destination.settings},
                      {"has_secret", destination.has_secret},
                      {"created", to_rfc3339(destination.created)},
                      {"etag", etag_of(destination.version)},
                      {"state", WD_TRY(state_json(parts, scope, destination.id))}};
}

Result<ApiResponse> answer(const SiemParts& parts, const TenantScope& scope, const Destination& destination,
                           int status) {
  ApiResponse response;
  response.status = status;
  response.body = WD_TRY(to_json(parts, scope, destination));
  response.headers["etag"] = etag_of(destination.version);
  return response;
}

Result<DestinationId> id_in(const ApiRequest& request) {
  return parse_id<DestinationId>(request.path_parameter("id")).in("id");
}

DestinationDraft draft_of(const Destination& destination) {
  DestinationDraft draft;
  draft.name = destination.name;
  draft.kind = destination.kind;
  draft.is_enabled = destination.is_enabled;
  draft.filter = destination.filter;
  draft.floor = destination.floor;
  draft.format = destination.format;
  draft.names = destination.names;
  draft.language = destination.language;
  draft.settings = destination.settings;
  return draft;
}

/// What the body has goes over what is there; settings as a whole.
Result<void> read_draft(const json::object& body, DestinationDraft& draft) {
  const auto take = [&body](const char* key, std::string& text) {
    if (body.contains(key)) text = text_in(body, key);
  };
  take("name", draft.name);
  take("kind", draft.kind);
  take("filter", draft.filter);
  take("format", draft.format);
  take("names", draft.names);
  take("language", draft.language);
  if (body.contains("enabled")) draft.is_enabled = body.at("enabled").as_bool();
  if (body.contains("floor")) draft.floor = WD_TRY(parse_severity(text_in(body, "floor")));
  if (body.contains("settings")) draft.settings = body.at("settings").as_object();
  if (body.contains("secret")) draft.secret = text_in(body, "secret");
  return {};
}

Result<ApiResponse> list(const SiemParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const auto all = WD_TRY(parts.destinations.list(scope));
  std::vector<std::pair<std::string, json::object>> items;
  for (const Destination& each : all) items.emplace_back(each.id.text(), WD_TRY(to_json(parts, scope, each)));
  return list_page(
      request, items, [](const auto& item) { return item.first; }, [](const auto& item) { return item.second; });
}

Result<ApiResponse> create(const SiemParts& parts, const ApiRequest& request) {
  DestinationDraft draft;
  WD_TRY(read_draft(request.body.as_object(), draft));
  const TenantScope& scope = request.tenant_scope();
  const auto made = WD_TRY(parts.destinations.create(scope, draft, WD_TRY(parts.events.outbox_end(scope))));
  parts.forwarder.wake();
  return answer(parts, scope, made, 201);
}

Result<ApiResponse> update(const SiemParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const DestinationId id = WD_TRY(id_in(request));
  const std::string etag(request.http.header("if-match"));
  const Destination before = WD_TRY(parts.destinations.find(scope, id));
  DestinationDraft draft = draft_of(before);
  WD_TRY(read_draft(request.body.as_object(), draft));
  // What was read here must be what is changed, whatever the caller has read.
  const auto read = etag == "*" ? etag_of(before.version) : etag;
  const auto changed = WD_TRY(parts.destinations.update(scope, id, read, draft));
  parts.forwarder.wake();
  return answer(parts, scope, changed, 200);
}

Result<ApiResponse> done() {
  ApiResponse response;
  response.status = 204;
  return response;
}

Result<ApiResponse> try_out(const SiemParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const Destination destination = WD_TRY(parts.destinations.find(scope, WD_TRY(id_in(request))));
  const std::string secret = WD_TRY(parts.destinations.secret(scope, destination.id));
  const SinkTrial trial = parts.forwarder.try_out(scope, destination, secret);
  ApiResponse response;
  response.body = json::object{{"arrived", trial.has_arrived},
                               {"error", trial.error.empty() ? json::value() : json::value(trial.error)}};
  return response;
}

Result<ApiResponse> list_dead_letters(const SiemParts& parts, const ApiRequest& request) {
  const auto all = WD_TRY(parts.destinations.dead_letters(request.tenant_scope(), WD_TRY(id_in(request))));
  return list_page(
      request, all, [](const DeadLetter& letter) { return letter.event.text(); },
      [](const DeadLetter& letter) {
        return json::object{{"event_id", letter.event.text()},
                            {"time", to_rfc3339(letter.time)},
                            {"noted", to_rfc3339(letter.noted)},
                            {"reason", letter.reason},
                            {"retry", letter.is_sent_again}};
      });
}

Result<ApiResponse> retry_dead_letters(const SiemParts& parts, const ApiRequest& request) {
  std::vector<EventId> events;
  const json::object& body = request.body.as_object();
  if (const auto* ids = body.if_contains("event_ids"))
    for (const json::value& id : ids->as_array())
      events.push_back(WD_TRY(parse_id<EventId>(std::string(id.as_string())).in("/event_ids")));
  ApiResponse response;
  response.body = json::object{
      {"count", WD_TRY(parts.destinations.retry_dead_letters(request.tenant_scope(), WD_TRY(id_in(request)), events))}};
  return response;
}

}  // namespace

void add_siem_routes(Routes& routes, Destinations& destinations, EventStore& events, Forwarder& forwarder) {
  const SiemParts parts{destinations, events, forwarder};
  routes.add("listDestinations", [parts](const ApiRequest& request) { return list(parts, request); });
  routes.add("createDestination", [parts](const ApiRequest& request) { return create(parts, request); });
  routes.add("getDestination", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    return answer(parts, scope, WD_TRY(parts.destinations.find(scope, WD_TRY(id_in(request)))), 200);
  });
  routes.add("updateDestination", [parts](const ApiRequest& request) { return update(parts, request); });
  routes.add("deleteDestination", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(parts.destinations.remove(request.tenant_scope(), WD_TRY(id_in(request)), request.http.header("if-match")));
    parts.forwarder.wake();
    return done();
  });
  routes.add("tryDestination", [parts](const ApiRequest& request) { return try_out(parts, request); });
  routes.add("listDeadLetters", [parts](const ApiRequest& request) { return list_dead_letters(parts, request); });
  routes.add("retryDeadLetters", [parts](const ApiRequest& request) { return retry_dead_letters(parts, request); });
  routes.add("deleteDeadLetters", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(parts.destinations.forget_dead_letters(request.tenant_scope(), WD_TRY(id_in(request))));
    return done();
  });
}

}  // namespace warder::manager
