// For tests of features: a manager's data directory with one tenant.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "crypto/seal.h"
#include "manager/store/temporary_directory.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// Ends the test program when something fails.
class TestTenants {
 public:
  explicit TestTenants(std::vector<FeatureSchema> tenant_schemas, std::vector<FeatureSchema> control_schemas = {})
      : control_schemas_(std::move(control_schemas)), tenant_schemas_(std::move(tenant_schemas)) {
    reopen();
    tenant_ = tenants_->add(kFirstTenant, Timestamp{}).value().id;
  }

  /// As after a restart of the manager: what was returned before is gone.
  void reopen() {
    tenants_.reset();
    keys_ = crypto::make_sealed_file_provider((directory_.path() / "root.key").string()).value();
    tenants_ = Tenants::create({directory_.path(), control_schemas_, tenant_schemas_}, *keys_).value();
  }

  Tenants& operator*() const noexcept { return *tenants_; }
  Tenants* operator->() const noexcept { return tenants_.get(); }
  [[nodiscard]] TenantScope scope(const std::string& actor = "job:test") const {
    return ScopeMaker{*tenants_}.make(tenant_, actor).value();
  }
  [[nodiscard]] TenantScope scope_of(const TenantId& tenant) const {
    return ScopeMaker{*tenants_}.make(tenant, "job:test").value();
  }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  std::vector<FeatureSchema> control_schemas_;
  std::vector<FeatureSchema> tenant_schemas_;
  std::unique_ptr<crypto::KeyProvider> keys_;
  std::unique_ptr<Tenants> tenants_;
  TenantId tenant_;
};

}  // namespace warder::manager
