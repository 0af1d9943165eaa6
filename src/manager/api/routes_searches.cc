#include "manager/api/routes_searches.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

SearchRights rights_of(const ApiRequest& request) {
  const Principal* const asking = request.principal;
  if (asking == nullptr) return {[](std::string_view) { return false; }, false};
  return {[asking](std::string_view right) { return asking->may(right); }, asking->may("searches:share")};
}

json::object to_json(const SavedSearch& search, const TenantScope& scope) {
  const auto& [name, page, state, is_shared] = search.draft;
  const SearchPage* const known = find_search_page(page);
  return {{"id", search.id.text()},
          {"name", name},
          {"page", page},
          {"filter", state.filter},
          {"range", state.range},
          {"group_by", state.group_by},
          {"sort", state.sort},
          {"query", known == nullptr ? std::string() : write_query(*known, state)},
          {"shared", is_shared},
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

/// What the body has goes over what is there: a query over the whole state, the other members over the query.
Result<SavedSearchDraft> read_draft(const json::object& body, SavedSearchDraft draft) {
  draft.name = text_in(body, "name", draft.name);
  draft.page = text_in(body, "page", draft.page);
  if (body.contains("shared")) draft.is_shared = body.at("shared").as_bool();
  if (body.contains("query")) {
    const SearchPage* const page = find_search_page(draft.page);
    if (page == nullptr) return fail(ErrorCode::Invalid, "/page: there is no page '" + draft.page + "'");
    draft.state = WD_TRY(read_query(*page, text_in(body, "query")));
  }
  SearchState& state = draft.state;
  state.filter = text_in(body, "filter", state.filter);
  state.range = text_in(body, "range", state.range);
  state.group_by = text_in(body, "group_by", state.group_by);
  state.sort = text_in(body, "sort", state.sort);
  return draft;
}

Result<ApiResponse> update(SavedSearches& searches, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const SavedSearchId id = WD_TRY(id_in(request));
  const std::string etag(request.http.header("if-match"));
  const SavedSearch before = WD_TRY(searches.find(scope, id, rights_of(request)));
  const SavedSearchDraft draft = WD_TRY(read_draft(request.body.as_object(), before.draft));
  const auto read = etag == "*" ? etag_of(before.version) : etag;
  return answer(WD_TRY(searches.update(scope, id, read, draft, rights_of(request))), scope, 200);
}

}  // namespace

void add_search_routes(Routes& routes, SavedSearches& searches) {
  routes.add("listSavedSearches", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    const auto all = WD_TRY(searches.list(scope, request.query("page").value_or(""), rights_of(request)));
    return list_page(
        request, all, [](const SavedSearch& search) { return search.id.text(); },
        [&scope](const SavedSearch& search) { return to_json(search, scope); });
  });
  routes.add("createSavedSearch", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    const SavedSearchDraft draft = WD_TRY(read_draft(request.body.as_object(), {}));
    return answer(WD_TRY(searches.create(scope, draft, rights_of(request))), scope, 201);
  });
  routes.add("getSavedSearch", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope& scope = request.tenant_scope();
    return answer(WD_TRY(searches.find(scope, WD_TRY(id_in(request)), rights_of(request))), scope, 200);
  });
  routes.add("updateSavedSearch", [&searches](const ApiRequest& request) { return update(searches, request); });
  routes.add("deleteSavedSearch", [&searches](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(searches.remove(request.tenant_scope(), WD_TRY(id_in(request)), request.http.header("if-match"),
                           rights_of(request)));
    ApiResponse response;
    response.status = 204;
    return response;
  });
}

}  // namespace warder::manager
