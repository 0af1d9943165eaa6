#include "manager/trust/tenant_notice.h"

#include "base/json.h"

namespace warder::manager {

json::object tenant_notice(json::object notice, const CollectionRules& rules, const EventRetention& retention) {
  for (json::value& each : notice.at("modules").as_array()) {
    json::object& module = each.as_object();
    const auto kind = parse_module(std::string_view(module.at("module").as_string()));
    if (!kind) continue;  // the inventory has no events
    module["kept_days"] = retention.of(*kind).count();
    for (json::value& field : module.at("fields").as_array()) {
      json::object& row = field.as_object();
      row["treatment"] = name(rules.of(*kind, std::string_view(row.at("field").as_string())));
    }
  }
  return notice;
}

}  // namespace warder::manager
