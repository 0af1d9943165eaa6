#include "manager/api/routes_searches.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

bool may_share(const ApiRequest& request) {
  return request.principal != nullptr && request.principal->may("searches:share");
}

json::object to_json(const SavedSearch& search, const TenantScope& scope) {
  return {{"id", search.id.text()},
          {"name", search.name},
          {"filter", search.filter},
          {"range", search.range},
          {"group_by", search.group_by},
          {"shared", search.is_shared},
          {"own", search.owner == scope.actor()},
          {"created", to_rfc3339(search.created)},
          {"etag", etag_of(search.version)}};
}

ApiResponse answer(const SavedSearch& search, const TenantScope& scope, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(search, scope);
  response.headers["etag"] = etag_of(search.version);
  return response;
}

Result<SavedSearchId> id_in(const ApiRequest& request) {
  return parse_id<SavedSearchId>(request.path_parameter("id")).in("id");
}

/// What the body has goes over what is there.
SavedSearchDraft read_draft(const json::object& body, SavedSearchDraft draft) {
  draft.name = text_in(body, "name", draft.name);
  draft.filter = text_in(body, "filter", draft.filter);
  draft.range = text_in(body, "range", draft.range);
  draft.group_by = text_in(body, "group_by", draft.group_by);
  if (body.contains("shared")) draft.is_shared = body.at("shared").as_bool();
  return draft;
}

Result<ApiResponse> update(SavedSearches& searches, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const SavedSearchId id = WD_TRY(id_in(request));
  const std::string etag(request.http.header("if-match"));
  const SavedSearch before = WD_TRY(searches.find(scope, id));
  const SavedSearchDraft draft = read_draft(
      request.body.as_object(), {before.name, before.filter, before.range, before.group_by, before.is_shared});
  const auto read = etag == "*" ? etag_of(before.version) : etag;
  return answer(WD_TRY(searches.update(scope, id, read, draft, may_share(request))), scope, 200);
}

}  // namespace

void add_search_routes(Routes& routes, SavedSearches& searches) {
  routes.add("listSavedSearches", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    const auto all = WD_TRY(searches.list(scope));
    return list_page(
        request, all, [](const SavedSearch& search) { return search.id.text(); },
        [&scope](const SavedSearch& search) { return to_json(search, scope); });
  });
  routes.add("createSavedSearch", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    const SavedSearchDraft draft = read_draft(request.body.as_object(), {});
    return answer(WD_TRY(searches.create(scope, draft, may_share(request))), scope, 201);
  });
  routes.add("getSavedSearch", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    return answer(WD_TRY(searches.find(scope, WD_TRY(id_in(request)))), scope, 200);
  });
  routes.add("updateSavedSearch", [&searches](const ApiRequest& request) { return update(searches, request); });
  routes.add("deleteSavedSearch", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(searches.remove(request.tenant_scope(), WD_TRY(id_in(request)), request.http.header("if-match"),
                           may_share(request)));
    ApiResponse response;
    response.status = 204;
    return response;
  });
}

}  // namespace warder::manager
