// One tenant of a backup in the place of the one that is there: docs/backup.md. No manager may serve meanwhile.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "manager/backup/backup.h"
#include "manager/tenancy/tenant_copy.h"

namespace warder::manager {

/// In the data directory while a tenant is restored: who finds it there at a start knows that it was interrupted.
inline constexpr std::string_view kTenantRestoring = "tenant.restoring";

/// A tenant's data beside the one in use. Removed at the end of this.
class StagedTenant {
 public:
  /// Reads the whole archive and keeps what is the tenant's (`name`: or id). NotFound when it is not in it; Invalid
  /// when the backup is of another store, of a version that could not do this, or when its server is not in `target`.
  static Result<std::unique_ptr<StagedTenant>> stage(const std::filesystem::path& file, crypto::KeyProvider& root,
                                                     const BackupSource& target, std::string_view name);
  ~StagedTenant();
  StagedTenant(const StagedTenant&) = delete;
  StagedTenant& operator=(const StagedTenant&) = delete;

  [[nodiscard]] const BackupContents& contents() const noexcept { return contents_; }
  [[nodiscard]] const TenantCopy& copy() const noexcept { return copy_; }
  /// Takes the place of the tenant's folder and schema: all of it, or an error and nothing.
  Result<void> move_in();

 private:
  StagedTenant(std::filesystem::path data, BackupContents contents, TenantCopy copy)
      : data_(std::move(data)), contents_(std::move(contents)), copy_(std::move(copy)) {}
  Result<void> prepare_database(const BackupSource& target);
  [[nodiscard]] std::filesystem::path staged() const { return data_ / kTenantRestoring; }

  const std::filesystem::path data_;
  const BackupContents contents_;
  const TenantCopy copy_;
  std::string owner_url_;  // of its database; empty: SQLite
};

}  // namespace warder::manager
