// An installation's data in PostgreSQL: one schema and one role without a login for each tenant and for control data.
//
// Two logins: the owner's makes, migrates and drops schemas and their roles; the request path's owns nothing, inherits
// nothing and does every statement in the role of one schema.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/store/migrations.h"
#include "manager/store/pool.h"
#include "manager/store/postgres.h"
#include "model/ids.h"

namespace warder::manager {

struct DatabaseOptions {
  std::string url;        // empty: SQLite files
  std::string owner_url;  // the owner's login
  std::string control_schema = "warder_control";
};

/// One more server, for tenants' schemas; its logins and rights are as those of the first.
struct DatabaseServer {
  std::string name;  // kept with each of its tenants: it never changes
  std::string url;
  std::string owner_url;
};

/// Thread-safe.
class PostgresSchemas {
 public:
  /// Looks at both logins. Forbidden when the request path's could reach more than a role at a time: a superuser, the
  /// owner, a role that inherits or may make roles.
  static Result<std::unique_ptr<PostgresSchemas>> open(DatabaseOptions options);

  static std::string name_of(const TenantId& tenant);
  [[nodiscard]] const std::string& control() const noexcept { return control_; }

  /// Makes what is missing of role, schema, tables and rights, in this order; goes on where an earlier run ended.
  Result<void> provision(const std::string& schema, std::span<const FeatureSchema> features) const;
  /// The migrations that the schema lacks; changes nothing.
  [[nodiscard]] Result<std::vector<std::string>> pending(const std::string& schema,
                                                         std::span<const FeatureSchema> features) const;
  /// Drops schema and role with all that they hold.
  Result<void> drop(const std::string& schema) const;

  /// Connections in the schema's role. `turn`: see PostgresPin.
  [[nodiscard]] std::unique_ptr<Pool> pool(const std::string& schema, PostgresPin pin = {}) const;
  /// Connections of the owner in the schema: for making and dropping partitions.
  [[nodiscard]] std::unique_ptr<Pool> owner_pool(const std::string& schema) const;

 private:
  PostgresSchemas(std::shared_ptr<PostgresServer> server, std::shared_ptr<PostgresServer> owner, std::string control,
                  std::string login);

  const std::shared_ptr<PostgresServer> server_;
  const std::shared_ptr<PostgresServer> owner_;
  const std::string control_;
  const std::string login_;  // of the request path
};

}  // namespace warder::manager
