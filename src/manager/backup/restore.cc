// From an archive to a data directory, all or nothing.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "manager/backup/backup.h"
#include "manager/backup/postgres_tools.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

/// A path that stays in the directory, of names that we give: an archive is authentic, but may be an attacker's own.
bool is_inside(const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute()) return false;
  return std::ranges::all_of(path, [](const fs::path& step) {
    const std::string text = step.string();
    return !text.empty() && text != "." && text != ".." &&
           text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
               std::string::npos;
  });
}

Result<void> make_folders(const fs::path& root, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  for (fs::path each = folder; !error && each != root.parent_path() && each != each.parent_path();
       each = each.parent_path())
    fs::permissions(each, fs::perms::owner_all, error);
  if (error) return fail_errno(folder.string(), error.value());
  return {};
}

Result<void> sync_folder(const fs::path& folder) {
  const UniqueFd file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!file.is_open() || ::fsync(file.get()) != 0) return fail_errno(folder.string(), errno);
  return {};
}

/// Parts become files of a folder.
class Folder final : public ArchiveSink {
 public:
  explicit Folder(fs::path root) : root_(std::move(root)) {}

  Result<void> begin_part(const std::string& name) override {
    if (!is_inside(name)) return fail(ErrorCode::Corrupt, name + ": not a name of a manager's file");
    path_ = root_ / name;
    WD_TRY(make_folders(root_, path_.parent_path()));
    file_ = UniqueFd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file_.is_open()) return fail_errno(path_.string(), errno);
    return {};
  }
  Result<void> write(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail_errno(path_.string(), errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
  Result<void> end_part(const ArchivePart& /*part*/) override {
    if (::fsync(file_.get()) != 0) return fail_errno(path_.string(), errno);
    file_.reset();
    return sync_folder(path_.parent_path());
  }

 private:
  const fs::path root_;
  fs::path path_;
  UniqueFd file_;
};

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

Result<BackupContents> restore_backup(const fs::path& file, crypto::KeyProvider& root, const BackupSource& target,
                                      const fs::path& root_key_file) {
  const auto reader = WD_TRY(ArchiveReader::open(file, root));
  const std::string_view wanted = target.databases.empty() ? "sqlite" : "postgresql";
  if (reader->header().store != wanted)
    return fail(ErrorCode::Invalid, file.string() + ": made of " + reader->header().store + ", and the settings name " +
                                        std::string{wanted} + ": set database_url accordingly");
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
