// Sessions of other users, for administrators.
#include "base/json.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

using Names = std::map<std::string, json::value>;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

/// Null for a user who is no more.
Result<json::value> name_of(Identity& identity, const TenantScope& scope, const UserId& id, Names& known) {
  const auto found = known.find(id.text());
  if (found != known.end()) return found->second;
  const auto user = identity.users().find(scope, id);
  if (!user && user.error().code != ErrorCode::NotFound) return fail(user.error());
  return known[id.text()] = user ? json::value(user->username) : json::value();
}

Result<ApiResponse> page_of(Identity& identity, const ApiRequest& request, const std::optional<UserId>& user) {
  const PastSessionQuery query{user, static_cast<std::size_t>(request.query_int("limit", 100)),
                               request.query("cursor").value_or("")};
  const PastSessionPage page = WD_TRY(identity.session_history(*request.scope, query));
  Names names;
  json::array items;
  for (const PastSession& item : page.items) {
    const SessionRecord& session = item.session;
    items.push_back(json::object{{"id", session.id.text()},
                                 {"user_id", session.user.text()},
                                 {"username", WD_TRY(name_of(identity, *request.scope, session.user, names))},
                                 {"kind", session.is_bearer ? "bearer" : "browser"},
                                 {"method", text_or_null(session.method)},
                                 {"address", text_or_null(session.address)},
                                 {"created", to_rfc3339(session.created)},
                                 {"last_used", to_rfc3339(session.last_used)},
                                 {"expires", to_rfc3339(session.expires)},
                                 {"ended", item.ended ? json::value(to_rfc3339(*item.ended)) : json::value()},
                                 {"reason", text_or_null(item.reason)},
                                 {"actor", text_or_null(item.actor)}});
  }
  ApiResponse response;
  response.body = json::object{{"items", std::move(items)},
                               {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}};
  return response;
}

Result<ApiResponse> list_of_user(Identity& identity, const ApiRequest& request) {
  return page_of(identity, request, WD_TRY(parse_id<UserId>(request.path_parameter("id"))));
}

ApiResponse no_content() {
  ApiResponse response;
  response.status = 204;
  return response;
}

Result<ApiResponse> end_one(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.end_user_session(*request.scope, WD_TRY(parse_id<SessionId>(request.path_parameter("id")))));
  return no_content();
}

Result<ApiResponse> end_all(Identity& identity, const ApiRequest& request) {
  WD_TRY(identity.end_user_sessions(*request.scope, WD_TRY(parse_id<UserId>(request.path_parameter("id")))));
  return no_content();
}

}  // namespace

void add_user_session_routes(Routes& routes, Identity& identity) {
  routes.add("listUserSessions",
             [&identity](const ApiRequest& request) { return page_of(identity, request, std::nullopt); });
  routes.add("listSessionsOfUser", [&identity](const ApiRequest& request) { return list_of_user(identity, request); });
  routes.add("endUserSession", [&identity](const ApiRequest& request) { return end_one(identity, request); });
  routes.add("endSessionsOfUser", [&identity](const ApiRequest& request) { return end_all(identity, request); });
}

}  // namespace warder::manager
