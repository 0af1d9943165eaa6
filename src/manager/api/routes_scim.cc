// SCIM 2.0 (RFC 7644): what identity providers push people and groups by.
#include "base/json.h"
#include "base/text.h"
#include "manager/api/routes_identity.h"
#include "manager/api/scim_answer.h"
#include "manager/identity/identity.h"
#include "manager/identity/scim_directory.h"

namespace warder::manager {

namespace {

/// Of the provider that asks: names of places are as it reached us.
std::string base_of(const ApiRequest& request) {
  const std::string host(request.http.header("host"));
  const bool is_plain = !host.empty() && host.size() < 256 &&
                        host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
                            std::string::npos;
  return (is_plain ? "https://" + host : std::string()) + std::string(kScimPrefix);
}

ApiResponse scim_answer(const json::object& body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.headers["content-type"] = std::string(kScimType);
  response.raw_body = json::serialize(body);
  return response;
}

Result<scim::Selection> selection_of(const ApiRequest& request) {
  return scim::parse_selection(request.query("attributes").value_or(""),
                               request.query("excludedAttributes").value_or(""));
}

Result<scim::Query> query_of(const ApiRequest& request) {
  scim::Query query;
  if (const auto filter = request.query("filter")) query.filter = WD_TRY(scim::parse_filter(*filter));
  if (const auto sort_by = request.query("sortBy")) query.sort_by = WD_TRY(scim::parse_attribute(*sort_by));
  query.is_descending = request.query("sortOrder").value_or("") == "descending";
  query.start = std::max<std::int64_t>(1, request.query_int("startIndex", 1));
  query.count = std::clamp<std::int64_t>(request.query_int("count", scim::kDefaultCount), 0, scim::kMaxCount);
  return query;
}

/// One kind of resource, for the provider that the key is bound to.
class Resources {
 public:
  Resources(Identity& identity, const scim::Kind& kind) : identity_(identity), kind_(kind) {}

  Result<ApiResponse> list(const ApiRequest& request) {
    const scim::Selection selection = WD_TRY(selection_of(request));
    scim::Query query = WD_TRY(query_of(request));
    query.with_members = scim::shows(kind_, selection, "members");
    const ScimPage page =
        WD_TRY(directory().list(*request.scope, WD_TRY(provider(request)), kind_, query, base_of(request)));
    json::array resources;
    for (const json::object& resource : page.resources) resources.push_back(scim::select(kind_, resource, selection));
    return scim_answer(scim::list_response(page.total, query.start, std::move(resources)));
  }

  Result<ApiResponse> get(const ApiRequest& request) {
    const IdentityProvider from = WD_TRY(provider(request));
    const ScimRow row = WD_TRY(directory().find(*request.scope, from, kind_, id(request)));
    const std::string etag = scim_etag(row.version);
    for (const std::string_view each : split(request.http.header("if-none-match"), ',')) {
      if (trim(each) != etag) continue;
      ApiResponse unchanged;
      unchanged.status = 304;
      unchanged.headers["etag"] = etag;
      return unchanged;
    }
    return shown(request, from, row, 200);
  }

  Result<ApiResponse> create(const ApiRequest& request) {
    const IdentityProvider from = WD_TRY(provider(request));
    WD_TRY(selection_of(request));
    const ScimRow row = WD_TRY(directory().create(*request.scope, from, kind_, request.body.as_object()));
    return shown(request, from, row, 201);
  }

  Result<ApiResponse> replace(const ApiRequest& request) {
    const IdentityProvider from = WD_TRY(provider(request));
    WD_TRY(selection_of(request));
    const ScimRow row = WD_TRY(directory().replace(*request.scope, from, kind_, id(request),
                                                   request.http.header("if-match"), request.body.as_object()));
    return shown(request, from, row, 200);
  }

  Result<ApiResponse> patch(const ApiRequest& request) {
    const IdentityProvider from = WD_TRY(provider(request));
    WD_TRY(selection_of(request));
    const ScimRow row = WD_TRY(
        directory().patch(*request.scope, from, kind_, id(request), request.http.header("if-match"), request.body));
    return shown(request, from, row, 200);
  }

  Result<ApiResponse> remove(const ApiRequest& request) {
    WD_TRY(directory().remove(*request.scope, WD_TRY(provider(request)), kind_, id(request),
                              request.http.header("if-match")));
    ApiResponse response;
    response.status = 204;
    return response;
  }

