// What every new tenant begins with: limits, roles and policies.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "manager/identity/role_store.h"
#include "manager/policies/policies.h"
#include "manager/store/db.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenant_terms.h"

namespace warder::manager {

/// Absent: no limit.
struct TenantLimits {
  std::optional<std::int64_t> max_agents;
  std::optional<std::int64_t> max_users;
  std::optional<std::int64_t> max_events_per_day;
};

/// One for the whole installation. The document:
///   {"limits": {"max_agents": 100, …}, "event_partition": "day",
///    "roles": [{"name", "description", "rights": […]}, …],
///    "policies": [{"name", "description", "parent", "document": {…}}, …]}
/// `parent` is the name of an earlier one; without it a policy inherits from Base, and one that is called Base is the
/// document of that.
struct TenantTemplate {
  boost::json::object document;
  std::int64_t version = 0;  // 0: never set
  std::optional<Timestamp> modified;
  std::string modified_by;
};

/// As `etag_of` makes it.
std::string template_etag(const TenantTemplate& stored);

/// Invalid, with the place ("/policies/1/document/firewall/…"), when a new tenant could not be made of it.
Result<void> check_template(const boost::json::object& document);

TenantLimits template_limits(const boost::json::object& document);
std::string template_partition(const boost::json::object& document);
/// Makes its roles and policies in an empty tenant.
Result<void> apply_template(const boost::json::object& document, const TenantScope& scope, Roles& roles,
                            Policies& policies);

/// From the control database. One that was never set is empty.
Result<TenantTemplate> read_template(Db& control);
Result<void> write_template(Db& control, const TenantTemplate& stored);

}  // namespace warder::manager
