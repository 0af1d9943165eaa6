// From an archive to a data directory, all or nothing.
#include <algorithm>
#include <optional>
#include <system_error>

#include "manager/backup/backup.h"
#include "manager/backup/postgres_tools.h"
#include "manager/backup/staging.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

Result<void> check_empty(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error) && !error) return {};
  if (!error && fs::is_directory(directory, error) && fs::is_empty(directory, error)) return {};
  if (error) return fail_errno(directory.string(), error.value());
  return fail(ErrorCode::Conflict, directory.string() + ": is not empty; restore into a new data directory");
}

/// `staged` takes the place of the empty directory.
Result<void> move_into_place(const fs::path& staged, const fs::path& directory) {
  std::error_code error;
  // rename(2) replaces an empty directory and no other.
  fs::rename(staged, directory, error);
  if (error) return fail_errno(directory.string(), error.value());
  return sync_folder(directory.parent_path());
}

Result<void> place_root_key(const fs::path& staged, const fs::path& root_key_file) {
  WD_TRY(make_folders(staged, staged / "keys"));
  if (root_key_file.empty()) return {};
  const std::string key = WD_TRY(read_file(root_key_file, 4096));
  return write_file_atomically(staged / "keys" / "root.key", key);
}

/// Each dump that was staged goes into its database, and away.
Result<void> restore_databases(const fs::path& staged, const BackupSource& target,
                               const std::vector<ArchivePart>& parts) {
  std::vector<std::string> dumps;
  for (const ArchivePart& part : parts) {
    if (part.name.starts_with("postgresql.") && part.name.ends_with(".dump")) dumps.push_back(part.name);
  }
  for (const std::string& dump : dumps) {
    const bool is_known = std::ranges::any_of(
        target.databases, [&](const BackupDatabase& database) { return dump_name(database) == dump; });
    if (!is_known)
      return fail(ErrorCode::Invalid, dump + ": the settings have no such server; name it in database_servers");
  }
  for (const BackupDatabase& database : target.databases) {
    if (std::ranges::find(dumps, dump_name(database)) == dumps.end()) continue;
    const fs::path dump = staged / dump_name(database);
    WD_TRY(restore_schemas({database.owner_url, target.control_schema}, dump));
    std::error_code error;
    if (!fs::remove(dump, error)) return fail_errno(dump.string(), error.value());
  }
  return {};
}

}  // namespace

Result<void> check_store(const ArchiveHeader& header, const fs::path& file, const BackupSource& target) {
  const std::string_view wanted = target.databases.empty() ? "sqlite" : "postgresql";
  if (header.store == wanted) return {};
  return fail(ErrorCode::Invalid, file.string() + ": made of " + header.store + ", and the settings name " +
                                      std::string{wanted} + ": set database_url accordingly");
}

Result<BackupContents> restore_backup(const fs::path& file, crypto::KeyProvider& root, const BackupSource& target,
                                      const fs::path& root_key_file) {
  const auto reader = WD_TRY(ArchiveReader::open(file, root));
  WD_TRY(check_store(reader->header(), file, target));
  fs::path directory = fs::absolute(target.data_directory).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  WD_TRY(check_empty(directory));
  for (const BackupDatabase& database : target.databases)
    WD_TRY(check_no_schemas({database.owner_url, target.control_schema}));
  // What an interrupted restore left behind.
  const fs::path staged = directory.string() + ".restoring";
  std::error_code error;
  fs::remove_all(staged, error);
  if (error) return fail_errno(staged.string(), error.value());
  auto restored = [&]() -> Result<BackupContents> {
    WD_TRY(make_folders(staged, staged));
    Folder folder(staged);
    // By itself: GCC 12 leaks what is there of a braced list when one of its values returns.
    std::vector<ArchivePart> parts = WD_TRY(reader->read(folder));
    BackupContents contents{file, reader->header(), 0, std::move(parts)};
    contents.bytes = fs::file_size(file, error);
    WD_TRY(place_root_key(staged, root_key_file));
    WD_TRY(restore_databases(staged, target, contents.parts));
    WD_TRY(move_into_place(staged, directory));
    return contents;
  }();
  if (!restored) fs::remove_all(staged, error);
  return restored;
}

}  // namespace warder::manager
