#include "manager/tenancy/tenant_zone.h"

namespace warder::manager {

Result<Calendar> tenant_calendar(Tenants& tenants, const TenantScope& scope) {
  std::string name = "UTC";
  {
    auto db = WD_TRY(tenants.config(scope).acquire());
    const StmtHandle statement = WD_TRY(db->prepare("SELECT zone FROM tenant_zone"));
    if (const Row* row = WD_TRY(statement->step())) name = row->text(0);
  }
  auto calendar = Calendar::of(name);
  return calendar ? std::move(calendar) : Calendar::of("UTC");
}

Result<void> set_tenant_zone(Db& transaction, std::string_view name) {
  WD_TRY(Calendar::of(name));
  WD_TRY(
      transaction.execute("INSERT INTO tenant_zone (one, zone) VALUES (1, ?1) "
                          "ON CONFLICT (one) DO UPDATE SET zone = excluded.zone",
                          {std::string(name)}));
  return {};
}

FeatureSchema tenant_zone_schema() {
  return {.feature = "tenant-zone",
          .migrations = {{1,
                          "create the tenant's time zone",
                          {"CREATE TABLE tenant_zone (one BIGINT NOT NULL, zone TEXT NOT NULL, PRIMARY KEY (one))"}}},
          .fields = {{"tenant_zone", "one", PersonalData::None}, {"tenant_zone", "zone", PersonalData::None}}};
}

}  // namespace warder::manager
