// Backup and restore of a whole manager with all its tenants: docs/backup.md. The key provider's root key is not in a
// backup, and without it nothing of one can be read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "manager/backup/archive.h"

namespace warder::manager {

/// A database of PostgreSQL with schemas of ours.
struct BackupDatabase {
  std::string name;  // of a further server; empty: the one with control data
  std::string owner_url;
};

/// A manager's data: a directory and, unless that has it all, databases of PostgreSQL.
struct BackupSource {
  std::filesystem::path data_directory;
  std::vector<BackupDatabase> databases;  // the one with control data first; none: SQLite files
  std::string control_schema = "warder_control";
  /// What the control database has of each tenant (tenancy/tenant_copy.h), for restoring one alone; may be absent.
  std::function<Result<std::string>()> tenants{};
};

/// The part that has it, the first.
inline constexpr std::string_view kTenantsPart = "tenants.json";

struct BackupContents {
  std::filesystem::path file;
  ArchiveHeader header;
  std::uint64_t bytes = 0;  // of the file
  std::vector<ArchivePart> parts;
};

/// Into a new file of `directory`, while managers run. Each SQLite file is of one moment, and so is each database of
/// PostgreSQL. What was written is read back and compared before the file gets its name. Conflict while another backup
/// of the same directory runs; Timeout when it was told to stop.
Result<BackupContents> create_backup(const BackupSource& source, const std::filesystem::path& directory,
                                     crypto::KeyProvider& root, Timestamp now, const std::stop_token& stop = {});
/// Reads and checks every byte; writes nothing. Timeout when it was told to stop.
Result<BackupContents> verify_backup(const std::filesystem::path& file, crypto::KeyProvider& root,
                                     const std::stop_token& stop = {});
/// Invalid when the backup is of another store.
Result<void> check_store(const ArchiveHeader& header, const std::filesystem::path& file, const BackupSource& target);
/// Into a data directory that is empty or not there, and databases without schemas of ours: else Conflict. Invalid when
/// the target lacks a database that the backup has. The directory is there whole at the end, or not at all.
/// `root_key_file` (may be empty) becomes its keys/root.key.
Result<BackupContents> restore_backup(const std::filesystem::path& file, crypto::KeyProvider& root,
                                      const BackupSource& target, const std::filesystem::path& root_key_file);
/// Those that `create_backup` made in this directory, the newest first.
Result<std::vector<std::filesystem::path>> list_backups(const std::filesystem::path& directory);
/// All but the `keep` newest that `create_backup` made in this directory; returns what was removed. Invalid for 0.
Result<std::vector<std::filesystem::path>> remove_old_backups(const std::filesystem::path& directory, std::size_t keep);

}  // namespace warder::manager
