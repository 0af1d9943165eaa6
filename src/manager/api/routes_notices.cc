#include "manager/api/routes_notices.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {
namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(json::string(text));
}

Result<ApiResponse> done() {
  ApiResponse response;
  response.status = 204;
  return response;
}

Result<ApiResponse> answer(json::object body, std::int64_t version, int status) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers["etag"] = etag_of(version);
  return response;
}

json::object to_json(const NoticeChannel& channel) {
  return {{"id", channel.id.text()},
          {"name", channel.name},
          {"kind", channel.kind},
          {"enabled", channel.is_enabled},
          {"language", channel.language},
          {"settings", channel.settings},
          {"has_secret", channel.has_secret},
          {"created", to_rfc3339(channel.created)},
          {"etag", etag_of(channel.version)}};
}

Result<NoticeChannelId> channel_in(const ApiRequest& request) {
  return parse_id<NoticeChannelId>(request.path_parameter("id")).in("id");
}

/// What the body has goes over what is there; settings as a whole.
void read_draft(const json::object& body, NoticeChannelDraft& draft) {
  if (body.contains("name")) draft.name = text_in(body, "name");
  if (body.contains("kind")) draft.kind = text_in(body, "kind");
  if (body.contains("language")) draft.language = text_in(body, "language");
  if (body.contains("enabled")) draft.is_enabled = body.at("enabled").as_bool();
  if (body.contains("settings")) draft.settings = body.at("settings").as_object();
  if (body.contains("secret")) draft.secret = text_in(body, "secret");
}

Result<ApiResponse> update_channel(NoticeChannels& channels, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const NoticeChannelId id = WD_TRY(channel_in(request));
  const NoticeChannel before = WD_TRY(channels.find(scope, id));
  NoticeChannelDraft draft{before.name, before.kind, before.is_enabled, before.language, before.settings, {}};
  read_draft(request.body.as_object(), draft);
  const std::string etag(request.http.header("if-match"));
  // What was read here must be what is changed, whatever the caller has read.
  const auto changed = WD_TRY(channels.update(scope, id, etag == "*" ? etag_of(before.version) : etag, draft));
  return answer(to_json(changed), changed.version, 200);
}

Result<ApiResponse> try_channel(NoticeChannels& channels, Notifier& notifier, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const NoticeChannel channel = WD_TRY(channels.find(scope, WD_TRY(channel_in(request))));
  const auto tried = notifier.try_out(scope, channel);
  ApiResponse response;
  response.body = json::object{{"arrived", tried.has_value()},
                               {"error", text_or_null(tried ? std::string() : tried.error().message)}};
  return response;
}

json::object to_json(const StoredNotice& notice) {
  json::array people;
  for (const UserId& each : notice.address.people) people.emplace_back(each.text());
  const NoticeText text = text_in(notice.notice, "en");
  return {{"id", notice.id.text()},
          {"channel", notice.address.channel.text()},
          {"people", std::move(people)},
          {"about", notice.notice.about},
          {"type", notice.notice.type},
          {"subject", text.subject},
          {"created", to_rfc3339(notice.created)},
          {"state", name(notice.state)},
          {"tries", notice.tries},
          {"error", text_or_null(notice.error)},
          {"sent", notice.sent ? json::value(to_rfc3339(*notice.sent)) : json::value()}};
}

Result<ApiResponse> list_notices(NoticeOutbox& notices, const ApiRequest& request) {
  constexpr std::size_t kLately = 1000;
  const auto all = WD_TRY(notices.list(request.tenant_scope(), request.query("about").value_or(""), kLately));
  return list_page(
      request, all, [](const StoredNotice& each) { return each.id.text(); },
      [](const StoredNotice& each) { return to_json(each); });
}

Result<json::object> to_json(const Rota& rota, Timestamp now) {
  json::object object = rota_plan_to_json(rota);
  object["id"] = rota.id.text();
  object["name"] = rota.name;
  object["created"] = to_rfc3339(rota.created);
  object["etag"] = etag_of(rota.version);
  json::array overrides;
  for (const RotaOverride& each : rota.overrides) {
    overrides.push_back(json::object{{"id", each.id.text()},
                                     {"level", static_cast<std::int64_t>(each.level)},
                                     {"user", each.user.text()},
                                     {"from", to_rfc3339(each.from)},
                                     {"until", to_rfc3339(each.until)}});
  }
  object["overrides"] = std::move(overrides);
  const TimeZone zone = WD_TRY(TimeZone::load(rota.time_zone));
  json::array on_call_now;
  for (std::size_t level = 0; level < rota.levels.size(); ++level) {
    const Shift shift = shift_at(rota, zone, level, now);
    on_call_now.push_back(json::object{
        {"user", shift.user.text()}, {"from", to_rfc3339(shift.from)}, {"until", to_rfc3339(shift.until)}});
  }
  object["on_call"] = std::move(on_call_now);
  return object;
}

Result<RotaId> rota_in(const ApiRequest& request) {
  return parse_id<RotaId>(request.path_parameter("id")).in("id");
}

