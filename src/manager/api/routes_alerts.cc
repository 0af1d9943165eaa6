#include "manager/api/routes_alerts.h"

#include <algorithm>

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {
namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(json::string(text));
}

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

Result<ApiResponse> answer(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// A text of the rule in the caller's language, filled in; the rule's id when the rule is gone.
std::string text_of(const AlertRule* rule, const Alert& alert, std::string_view language,
                    std::string AlertText::*part) {
  if (rule == nullptr) return part == &AlertText::title ? alert.rule : "";
  auto found = rule->texts.find(std::string(language));
  if (found == rule->texts.end() || (found->second.*part).empty()) found = rule->texts.find("en");
  return found == rule->texts.end() ? "" : fill_text(found->second.*part, alert);
}

json::object to_json(const Alert& alert, const AlertRule* rule, std::string_view language) {
  json::object group;
  for (const auto& [key, value] : alert.group) group[key] = value;
  json::array events;
  for (const std::string& each : alert.events) events.emplace_back(each);
  json::array members;
  for (const std::string& each : alert.members) members.emplace_back(each);
  return {{"id", alert.id.text()},
          {"rule", alert.rule},
          {"title", text_of(rule, alert, language, &AlertText::title)},
          {"meaning", text_of(rule, alert, language, &AlertText::meaning)},
          {"action", text_of(rule, alert, language, &AlertText::action)},
          {"group", std::move(group)},
          {"severity", name(alert.severity)},
          {"state", name(alert.state)},
          {"opened", to_rfc3339(alert.opened)},
          {"last", to_rfc3339(alert.last)},
          {"resolved", time_or_null(alert.resolved)},
          {"resolved_by", text_or_null(alert.resolved_by)},
          {"count", alert.count},
          {"value", alert.value},
          {"fire_at", alert.fire_at},
          {"members", std::move(members)},
          {"events", std::move(events)},
          {"acknowledged_by", text_or_null(alert.acknowledged_by)},
          {"acknowledged", time_or_null(alert.acknowledged)},
          {"told", alert.is_told},
          {"level", static_cast<std::int64_t>(alert.level())},
          {"escalates", time_or_null(alert.escalates())}};
}

Result<json::object> alert_json(AlertSettings& settings, const ApiRequest& request, const Alert& alert) {
  const auto rule = settings.rule(request.tenant_scope(), alert.rule);
  if (!rule && rule.error().code != ErrorCode::NotFound) return fail(rule.error());
  return to_json(alert, rule ? &*rule : nullptr, request.locale());
}

Result<AlertId> alert_in(const ApiRequest& request) {
  return parse_id<AlertId>(request.path_parameter("id")).in("id");
}

Result<ApiResponse> list_alerts(Alerts& alerts, AlertSettings& settings, const ApiRequest& request) {
  AlertQuery query;
  const std::string state = request.query("state").value_or("");
  query.is_active_only = state == "active";
  if (!state.empty() && state != "active") query.state = WD_TRY(parse_alert_state(state).in("state"));
  query.rule = request.query("rule").value_or("");
  if (const auto severity = request.query("severity")) query.least = WD_TRY(parse_severity(*severity).in("severity"));
  query.limit = static_cast<std::size_t>(request.query_int("limit", 100));
  query.cursor = request.query("cursor").value_or("");
  const TenantScope& scope = request.tenant_scope();
  const AlertPage page = WD_TRY(alerts.list(scope, query));
  const auto rules = WD_TRY(settings.rules(scope));
  json::array items;
  for (const Alert& each : page.items) {
    const auto rule = std::ranges::find(rules, each.rule, &AlertRule::id);
    items.push_back(to_json(each, rule == rules.end() ? nullptr : &*rule, request.locale()));
  }
  return answer({{"items", std::move(items)},
                 {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}});
}

json::object to_json(const AlertComment& comment) {
  return {{"id", comment.id.text()}, {"time", to_rfc3339(comment.time)}, {"by", comment.by}, {"text", comment.text}};
}

json::object body_of(const AlertRule& rule) {
  json::object body = rule_to_json(rule);
  body["built_in"] = rule.is_built_in;
  return body;
}
template <class Item>
json::object body_of(const Item& item) {
  return to_json(item);
}

template <class Item>
json::object whole(const Item& item) {
  json::object body = body_of(item);
  body["id"] = item.id;
  body["name"] = item.name;
  body["etag"] = etag_of(item.version);
  return body;
}

template <class Item>
Result<ApiResponse> answer_item(const Item& item, int status = 200) {
  ApiResponse response = WD_TRY(answer(whole(item), status));
  response.headers["etag"] = etag_of(item.version);
  return response;
}

/// Whether the channels and the rota that a body names are the tenant's.
using CheckNames = std::function<Result<void>(const TenantScope&, const json::object&)>;

Result<void> check_channel(NoticeChannels& channels, const TenantScope& scope, const json::value& id,
                           const std::string& place) {
  if (!id.is_string()) return {};  // what else is wrong with it is said by whoever reads it
  const auto parsed = parse_id<NoticeChannelId>(std::string_view{id.get_string()});
  if (!parsed || channels.find(scope, *parsed)) return {};
  return fail(ErrorCode::Invalid, place + ": there is no such channel");
}

CheckNames check_names(NoticeChannels& channels, Rotas& rotas) {
  return [&channels, &rotas](const TenantScope& scope, const json::object& body) -> Result<void> {
    if (const json::value* list = find(body, "channels"); list != nullptr && list->is_array()) {
      std::size_t place = 0;
      for (const json::value& each : list->get_array())
        WD_TRY(check_channel(channels, scope, each, "/channels/" + std::to_string(place++)));
    }
    if (const json::value* one = find(body, "channel"); one != nullptr)
      WD_TRY(check_channel(channels, scope, *one, "/channel"));
    const json::value* const rota = find(body, "rota");
    if (rota == nullptr || !rota->is_string()) return {};
    const auto id = parse_id<RotaId>(std::string_view{rota->get_string()});
    if (!id || rotas.find(scope, *id)) return {};
    return fail(ErrorCode::Invalid, "/rota: there is no such rota");
  };
}

/// The five operations on one kind of setting. Whoever evaluates hears of every change.
template <class Item>
struct Kind {
  std::string one;
  std::string many;
  Result<std::vector<Item>> (AlertSettings::*list)(const TenantScope&);
  Result<Item> (AlertSettings::*find)(const TenantScope&, std::string_view);
  Result<Item> (AlertSettings::*add)(const TenantScope&, std::string_view, const json::object&);
  Result<Item> (AlertSettings::*change)(const TenantScope&, std::string_view, std::string_view, const json::object&);
  Result<void> (AlertSettings::*remove)(const TenantScope&, std::string_view, std::string_view);
  CheckNames check{};  // of what is written; may be empty
};

template <class Item>
void add_kind(Routes& routes, Alerts& alerts, AlertSettings& settings, const Kind<Item>& kind) {
  routes.add("list" + kind.many, [&settings, kind](const ApiRequest& request) -> Result<ApiResponse> {
    const auto all = WD_TRY((settings.*kind.list)(request.tenant_scope()));
    return list_page(
        request, all, [](const Item& each) { return each.id; }, [](const Item& each) { return whole(each); });
  });
  routes.add("get" + kind.one, [&settings, kind](const ApiRequest& request) -> Result<ApiResponse> {
    return answer_item(WD_TRY((settings.*kind.find)(request.tenant_scope(), request.path_parameter("id"))));
  });
  routes.add("create" + kind.one, [&alerts, &settings, kind](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    json::object body = request.body.as_object();
    const std::string name(text_in(body, "name"));
    body.erase("name");
    if (kind.check) WD_TRY(kind.check(scope, body));
    const Item made = WD_TRY((settings.*kind.add)(scope, name, body));
    WD_TRY(alerts.note_change(scope));
    return answer_item(made, 201);
  });
  if (kind.change != nullptr) {
    routes.add("update" + kind.one, [&alerts, &settings, kind](const ApiRequest& request) -> Result<ApiResponse> {
      const TenantScope& scope = request.tenant_scope();
      if (kind.check) WD_TRY(kind.check(scope, request.body.as_object()));
      const Item changed = WD_TRY((settings.*kind.change)(scope, request.path_parameter("id"),
                                                          request.http.header("if-match"), request.body.as_object()));
      WD_TRY(alerts.note_change(scope));
      return answer_item(changed);
    });
  }
  routes.add("delete" + kind.one, [&alerts, &settings, kind](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    WD_TRY((settings.*kind.remove)(scope, request.path_parameter("id"), request.http.header("if-match")));
    WD_TRY(alerts.note_change(scope));
    ApiResponse response;
    response.status = 204;
    return response;
  });
}

}  // namespace

