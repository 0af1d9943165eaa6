#include "manager/api/routes_dashboards.h"

#include <boost/json/array.hpp>

#include "base/json.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

ApiResponse answer(const Dashboard& dashboard) {
  ApiResponse response;
  response.body = json::object{{"tabs", dashboard.tabs}, {"etag", etag_of(dashboard.version)}};
  response.headers["etag"] = etag_of(dashboard.version);
  return response;
}

}  // namespace

void add_dashboard_routes(Routes& routes, Dashboards& dashboards) {
  routes.add("getDashboard", [&dashboards](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(WD_TRY(dashboards.find(request.tenant_scope(), request.principal->user)));
  });
  routes.add("setDashboard", [&dashboards](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(
        WD_TRY(dashboards.save(request.tenant_scope(), request.principal->user, request.http.header("if-match"),
                               request.body.as_object().at("tabs").as_array())));
  });
}

}  // namespace warder::manager