Result<ApiResponse> put_rota(Rotas& rotas, const host::Clock& clock, const ApiRequest& request, bool is_new) {
  const TenantScope& scope = request.tenant_scope();
  const json::object& body = request.body.as_object();
  Rota rota;
  rota.first_day = std::chrono::floor<std::chrono::days>(clock.now());
  if (!is_new) rota = WD_TRY(rotas.find(scope, WD_TRY(rota_in(request))));
  if (body.contains("name")) rota.name = text_in(body, "name");
  WD_TRY(read_rota_plan(body, rota));
  const std::string etag(request.http.header("if-match"));
  const RotaId id = rota.id;
  const Rota stored =
      is_new ? WD_TRY(rotas.create(scope, std::move(rota))) : WD_TRY(rotas.update(scope, id, etag, std::move(rota)));
  return answer(WD_TRY(to_json(stored, clock.now())), stored.version, is_new ? 201 : 200);
}

Result<ApiResponse> add_override(Rotas& rotas, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  RotaOverride wanted;
  wanted.level = static_cast<std::size_t>(body.contains("level") ? body.at("level").as_int64() : 0);
  wanted.user = WD_TRY(parse_id<UserId>(text_in(body, "user")).in("/user"));
  wanted.from = WD_TRY(parse_rfc3339(text_in(body, "from")).in("/from"));
  wanted.until = WD_TRY(parse_rfc3339(text_in(body, "until")).in("/until"));
  const RotaOverride made = WD_TRY(rotas.add_override(request.tenant_scope(), WD_TRY(rota_in(request)), wanted));
  ApiResponse response;
  response.status = 201;
  response.body = json::object{{"id", made.id.text()},
                               {"level", static_cast<std::int64_t>(made.level)},
                               {"user", made.user.text()},
                               {"from", to_rfc3339(made.from)},
                               {"until", to_rfc3339(made.until)}};
  return response;
}

}  // namespace

void add_notice_routes(Routes& routes, NoticeChannels& channels, NoticeOutbox& notices, Notifier& notifier) {
  routes.add("listNoticeChannels", [&channels](const ApiRequest& request) -> Result<ApiResponse> {
    const auto all = WD_TRY(channels.list(request.tenant_scope()));
    return list_page(
        request, all, [](const NoticeChannel& each) { return each.id.text(); },
        [](const NoticeChannel& each) { return to_json(each); });
  });
  routes.add("createNoticeChannel", [&channels](const ApiRequest& request) -> Result<ApiResponse> {
    NoticeChannelDraft draft;
    read_draft(request.body.as_object(), draft);
    const auto made = WD_TRY(channels.create(request.tenant_scope(), draft));
    return answer(to_json(made), made.version, 201);
  });
  routes.add("getNoticeChannel", [&channels](const ApiRequest& request) -> Result<ApiResponse> {
    const auto found = WD_TRY(channels.find(request.tenant_scope(), WD_TRY(channel_in(request))));
    return answer(to_json(found), found.version, 200);
  });
  routes.add("updateNoticeChannel",
             [&channels](const ApiRequest& request) { return update_channel(channels, request); });
  routes.add("deleteNoticeChannel", [&channels](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(channels.remove(request.tenant_scope(), WD_TRY(channel_in(request)), request.http.header("if-match")));
    return done();
  });
  routes.add("tryNoticeChannel",
             [&channels, &notifier](const ApiRequest& request) { return try_channel(channels, notifier, request); });
  routes.add("listNotices", [&notices](const ApiRequest& request) { return list_notices(notices, request); });
}

void add_rota_routes(Routes& routes, Rotas& rotas, const host::Clock& clock) {
  routes.add("listRotas", [&rotas, &clock](const ApiRequest& request) -> Result<ApiResponse> {
    std::vector<std::pair<std::string, json::object>> items;
    for (const Rota& each : WD_TRY(rotas.list(request.tenant_scope())))
      items.emplace_back(each.id.text(), WD_TRY(to_json(each, clock.now())));
    return list_page(
        request, items, [](const auto& item) { return item.first; }, [](const auto& item) { return item.second; });
  });
  routes.add("createRota",
             [&rotas, &clock](const ApiRequest& request) { return put_rota(rotas, clock, request, true); });
  routes.add("getRota", [&rotas, &clock](const ApiRequest& request) -> Result<ApiResponse> {
    const Rota found = WD_TRY(rotas.find(request.tenant_scope(), WD_TRY(rota_in(request))));
    return answer(WD_TRY(to_json(found, clock.now())), found.version, 200);
  });
  routes.add("updateRota",
             [&rotas, &clock](const ApiRequest& request) { return put_rota(rotas, clock, request, false); });
  routes.add("deleteRota", [&rotas](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(rotas.remove(request.tenant_scope(), WD_TRY(rota_in(request)), request.http.header("if-match")));
    return done();
  });
  routes.add("addRotaOverride", [&rotas](const ApiRequest& request) { return add_override(rotas, request); });
  routes.add("deleteRotaOverride", [&rotas](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(rotas.remove_override(request.tenant_scope(),
                                 WD_TRY(parse_id<RotaOverrideId>(request.path_parameter("id")).in("id"))));
    return done();
  });
}

}  // namespace warder::manager