void add_alert_routes(Routes& routes, Alerts& alerts, AlertSettings& settings) {
  routes.add("listAlerts",
             [&](const ApiRequest& request) -> Result<ApiResponse> { return list_alerts(alerts, settings, request); });
  routes.add("getAlert", [&](const ApiRequest& request) -> Result<ApiResponse> {
    const Alert alert = WD_TRY(alerts.find(request.tenant_scope(), WD_TRY(alert_in(request))));
    return answer(WD_TRY(alert_json(settings, request, alert)));
  });
  routes.add("acknowledgeAlert", [&](const ApiRequest& request) -> Result<ApiResponse> {
    const Alert alert = WD_TRY(alerts.acknowledge(request.tenant_scope(), WD_TRY(alert_in(request))));
    return answer(WD_TRY(alert_json(settings, request, alert)));
  });
  routes.add("resolveAlert", [&](const ApiRequest& request) -> Result<ApiResponse> {
    const Alert alert = WD_TRY(alerts.resolve(request.tenant_scope(), WD_TRY(alert_in(request))));
    return answer(WD_TRY(alert_json(settings, request, alert)));
  });
  routes.add("listAlertComments", [&alerts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto all = WD_TRY(alerts.comments(request.tenant_scope(), WD_TRY(alert_in(request))));
    return list_page(
        request, all, [](const AlertComment& each) { return each.id.text(); },
        [](const AlertComment& each) { return to_json(each); });
  });
  routes.add("createAlertComment", [&alerts](const ApiRequest& request) -> Result<ApiResponse> {
    const std::string text(text_in(request.body.as_object(), "text"));
    return answer(to_json(WD_TRY(alerts.comment(request.tenant_scope(), WD_TRY(alert_in(request)), text))), 201);
  });
}

void add_alert_setting_routes(Routes& routes, Alerts& alerts, AlertSettings& settings, NoticeChannels& channels,
                              Rotas& rotas) {
  using S = AlertSettings;
  const CheckNames check = check_names(channels, rotas);
  add_kind<AlertRule>(routes, alerts, settings,
                      {"AlertRule", "AlertRules", &S::rules, &S::rule, &S::add_rule, &S::change_rule, &S::remove_rule});
  add_kind<AlertRoute>(
      routes, alerts, settings,
      {"AlertRoute", "AlertRoutes", &S::routes, &S::route, &S::add_route, &S::change_route, &S::remove_route, check});
  add_kind<AlertSilence>(
      routes, alerts, settings,
      {"AlertSilence", "AlertSilences", &S::silences, &S::silence, &S::add_silence, nullptr, &S::remove_silence});
  add_kind<AlertHeartbeat>(routes, alerts, settings,
                           {"AlertHeartbeat", "AlertHeartbeats", &S::heartbeats, &S::heartbeat, &S::add_heartbeat,
                            &S::change_heartbeat, &S::remove_heartbeat, check});
}

}  // namespace warder::manager
