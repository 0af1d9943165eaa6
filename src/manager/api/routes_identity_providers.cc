// Identity providers: what an administrator sets.
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/role_json.h"
#include "manager/api/routes_identity.h"
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

std::vector<GroupMapping> mappings_in(const json::value& value) {
  std::vector<GroupMapping> mappings;
  for (const json::value& item : value.as_array()) {
    const json::object& object = item.as_object();
    GroupMapping mapping{text_in(object, "group"), {}, {}};
    if (const json::value* roles = find(object, "roles")) mapping.roles = texts_in(*roles);
    if (const json::value* scoped = find(object, "scoped_roles")) mapping.scoped_roles = scoped_roles_in(*scoped);
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

json::array to_json(const std::vector<GroupMapping>& mappings) {
  json::array array;
  for (const GroupMapping& mapping : mappings) {
    json::array roles;
    for (const std::string& role : mapping.roles) roles.emplace_back(json::string(role));
    array.push_back(json::object{{"group", mapping.group},
                                 {"roles", std::move(roles)},
                                 {"scoped_roles", scoped_roles_json(mapping.scoped_roles)}});
  }
  return array;
}

json::object to_json(const IdentityProvider& provider) {
  return {{"id", provider.id.text()},
          {"kind", provider.kind},
          {"name", provider.name},
          {"enabled", provider.is_enabled},
          {"settings", provider.settings},
          {"has_secret", provider.has_secret},
          {"mappings", to_json(provider.mappings)},
          {"created", to_rfc3339(provider.created)},
          {"etag", etag_of(provider.version)}};
}

ApiResponse provider_answer(const IdentityProvider& provider, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(provider);
  response.headers["etag"] = etag_of(provider.version);
  return response;
}

Result<IdentityProviderId> provider_id(const ApiRequest& request) {
  return parse_id<IdentityProviderId>(request.path_parameter("id")).in("id");
}

Result<ApiResponse> list_providers(Identity& identity, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(identity.identity_providers().list(request.tenant_scope())),
      [](const IdentityProvider& provider) { return provider.id.text(); },
      [](const IdentityProvider& provider) { return to_json(provider); });
}

Result<ApiResponse> create_provider(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  IdentityProviderDraft draft;
  draft.kind = text_in(body, "kind");
  draft.name = text_in(body, "name");
  if (const json::value* enabled = find(body, "enabled")) draft.is_enabled = enabled->as_bool();
  draft.settings = body.at("settings").as_object();
  draft.secret = text_in(body, "secret");
  if (const json::value* mappings = find(body, "mappings")) draft.mappings = mappings_in(*mappings);
  return provider_answer(WD_TRY(identity.identity_providers().create(request.tenant_scope(), draft)), 201);
}

Result<ApiResponse> update_provider(Identity& identity, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  IdentityProviderChange change;
  if (body.contains("name")) change.name = text_in(body, "name");
  if (const json::value* enabled = find(body, "enabled")) change.is_enabled = enabled->as_bool();
  if (const json::value* settings = find(body, "settings")) change.settings = settings->as_object();
  if (const json::value* secret = find(body, "secret"))
    change.secret = secret->is_null() ? std::string() : text_in(body, "secret");
  if (const json::value* mappings = find(body, "mappings")) change.mappings = mappings_in(*mappings);
  return provider_answer(WD_TRY(identity.update_identity_provider(request.tenant_scope(), WD_TRY(provider_id(request)),
                                                                  request.http.header("if-match"), change)),
                         200);
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

Result<ApiResponse> sync_provider(Identity& identity, const ApiRequest& request) {
  const json::value* accepts = find(request.body.as_object(), "accept_leaving");
  const SyncReport report = WD_TRY(identity.directory_sync().run(request.tenant_scope(), WD_TRY(provider_id(request)),
                                                                 accepts != nullptr && accepts->as_bool()));
  ApiResponse response;
  response.body = json::object{{"users", report.users},
                               {"everybody", report.everybody},
                               {"changed", report.changed},
                               {"left", report.left},
                               {"failed", report.failed}};
  return response;
}

Result<ApiResponse> last_sync(Identity& identity, const ApiRequest& request) {
  const auto id = WD_TRY(provider_id(request));
  WD_TRY(identity.identity_providers().find(request.tenant_scope(), id));
  const auto state = WD_TRY(identity.directory_sync().last(request.tenant_scope(), id));
  ApiResponse response;
  response.body = json::object{{"time", state ? json::value(to_rfc3339(state->time)) : json::value()},
                               {"error", state ? text_or_null(state->error) : json::value()}};
  return response;
}

}  // namespace

void add_identity_provider_routes(Routes& routes, Identity& identity) {
  routes.add("listIdentityProviders",
             [&identity](const ApiRequest& request) { return list_providers(identity, request); });
  routes.add("createIdentityProvider",
             [&identity](const ApiRequest& request) { return create_provider(identity, request); });
  routes.add("getIdentityProvider", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    return provider_answer(
        WD_TRY(identity.identity_providers().find(request.tenant_scope(), WD_TRY(provider_id(request)))), 200);
  });
  routes.add("updateIdentityProvider",
             [&identity](const ApiRequest& request) { return update_provider(identity, request); });
  routes.add("syncIdentityProvider",
             [&identity](const ApiRequest& request) { return sync_provider(identity, request); });
  routes.add("getIdentityProviderSync",
             [&identity](const ApiRequest& request) { return last_sync(identity, request); });
  routes.add("deleteIdentityProvider", [&identity](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(identity.identity_providers().remove(request.tenant_scope(), WD_TRY(provider_id(request)),
                                                request.http.header("if-match")));
    ApiResponse response;
    response.status = 204;
    return response;
  });
}

}  // namespace warder::manager
