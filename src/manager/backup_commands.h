// warder-manager backup …: on the manager's host, beside a running manager or without one.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace warder::manager {

struct BackupArguments {
  std::string config;
  std::string directory;  // where backups go
  std::string file;       // one of them
  std::string root_key;   // a file; empty: the data directory's own
  std::string tenant;     // restore only this one
  std::int64_t keep = 0;  // how many backups stay; 0: all
  bool json = false;
};

/// Makes one, says so in the audit log, and removes the oldest beyond `keep`.
Result<void> backup_create(const BackupArguments& arguments);
Result<void> backup_verify(const BackupArguments& arguments);
/// Restores, opens what is there then, and verifies each tenant's audit log; the restore becomes an entry of the first
/// tenant's. Of a single tenant: into the manager that is there and does not serve meanwhile; an entry of the tenant's,
/// too.
Result<void> backup_restore(const BackupArguments& arguments);

}  // namespace warder::manager
