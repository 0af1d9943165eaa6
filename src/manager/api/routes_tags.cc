#include "manager/api/routes_tags.h"

#include "base/json.h"
#include "manager/api/fleet_json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostAtOnce = 20'000;  // events of one request: it may be asked again until it is complete

json::object to_json(const TagRule& rule) {
  return {{"id", rule.id.text()},         {"name", rule.draft.name},          {"filter", rule.draft.filter},
          {"tag", rule.draft.tag},        {"enabled", rule.draft.is_enabled}, {"created", to_rfc3339(rule.created)},
          {"etag", etag_of(rule.version)}};
}

ApiResponse answer(const TagRule& rule, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(rule);
  response.headers["etag"] = etag_of(rule.version);
  return response;
}

ApiResponse answer(const RetagResult& result) {
  ApiResponse response;
  response.body = json::object{{"changed", result.changed}, {"complete", result.is_complete}};
  return response;
}

/// What the body has goes over what is there.
TagRuleDraft read_draft(const json::object& body, TagRuleDraft draft) {
  draft.name = text_in(body, "name", draft.name);
  draft.filter = text_in(body, "filter", draft.filter);
  draft.tag = text_in(body, "tag", draft.tag);
  if (body.contains("enabled")) draft.is_enabled = body.at("enabled").as_bool();
  return draft;
}

std::vector<std::string> texts_in(const json::object& body, std::string_view key) {
  std::vector<std::string> texts;
  if (const json::value* list = find(body, key))
    for (const json::value& text : list->as_array()) texts.emplace_back(text.as_string());
  return texts;
}

Result<std::optional<Timestamp>> time_in(const json::object& body, std::string_view key) {
  const std::string text = text_in(body, key);
  if (text.empty()) return std::optional<Timestamp>{};
  return std::optional{WD_TRY(parse_rfc3339(text).in("/" + std::string(key)))};
}

Result<EventSelection> selection_in(const json::object& body, const std::string& filter) {
  return EventSelection{WD_TRY(parse_filter(filter).in("/filter")), WD_TRY(time_in(body, "from")),
                        WD_TRY(time_in(body, "to"))};
}

/// The audit entry of each part that is written: before the part is kept.
void audit_each_part(TagChange& change, const TagParts& parts, const TenantScope& scope, json::object detail) {
  detail["add"] = json::array(change.add.begin(), change.add.end());
  detail["remove"] = json::array(change.remove.begin(), change.remove.end());
  change.before_commit = [&parts, scope, detail](std::size_t events) -> Result<void> {
    json::object of_part = detail;
    of_part["events"] = events;
    WD_TRY(parts.audit.append(scope, "events.tag", "events", AuditOutcome::Success, std::move(of_part)));
    return {};
  };
}

Result<ApiResponse> tag_events(const TagParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const json::object& body = request.body.as_object();
  TagChange change{texts_in(body, "add"), texts_in(body, "remove")};
  const std::vector<std::string> texts = texts_in(body, "ids");
  const bool has_filter = body.contains("filter");
  if (texts.empty() == !has_filter) return fail(ErrorCode::Invalid, "/ids: either ids or a filter");
  if (has_filter) {
    const std::string filter = text_in(body, "filter");
    audit_each_part(change, parts, scope, {{"filter", filter}});
    return answer(WD_TRY(parts.events.retag(scope, WD_TRY(selection_in(body, filter)), change, kMostAtOnce)));
  }
  std::vector<EventId> ids;
  for (const std::string& text : texts) ids.push_back(WD_TRY(parse_id<EventId>(text).in("/ids")));
  json::object detail;
  if (ids.size() == 1) detail["event"] = ids.front().text();
  audit_each_part(change, parts, scope, std::move(detail));
  return answer(WD_TRY(parts.events.retag(scope, ids, change)));
}

Result<ApiResponse> apply_rule(const TagParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const TagRule rule = WD_TRY(parts.rules.find(scope, WD_TRY(path_id<TagRuleId>(request))));
  const json::object& body = request.body.as_object();
  TagChange change{{rule.draft.tag}, {}};
  audit_each_part(change, parts, scope, {{"rule", rule.draft.name}, {"filter", rule.draft.filter}});
  return answer(WD_TRY(parts.events.retag(scope, WD_TRY(selection_in(body, rule.draft.filter)), change, kMostAtOnce)));
}

Result<ApiResponse> update_rule(const TagParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const auto id = WD_TRY(path_id<TagRuleId>(request));
  const TagRule before = WD_TRY(parts.rules.find(scope, id));
  const std::string etag(request.http.header("if-match"));
  const TagRuleDraft draft = read_draft(request.body.as_object(), before.draft);
  const auto read = etag == "*" ? etag_of(before.version) : etag;
  return answer(WD_TRY(parts.rules.update(scope, id, read, draft)), 200);
}

ApiResponse answer(const EventRetention& retention) {
  json::object modules;
  for (const auto& [module, kept] : retention.modules) modules[name(module)] = kept.count();
  ApiResponse response;
  response.body = json::object{{"longest_days", retention.longest.count()}, {"modules", std::move(modules)}};
  return response;
}

}  // namespace

void add_tag_routes(Routes& routes, const TagParts& parts) {
  routes.add("tagEvents", [parts](const ApiRequest& request) { return tag_events(parts, request); });
  routes.add("listTagRules", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const auto all = WD_TRY(parts.rules.list(request.tenant_scope()));
    return list_page(
        request, all, [](const TagRule& rule) { return rule.id.text(); },
        [](const TagRule& rule) { return to_json(rule); });
  });
  routes.add("createTagRule", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const TagRuleDraft draft = read_draft(request.body.as_object(), {});
    return answer(WD_TRY(parts.rules.create(request.tenant_scope(), draft)), 201);
  });
  routes.add("getTagRule", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(WD_TRY(parts.rules.find(request.tenant_scope(), WD_TRY(path_id<TagRuleId>(request)))), 200);
  });
  routes.add("updateTagRule", [parts](const ApiRequest& request) { return update_rule(parts, request); });
  routes.add("deleteTagRule", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(parts.rules.remove(request.tenant_scope(), WD_TRY(path_id<TagRuleId>(request)),
                              request.http.header("if-match")));
    return no_content();
  });
  routes.add("applyTagRule", [parts](const ApiRequest& request) { return apply_rule(parts, request); });
}

void add_retention_routes(Routes& routes, EventRetentions& retentions) {
  routes.add("getEventRetention", [&retentions](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(WD_TRY(retentions.find(request.tenant_scope())));
  });
  routes.add("setEventRetention", [&retentions](const ApiRequest& request) -> Result<ApiResponse> {
    std::map<ModuleKind, std::chrono::days> modules;
    for (const auto& [module, kept] : request.body.as_object().at("modules").as_object())
      modules[WD_TRY(parse_module(module).in("/modules"))] = std::chrono::days{kept.as_int64()};
    return answer(WD_TRY(retentions.replace(request.tenant_scope(), modules)));
  });
}

}  // namespace warder::manager
