#include "manager/api/routes_content.h"

#include "manager/api/fleet_json.h"

namespace warder::manager {

json::object pack_to_json(const ContentPack& pack) {
  return {{"digest", pack.digest}, {"name", pack.name},     {"version", pack.version},
          {"bytes", pack.bytes},   {"signer", pack.signer}, {"imported", to_rfc3339(pack.imported)},
          {"active", pack.active}};
}

void add_content_routes(Routes& routes, Content& content) {
  routes.add("listContent", [&content](const ApiRequest& request) -> Result<ApiResponse> {
    const PageRequest page = page_request(request);
    ContentPage found = WD_TRY(content.list(request.tenant_scope(), page.limit, page.cursor));
    return page_response(Page<ContentPack>{std::move(found.items), std::move(found.next_cursor)}, pack_to_json);
  });
  routes.add("importContent", [&content](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(
        201, pack_to_json(WD_TRY(content.import_pack(request.tenant_scope(), as_bytes(request.http.body)))));
  });
  routes.add("activateContent", [&content](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(
        200, pack_to_json(WD_TRY(content.activate(request.tenant_scope(), request.path_parameter("digest")))));
  });
}

}  // namespace warder::manager
