// The tenants of this manager: their list in control.db, and for each its folder, its configuration database and its
// keys.
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

/// The schemas of all features, composed by main: control.db has one list, every tenant's config.db the other.
struct TenantsOptions {
  std::filesystem::path data_directory;
  std::vector<FeatureSchema> control_schemas;
  std::vector<FeatureSchema> tenant_schemas;
};

/// Thread-safe. Never forgets a tenant while it lives: what it returns by reference stays valid.
class Tenants {
 public:
  /// Opens or creates the data directory, migrates control.db and every tenant's config.db, and unwraps the keys.
  static Result<std::unique_ptr<Tenants>> create(TenantsOptions options, crypto::KeyProvider& keys);
  ~Tenants();
  Tenants(const Tenants&) = delete;
  Tenants& operator=(const Tenants&) = delete;

  /// Conflict when the name is taken; Invalid unless it is 1..63 of a-z, 0-9 and '-'.
  Result<Tenant> add(std::string_view name, Timestamp now);
  [[nodiscard]] std::vector<Tenant> list() const;
  [[nodiscard]] Result<Tenant> find(const TenantId& id) const;
  [[nodiscard]] Result<Tenant> find_by_name(std::string_view name) const;

  /// control.db, durable.
  [[nodiscard]] Pool& control() noexcept;
  /// The tenant's config.db, durable.
  [[nodiscard]] Pool& config(const TenantScope& scope) const;
  /// The tenant's folder: events' files live there too.
  [[nodiscard]] const std::filesystem::path& directory(const TenantScope& scope) const;

  /// Seals a column of the tenant's, e.g. contact data, under the tenant's data key.
  [[nodiscard]] Bytes seal_text(const TenantScope& scope, const SealedPlace& place, std::string_view text) const;
  /// Corrupt when the box is not the one sealed for this place.
  [[nodiscard]] Result<std::string> open_text(const TenantScope& scope, const SealedPlace& place, ByteView box) const;
  /// Equal texts give equal bytes, only within this tenant and column: for looking up sealed values.
  [[nodiscard]] Bytes blind_index(const TenantScope& scope, std::string_view column, std::string_view text) const;
  /// 32 bytes of the tenant's for one purpose, e.g. cursors.
  [[nodiscard]] Bytes derive_key(const TenantScope& scope, std::string_view purpose) const;

  /// The same for control.db: CA keys, ticket keys.
  [[nodiscard]] Bytes seal_control(const SealedPlace& place, ByteView secret) const;
  [[nodiscard]] Result<Bytes> open_control(const SealedPlace& place, ByteView box) const;

 private:
  struct Open;
  Tenants(TenantsOptions options, crypto::KeyProvider& keys);
  Result<void> load();
  Result<std::unique_ptr<Open>> open(const Tenant& tenant, crypto::DataKey key) const;
  const Open& at(const TenantScope& scope) const;

  const TenantsOptions options_;
  crypto::KeyProvider& keys_;
  Pool control_;
  std::unique_ptr<crypto::DataKey> control_key_;
  mutable std::shared_mutex mutex_;  // guards open_; its values never change
  std::map<TenantId, std::unique_ptr<Open>> open_;
};

/// control.db's tables of this feature; `create` puts it first itself.
FeatureSchema tenancy_control_schema();

}  // namespace warder::manager
