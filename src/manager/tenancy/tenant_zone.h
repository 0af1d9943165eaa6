// The time zone that a tenant lives in: where its days begin. UTC until somebody says otherwise.
#pragma once

#include "manager/tenancy/calendar.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// UTC as well when the host's database no longer has the one that was set.
Result<Calendar> tenant_calendar(Tenants& tenants, const TenantScope& scope);
/// In the caller's transaction on the tenant's configuration. Invalid for a zone that the host does not know.
Result<void> set_tenant_zone(Db& transaction, std::string_view name);

/// The table of config.db.
FeatureSchema tenant_zone_schema();

}  // namespace warder::manager
