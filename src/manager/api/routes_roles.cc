// Roles and API keys.
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

json::array names(const std::set<std::string>& members) {
  json::array array;
  for (const std::string& member : members) array.emplace_back(json::string(member));
  return array;
}

Rights rights_in(const json::object& body) {
  Rights rights;
  for (const json::value& right : body.at("rights").as_array()) rights.emplace(std::string_view(right.as_string()));
  return rights;
}

json::object role_to_json(const Role& role) {
  return {{"name", role.name},
          {"description", role.description},
          {"rights", names({role.rights.begin(), role.rights.end()})},
          {"built_in", role.is_built_in},
          {"etag", etag_of(role.version)}};
}

ApiResponse role_answer(const Role& role, int status) {
  ApiResponse response;
  response.status = status;
  response.body = role_to_json(role);
  response.headers["etag"] = etag_of(role.version);
  return response;
}

Result<ApiResponse> list_roles(Identity& identity, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(identity.roles().list(request.tenant_scope())), [](const Role& role) { return role.name; },
      role_to_json);
}

Result<ApiResponse> create_role(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const Role draft{text_in(body, "name"), text_in(body, "description"), rights_in(body)};
  return role_answer(WD_TRY(identity.roles().create(request.tenant_scope(), draft)), 201);
}

Result<ApiResponse> update_role(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  RoleChange change;
  if (body.contains("description")) change.description = text_in(body, "description");
  if (body.contains("rights")) change.rights = rights_in(body);
  return role_answer(WD_TRY(identity.roles().update(request.tenant_scope(), request.path_parameter("name"),
                                                    request.http.header("if-match"), change)),
                     200);
}

Result<ApiResponse> delete_role(Identity& identity, const ApiRequest& request) {
  WD_TRY(
      identity.roles().remove(request.tenant_scope(), request.path_parameter("name"), request.http.header("if-match")));
  ApiResponse response;
  response.status = 204;
  return response;
}

json::object key_to_json(const ApiKey& key) {
  json::array networks;
  for (const IpPrefix& network : key.networks) networks.emplace_back(network.text());
  return {{"id", key.id.text()},
          {"name", key.name},
          {"user_id", key.user.text()},
          {"hint", key.hint},
          {"rights", names({key.rights.begin(), key.rights.end()})},
          {"networks", std::move(networks)},
          {"created", to_rfc3339(key.created)},
          {"expires", to_rfc3339(key.expires)},
          {"last_used", key.last_used ? json::value(to_rfc3339(*key.last_used)) : json::value()},
          {"last_address", key.last_address.empty() ? json::value() : json::value(key.last_address)},
          {"identity_provider_id", key.provider ? json::value(key.provider->text()) : json::value()},
          {"revoked", key.is_revoked}};
}

Result<ApiKeyId> key_id(const ApiRequest& request) {
  return parse_id<ApiKeyId>(request.path_parameter("id")).in("id");
}

Result<ApiResponse> list_keys(Identity& identity, const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 100;
  const ApiKeyPage page = WD_TRY(identity.api_keys().list(
      request.tenant_scope(), static_cast<std::size_t>(request.query_int("limit", kDefaultLimit)),
      request.query("cursor").value_or("")));
  json::array items;
  for (const ApiKey& key : page.items) items.push_back(key_to_json(key));
  ApiResponse response;
  response.body = json::object{{"items", std::move(items)},
                               {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}};
  return response;
}

Result<ApiResponse> create_key(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  ApiKeyDraft draft;
  draft.name = text_in(body, "name");
  draft.user = request.principal->user;
  if (body.contains("user_id")) draft.user = WD_TRY(parse_id<UserId>(text_in(body, "user_id")).in("/user_id"));
  draft.rights = rights_in(body);
  if (const json::value* networks = find(body, "networks")) {
    for (const json::value& network : networks->as_array())
      draft.networks.push_back(WD_TRY(parse_prefix(std::string_view(network.as_string())).in("/networks")));
  }
  if (body.contains("expires_in_s")) draft.expires_in = std::chrono::seconds(WD_TRY(get_int(body, "expires_in_s")));
  if (body.contains("identity_provider_id")) {
    draft.provider =
        WD_TRY(parse_id<IdentityProviderId>(text_in(body, "identity_provider_id")).in("/identity_provider_id"));
    const auto provider = identity.identity_providers().find(request.tenant_scope(), *draft.provider);
    if (!provider || provider->kind != "scim")
      return fail(ErrorCode::Invalid, "/identity_provider_id: there is no such provider of kind scim");
  }
  const NewApiKey made = WD_TRY(identity.api_keys().create(request.tenant_scope(), draft));
  ApiResponse response;
  response.status = 201;
  json::object object = key_to_json(made.key);
  object["key"] = made.text;
  response.body = std::move(object);
  return response;
}

}  // namespace

void add_role_routes(Routes& routes, Identity& identity) {
  routes.add("listRoles", [&identity](const ApiRequest& request) { return list_roles(identity, request); });
  routes.add("createRole", [&identity](const ApiRequest& request) { return create_role(identity, request); });
  routes.add("getRole", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return role_answer(WD_TRY(identity.roles().find(request.tenant_scope(), request.path_parameter("name"))), 200);
  });
  routes.add("updateRole", [&identity](const ApiRequest& request) { return update_role(identity, request); });
  routes.add("deleteRole", [&identity](const ApiRequest& request) { return delete_role(identity, request); });
}

void add_api_key_routes(Routes& routes, Identity& identity) {
  routes.add("listApiKeys", [&identity](const ApiRequest& request) { return list_keys(identity, request); });
  routes.add("createApiKey", [&identity](const ApiRequest& request) { return create_key(identity, request); });
  routes.add("getApiKey", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = key_to_json(WD_TRY(identity.api_keys().find(request.tenant_scope(), WD_TRY(key_id(request)))));
    return response;
  });
  routes.add("revokeApiKey", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(identity.api_keys().revoke(request.tenant_scope(), WD_TRY(key_id(request))));
    ApiResponse response;
    response.status = 204;
    return response;
  });
}

}  // namespace warder::manager
