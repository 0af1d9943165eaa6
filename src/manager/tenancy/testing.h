// For tests of features: a manager's data directory with one tenant. WARDER_TEST_DATABASE=postgres in the environment
// puts its data into PostgreSQL.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/key_provider.h"
#include "manager/store/temporary_directory.h"
#include "manager/store/testing/postgres_server.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

inline bool is_on_postgres() {
  const char* database = std::getenv("WARDER_TEST_DATABASE");
  return database != nullptr && std::string_view{database} == "postgres";
}

/// Ends the test program when something fails.
class TestTenants {
 public:
  explicit TestTenants(std::vector<FeatureSchema> tenant_schemas, std::vector<FeatureSchema> control_schemas = {})
      : control_schemas_(std::move(control_schemas)), tenant_schemas_(std::move(tenant_schemas)) {
    if (is_on_postgres()) {
      TestPostgres& server = TestPostgres::instance();
      database_ = {server.conninfo(), server.conninfo("warder_owner"), server.make_name()};
    }
    reopen();
    tenant_ = tenants_->add(kFirstTenant, Timestamp{}).value().id;
  }

  [[nodiscard]] TenantsOptions options(std::vector<FeatureSchema> tenant_schemas) const {
    return {directory_.path(), control_schemas_, std::move(tenant_schemas), database_, servers_};
  }

  /// On PostgreSQL only: a second server, "second", from the next `reopen` on.
  void add_server() {
    TestPostgres& server = TestPostgres::another();
    servers_ = {{"second", server.conninfo(), server.conninfo("warder_owner")}};
  }

  /// Another manager's view of the same data.
  [[nodiscard]] std::unique_ptr<Tenants> another_manager() const {
    return Tenants::create(options(tenant_schemas_), *keys_).value();
  }

  [[nodiscard]] crypto::KeyProvider& keys() const noexcept { return *keys_; }

  /// As after a restart of the manager: what was returned before is gone.
  void reopen() {
    tenants_.reset();
    keys_ = crypto::make_sealed_file_provider((directory_.path() / "root.key").string()).value();
    tenants_ = Tenants::create(options(tenant_schemas_), *keys_).value();
  }

  Tenants& operator*() const noexcept { return *tenants_; }
  Tenants* operator->() const noexcept { return tenants_.get(); }
  [[nodiscard]] TenantScope scope(const std::string& actor = "job:test") const {
    return ScopeMaker{*tenants_}.make(tenant_, actor).value();
  }
  [[nodiscard]] TenantScope scope_of(const TenantId& tenant) const {
    return ScopeMaker{*tenants_}.make(tenant, "job:test").value();
  }
  /// What the request path may not do to the tenant's configuration: changes of tables.
  void alter(const std::string& sql) const {
    const std::string schema = PostgresSchemas::name_of(tenant_);
    const auto pool = is_on_postgres() ? tenants_->postgres(scope())->owner_pool(schema) : nullptr;
    auto db = pool ? pool->acquire().value() : tenants_->config(scope()).acquire().value();
    db->execute(sql).value();
  }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  std::vector<FeatureSchema> control_schemas_;
  std::vector<FeatureSchema> tenant_schemas_;
  DatabaseOptions database_;
  std::vector<DatabaseServer> servers_;
  std::unique_ptr<crypto::KeyProvider> keys_;
  std::unique_ptr<Tenants> tenants_;
  TenantId tenant_;
};

}  // namespace warder::manager
