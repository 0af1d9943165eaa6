// The tenants of this manager: their list in the control database, and for each its folder, its configuration database
// and its keys. Databases are SQLite files (control.db, config.db) or schemas of PostgreSQL.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "manager/store/migrations.h"
#include "manager/store/pool.h"
#include "manager/tenancy/postgres_schemas.h"
#include "manager/tenancy/tenant_scope.h"
#include "model/ids.h"

namespace warder::manager {

inline constexpr std::string_view kFirstTenant = "primary";

struct Tenant {
  TenantId id;
  std::string name;
  Timestamp created;
};

/// Where a sealed value is stored; moved elsewhere, it does not open.
struct SealedPlace {
  std::string_view table;
  std::string_view row;  // the text of the row's key
  std::string_view column;
};

/// The schemas of all features, composed by main: the control database has one list, every tenant's configuration the
/// other.
struct TenantsOptions {
  std::filesystem::path data_directory;
  std::vector<FeatureSchema> control_schemas;
  std::vector<FeatureSchema> tenant_schemas;
  DatabaseOptions database{};
};

/// Where a database stands: what the program would still apply to it.
struct DatabaseState {
  std::string name;  // "control", "tenant acme"
  std::vector<std::string> missing;
};

/// Thread-safe. Never forgets a tenant while it lives: what it returns by reference stays valid.
class Tenants {
 public:
  /// Opens or creates the data directory, migrates the control database and every tenant's, and unwraps the keys.
  static Result<std::unique_ptr<Tenants>> create(TenantsOptions options, crypto::KeyProvider& keys);
  /// What `create` would apply, database by database, without applying any of it. NotFound before the first `create`.
  static Result<std::vector<DatabaseState>> rehearse(const TenantsOptions& options);
  ~Tenants();
  Tenants(const Tenants&) = delete;
  Tenants& operator=(const Tenants&) = delete;

  /// Conflict when the name is taken; Invalid unless it is 1..63 of a-z, 0-9 and '-'.
  Result<Tenant> add(std::string_view name, Timestamp now);
  [[nodiscard]] std::vector<Tenant> list() const;
  [[nodiscard]] Result<Tenant> find(const TenantId& id) const;
  [[nodiscard]] Result<Tenant> find_by_name(std::string_view name) const;

  /// The control database, durable.
  [[nodiscard]] Pool& control() noexcept;
  /// The tenant's configuration, durable.
  [[nodiscard]] Pool& config(const TenantScope& scope) const;
  /// PostgreSQL's schemas; nullptr when all is in SQLite files.
  [[nodiscard]] const PostgresSchemas* postgres() const noexcept { return postgres_.get(); }
  /// The tenant's folder: events' files live there too, unless they are in PostgreSQL.
  [[nodiscard]] const std::filesystem::path& directory(const TenantScope& scope) const;

  /// Seals a column of the tenant's, e.g. contact data, under the tenant's data key.
  [[nodiscard]] Bytes seal_text(const TenantScope& scope, const SealedPlace& place, std::string_view text) const;
  /// Corrupt when the box is not the one sealed for this place.
  [[nodiscard]] Result<std::string> open_text(const TenantScope& scope, const SealedPlace& place, ByteView box) const;
  /// Equal texts give equal bytes, only within this tenant and column: for looking up sealed values.
  [[nodiscard]] Bytes blind_index(const TenantScope& scope, std::string_view column, std::string_view text) const;
  /// 32 bytes of the tenant's for one purpose, e.g. cursors.
  [[nodiscard]] Bytes derive_key(const TenantScope& scope, std::string_view purpose) const;

  /// The same for the control database: CA keys, ticket keys.
  [[nodiscard]] Bytes seal_control(const SealedPlace& place, ByteView secret) const;
  [[nodiscard]] Result<Bytes> open_control(const SealedPlace& place, ByteView box) const;

 private:
  struct Open;
  Tenants(TenantsOptions options, crypto::KeyProvider& keys, std::unique_ptr<PostgresSchemas> postgres);
  Result<void> load();
  Result<std::unique_ptr<Open>> open(const Tenant& tenant, crypto::DataKey key) const;
  const Open& at(const TenantScope& scope) const;

  const TenantsOptions options_;
  crypto::KeyProvider& keys_;
  const std::unique_ptr<PostgresSchemas> postgres_;
  const std::unique_ptr<Pool> control_;
  std::unique_ptr<crypto::DataKey> control_key_;
  mutable std::shared_mutex mutex_;  // guards open_; its values never change
  std::map<TenantId, std::unique_ptr<Open>> open_;
};

/// The control tables of this feature; `create` puts it first itself.
FeatureSchema tenancy_control_schema();

}  // namespace warder::manager
