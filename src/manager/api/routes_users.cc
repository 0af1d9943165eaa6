#include "base/json.h"
#include "manager/api/role_json.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

std::string text_or(const json::object& body, std::string_view key, std::string_view otherwise) {
  const json::value* value = find(body, key);
  return std::string(value != nullptr ? std::string_view(value->as_string()) : otherwise);
}

ApiResponse user_answer(const User& user, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(user);
  response.headers["etag"] = etag_of(user.version);
  return response;
}

Result<UserId> user_id(const ApiRequest& request) {
  return parse_id<UserId>(request.path_parameter("id"));
}

/// The If-Match of the request; the router has seen to it that there is one.
std::string if_match(const ApiRequest& request) {
  return std::string(request.http.header("if-match"));
}

Result<ApiResponse> list_users(Identity& identity, const ApiRequest& request) {
  UserPage page;
  if (const auto email = request.query("email")) {
    page.items = WD_TRY(identity.users().find_by_email(*request.scope, *email));
  } else {
    page = WD_TRY(identity.users().list(*request.scope, static_cast<std::size_t>(request.query_int("limit", 100)),
                                        request.query("cursor").value_or("")));
  }
  json::array items;
  for (const User& user : page.items) items.push_back(to_json(user));
  ApiResponse response;
  response.body = json::object{{"items", std::move(items)},
                               {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}};
  return response;
}

Result<ApiResponse> create_user(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  UserDraft draft;
  draft.username = text_or(body, "username", {});
  draft.display_name = text_or(body, "display_name", {});
  if (body.contains("email")) draft.email = text_or(body, "email", {});
  if (body.contains("telephone")) draft.telephone = text_or(body, "telephone", {});
  draft.password = text_or(body, "password", {});
  draft.roles = texts_in(body.at("roles"));
  if (const json::value* scoped = find(body, "scoped_roles")) draft.scoped_roles = scoped_roles_in(*scoped);
  draft.locale = text_or(body, "locale", "en");
  if (!draft.password.empty()) return user_answer(WD_TRY(identity.users().create(*request.scope, draft)), 201);
  const InvitedUser invited = WD_TRY(identity.users().invite(*request.scope, draft));
  ApiResponse response = user_answer(invited.user, 201);
  response.body.as_object()["link"] = to_json(invited.link);
  return response;
}

/// Absent: stays; null: is removed.
std::optional<std::optional<std::string>> removable(const json::object& body, std::string_view key) {
  const json::value* const value = find(body, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) return std::optional<std::string>{};
  return std::optional<std::string>{std::string_view(value->as_string())};
}

UserChange change_of(const json::object& body) {
  UserChange change;
  if (body.contains("display_name")) change.display_name = text_or(body, "display_name", {});
  change.email = removable(body, "email");
  change.telephone = removable(body, "telephone");
  if (const json::value* roles = find(body, "roles")) change.roles = texts_in(*roles);
  if (const json::value* scoped = find(body, "scoped_roles")) change.scoped_roles = scoped_roles_in(*scoped);
  if (body.contains("locale")) change.locale = text_or(body, "locale", "en");
  if (const json::value* disabled = find(body, "disabled")) change.disabled = disabled->as_bool();
  return change;
}

Result<ApiResponse> update_user(Identity& identity, const ApiRequest& request) {
  const UserChange change = change_of(request.body.as_object());
  const User user =
      WD_TRY(identity.users().update(*request.scope, WD_TRY(user_id(request)), if_match(request), change));
  if (change.roles || change.scoped_roles || change.disabled) WD_TRY(identity.end_sessions(*request.scope, user.id));
  return user_answer(user, 200);
}

Result<ApiResponse> delete_user(Identity& identity, const ApiRequest& request) {
  const UserId id = WD_TRY(user_id(request));
  WD_TRY(identity.users().remove(*request.scope, id, if_match(request)));
  WD_TRY(identity.end_sessions(*request.scope, id));
  ApiResponse response;
  response.status = 204;
  return response;
}

ApiResponse link_answer(const ResetLink& link) {
  ApiResponse response;
  response.status = 201;
  response.body = to_json(link);
  return response;
}

}  // namespace

json::object to_json(const ResetLink& link) {
  return {{"token", link.token}, {"path", path_of(link)}, {"expires", to_rfc3339(link.expires)}};
}

json::object to_json(const User& user) {
  json::array roles;
  for (const std::string& role : user.roles) roles.emplace_back(role);
  json::value source;
  if (user.source) {
    source = json::object{{"provider_id", user.source->provider.text()},
                          {"name", user.source->name},
                          {"enabled", user.source->is_enabled}};
  }
  return json::object{{"id", user.id.text()},
                      {"username", user.username},
                      {"display_name", user.display_name},
                      {"email", user.email ? json::value(*user.email) : json::value()},
                      {"telephone", user.telephone ? json::value(*user.telephone) : json::value()},
                      {"roles", std::move(roles)},
                      {"scoped_roles", scoped_roles_json(user.scoped_roles)},
                      {"locale", user.locale},
                      {"disabled", user.disabled},
                      {"created", to_rfc3339(user.created)},
                      {"last_login", user.last_login ? json::value(to_rfc3339(*user.last_login)) : json::value()},
                      {"source", std::move(source)},
                      {"etag", etag_of(user.version)}};
}

void add_user_routes(Routes& routes, Identity& identity) {
  routes.add("listUsers", [&identity](const ApiRequest& request) { return list_users(identity, request); });
  routes.add("createUser", [&identity](const ApiRequest& request) { return create_user(identity, request); });
  routes.add("getUser", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return user_answer(WD_TRY(identity.users().find(*request.scope, WD_TRY(user_id(request)))), 200);
  });
  routes.add("updateUser", [&identity](const ApiRequest& request) { return update_user(identity, request); });
  routes.add("createPasswordReset", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return link_answer(WD_TRY(identity.users().make_reset_link(*request.scope, WD_TRY(user_id(request)))));
  });
  routes.add("markCompromised", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return link_answer(WD_TRY(identity.mark_compromised(*request.scope, WD_TRY(user_id(request)))));
  });
  routes.add("deleteUser", [&identity](const ApiRequest& request) { return delete_user(identity, request); });
}

}  // namespace warder::manager
