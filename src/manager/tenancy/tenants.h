// The tenants of this manager: their list in the control database, and for each its folder, its configuration database
// and its keys. Databases are SQLite files (control.db, config.db) or schemas of PostgreSQL.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "manager/store/migrations.h"
#include "manager/store/pool.h"
#include "manager/tenancy/key_ring.h"
#include "manager/tenancy/postgres_schemas.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenant_terms.h"
#include "model/ids.h"

namespace warder::crypto {
class KeyProvider;
}  // namespace warder::crypto

namespace warder::manager {

class KeyStore;

inline constexpr std::string_view kFirstTenant = "primary";

struct Tenant {
  TenantId id;
  std::string name;
  Timestamp created;
  TenantTerms terms;
};

/// The schemas of all features, composed by main: the control database has one list, every tenant's configuration the
/// other.
struct TenantsOptions {
  std::filesystem::path data_directory;
  std::vector<FeatureSchema> control_schemas;
  std::vector<FeatureSchema> tenant_schemas;
  DatabaseOptions database{};
  std::vector<DatabaseServer> servers{};  // further ones, for tenants only
  Timestamp now{};                        // of the start: of keys that it makes
};

/// Where a database stands: what the program would still apply to it.
struct DatabaseState {
  std::string name;  // "control", "tenant acme"
  std::vector<std::string> missing;
};

/// What was destroyed with a tenant: a receipt (KeyReceipt in key_store.h) for the audit log.
struct ErasedTenant {
  TenantId id;
  std::vector<std::string> keys;  // "<key id>/<epoch>"
  Timestamp destroyed{};
  std::string digest{};
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

  /// Conflict when the name is taken; Invalid unless it is 1..63 of a-z, 0-9 and '-'. Without a database server in
  /// `terms`: the one with the fewest tenants.
  Result<Tenant> add(std::string_view name, Timestamp now, TenantTerms terms = {});
  /// Reads, changes and writes in one transaction. Forbidden for the first tenant's status; Invalid for a change of
  /// status to or from Deleted, or of the server.
  Result<Tenant> change_terms(const TenantId& id, const std::function<Result<void>(TenantTerms&)>& change);
  /// Destroys its keys and what the control database has of it (rows of any table with a tenant_id), then its data, for
  /// good; for a tenant that is deleted already, its data again and the receipt of then. Conflict unless its deletion
  /// is due. Other managers hold the unwrapped keys until their next `refresh`.
  Result<ErasedTenant> erase(const TenantId& id, Timestamp now);
  /// Takes over what other managers did to the list and to the keys.
  Result<void> refresh();
  /// Forbidden, with the reason, while the tenant is suspended.
  [[nodiscard]] Result<void> check_served(const TenantId& id) const;

  /// Without deleted ones.
  [[nodiscard]] std::vector<Tenant> list() const;
  [[nodiscard]] Result<Tenant> find(const TenantId& id) const;
  [[nodiscard]] Result<Tenant> find_by_name(std::string_view name) const;

  /// The control database, durable.
  [[nodiscard]] Pool& control() noexcept;
  /// The tenant's configuration, durable.
  [[nodiscard]] Pool& config(const TenantScope& scope) const;
  /// The schemas of the PostgreSQL server that has the tenant's; nullptr when all is in SQLite files.
  [[nodiscard]] const PostgresSchemas* postgres(const TenantScope& scope) const;
  /// The tenant's folder: events' files live there too, unless they are in PostgreSQL.
  [[nodiscard]] const std::filesystem::path& directory(const TenantScope& scope) const;

  /// The schemas of every tenant's configuration and of the control database.
  [[nodiscard]] const std::vector<FeatureSchema>& tenant_schemas() const noexcept { return options_.tenant_schemas; }
  [[nodiscard]] const std::vector<FeatureSchema>& control_schemas() const noexcept { return options_.control_schemas; }
  /// The keys that the following seal with.
  [[nodiscard]] KeyStore& keys() const noexcept { return *keys_; }

  /// Seals a column of the tenant's, e.g. contact data, under the key of the column's class. Declare the column as
  /// sealed (StoredField::sealed_row), or rotation leaves it behind.
  [[nodiscard]] Bytes seal_text(const TenantScope& scope, const SealedPlace& place, std::string_view text) const;
  /// Corrupt when the box is not the one sealed for this place.
  [[nodiscard]] Result<std::string> open_text(const TenantScope& scope, const SealedPlace& place, ByteView box) const;
  /// Equal texts give equal bytes, only within this tenant and column: for looking up sealed values.
  [[nodiscard]] Bytes blind_index(const TenantScope& scope, std::string_view column, std::string_view text) const;
  /// 32 bytes of the tenant's for one purpose, e.g. cursors; the same after every rotation of keys.
  [[nodiscard]] Bytes derive_key(const TenantScope& scope, std::string_view purpose) const;

  /// The same for the control database: CA keys, ticket keys.
  [[nodiscard]] Bytes seal_control(const SealedPlace& place, ByteView secret) const;
  [[nodiscard]] Result<Bytes> open_control(const SealedPlace& place, ByteView box) const;

 private:
  struct Open;
  /// By the name of the server; "" is that of the control database. Empty: SQLite.
  using Servers = std::map<std::string, std::unique_ptr<PostgresSchemas>, std::less<>>;
  Tenants(TenantsOptions options, crypto::KeyProvider& keys, Servers servers);
  static Result<Servers> open_servers(const TenantsOptions& options);
  Result<void> load();
  Result<void> load_control_keys(Db& control);
  Result<void> load_tenant(Db& control, const Tenant& tenant);
  Result<void> drop_data(const Tenant& tenant) const;
  [[nodiscard]] Result<const PostgresSchemas*> server_of(const TenantTerms& terms) const;
  [[nodiscard]] std::string emptiest_server() const;
  Result<std::unique_ptr<Open>> open(const Tenant& tenant) const;
  const Open& at(const TenantScope& scope) const;

  const TenantsOptions options_;
  const Servers servers_;
  const std::unique_ptr<Pool> control_;
  const std::unique_ptr<KeyStore> keys_;
  const KeyClasses tenant_classes_;
  const KeyClasses control_classes_;
  mutable std::shared_mutex mutex_;  // guards open_ and its tenants' terms; the other values never change
  std::map<TenantId, std::unique_ptr<Open>> open_;
};

/// The control tables of this feature; `create` puts it first itself.
FeatureSchema tenancy_control_schema();

}  // namespace warder::manager