 private:
  [[nodiscard]] ScimDirectory& directory() const { return identity_.scim_directory(); }
  Result<IdentityProvider> provider(const ApiRequest& request) const {
    return directory().provider_of(*request.scope, request.principal->provider);
  }
  static const std::string& id(const ApiRequest& request) { return request.path_parameter("id"); }

  Result<ApiResponse> shown(const ApiRequest& request, const IdentityProvider& from, const ScimRow& row, int status) {
    const std::string base = base_of(request);
    const auto groups = WD_TRY(directory().groups_of(*request.scope, from, kind_, row.id));
    const json::object document = scim_document(kind_, row, groups, base);
    ApiResponse response = scim_answer(scim::select(kind_, document, WD_TRY(selection_of(request))), status);
    response.headers["etag"] = scim_etag(row.version);
    response.headers["location"] = base + "/" + std::string(kind_.endpoint) + "/" + row.id;
    return response;
  }

  Identity& identity_;
  const scim::Kind& kind_;
};

json::object provider_config(const std::string& base) {
  return {
      {"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
      {"patch", json::object{{"supported", true}}},
      {"bulk", json::object{{"supported", false}, {"maxOperations", 0}, {"maxPayloadSize", 0}}},
      {"filter", json::object{{"supported", true}, {"maxResults", scim::kMaxCount}}},
      {"changePassword", json::object{{"supported", false}}},
      {"sort", json::object{{"supported", true}}},
      {"etag", json::object{{"supported", true}}},
      {"authenticationSchemes", json::array{json::object{{"type", "oauthbearertoken"},
                                                         {"name", "Bearer token"},
                                                         {"description", "An API key with the right scim:write"},
                                                         {"primary", true}}}},
      {"meta", json::object{{"resourceType", "ServiceProviderConfig"}, {"location", base + "/ServiceProviderConfig"}}}};
}

using Describe = json::object (*)(const scim::Kind&, const std::string&);

Result<ApiResponse> list_descriptions(const ApiRequest& request, Describe describe) {
  json::array all;
  for (const scim::Kind* kind : {&scim::user_kind(), &scim::group_kind()})
    all.push_back(describe(*kind, base_of(request)));
  const auto total = static_cast<std::int64_t>(all.size());
  return scim_answer(scim::list_response(total, 1, std::move(all)));
}

Result<ApiResponse> get_description(const ApiRequest& request, std::string_view name, Describe describe) {
  for (const scim::Kind* kind : {&scim::user_kind(), &scim::group_kind()}) {
    json::object one = describe(*kind, base_of(request));
    if (one.at("id").as_string() == std::string_view(request.path_parameter(name))) return scim_answer(one);
  }
  return fail(ErrorCode::NotFound, "no such description");
}

void add_resource_routes(Routes& routes, Identity& identity, const scim::Kind& kind) {
  const auto resources = std::make_shared<Resources>(identity, kind);
  const std::string name(kind.name);
  const auto add = [&](const std::string& id, Result<ApiResponse> (Resources::*handle)(const ApiRequest&)) {
    routes.add(id, [resources, handle](const ApiRequest& request) { return ((*resources).*handle)(request); });
  };
  add("listScim" + name + "s", &Resources::list);
  add("createScim" + name, &Resources::create);
  add("getScim" + name, &Resources::get);
  add("replaceScim" + name, &Resources::replace);
  add("patchScim" + name, &Resources::patch);
  add("deleteScim" + name, &Resources::remove);
}

}  // namespace

void add_scim_routes(Routes& routes, Identity& identity) {
  add_resource_routes(routes, identity, scim::user_kind());
  add_resource_routes(routes, identity, scim::group_kind());
  routes.add("getScimProviderConfig", [](const ApiRequest& request) -> Result<ApiResponse> {
    return scim_answer(provider_config(base_of(request)));
  });
  routes.add("listScimResourceTypes",
             [](const ApiRequest& request) { return list_descriptions(request, scim::resource_type_document); });
  routes.add("getScimResourceType",
             [](const ApiRequest& request) { return get_description(request, "type", scim::resource_type_document); });
  routes.add("listScimSchemas",
             [](const ApiRequest& request) { return list_descriptions(request, scim::schema_document); });
  routes.add("getScimSchema",
             [](const ApiRequest& request) { return get_description(request, "urn", scim::schema_document); });
}

}  // namespace warder::manager
