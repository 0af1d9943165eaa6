#include "manager/api/routes_system.h"

#include "base/json.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

void add_system_routes(Routes& routes, const Tenants& tenants, const host::Clock& clock) {
  routes.add("getSystem", [&tenants, &clock](const ApiRequest& request) -> Result<ApiResponse> {
    const Tenant tenant = WD_TRY(tenants.find(request.scope->tenant()));
    ApiResponse response;
    response.body = json::object{{"version", WARDER_VERSION},
                                 {"time", to_rfc3339(clock.now())},
                                 {"tenant", {{"id", tenant.id.text()}, {"name", tenant.name}}},
                                 {"store", tenants.postgres(*request.scope) != nullptr ? "postgresql" : "sqlite"}};
    return response;
  });
}

}  // namespace warder::manager
