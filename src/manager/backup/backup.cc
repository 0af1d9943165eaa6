#include "manager/backup/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>

#include "base/random.h"
#include "manager/backup/postgres_tools.h"
#include "manager/backup/restore_tenant.h"
#include "manager/store/sqlite_copy.h"
#include "manager/tenancy/tenant_copy.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRead = 1 << 20;
constexpr std::string_view kPrefix = "warder-";
constexpr std::string_view kSuffix = ".backup";
// In the data directory, and in no backup.
constexpr std::string_view kKeys = "keys";
constexpr std::string_view kLock = "backup.lock";
constexpr std::string_view kScratch = "backup.tmp";
constexpr std::string_view kOwn[] = {kKeys, kScratch, kLock, "in-use.lock", kTenantRestoring};

/// One backup of a directory at a time. What an interrupted one left behind goes with the next.
class Scratch {
 public:
  static Result<Scratch> make(const fs::path& data) {
    const fs::path lock = data / kLock;
    UniqueFd file{::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file.is_open()) return fail_errno(lock.string(), errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
      return fail(ErrorCode::Conflict, data.string() + ": another backup runs");
    const fs::path folder = data / kScratch;
    std::error_code error;
    fs::remove_all(folder, error);
    if (!error) fs::create_directory(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return fail_errno(folder.string(), error.value());
    return Scratch(std::move(file), folder);
  }
  Scratch(Scratch&&) noexcept = default;
  Scratch& operator=(Scratch&&) = delete;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (lock_.is_open()) fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] fs::path file() const { return folder_ / "part"; }

 private:
  Scratch(UniqueFd lock, fs::path folder) : lock_(std::move(lock)), folder_(std::move(folder)) {}
  UniqueFd lock_;
  fs::path folder_;
};

Result<void> check_goes_on(const std::stop_token& stop) {
  return stop.stop_requested() ? Result<void>{fail(ErrorCode::Timeout, "interrupted: the program ends")}
                               : Result<void>{};
}

Result<void> copy_into(ArchiveWriter& archive, const fs::path& file, const std::string& name,
                       const std::stop_token& stop) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::Unavailable, file.string() + ": cannot be read");
  WD_TRY(archive.begin_part(name));
  Bytes buffer(kRead);
  while (in) {
    WD_TRY(check_goes_on(stop));
    in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
    WD_TRY(archive.write(ByteView{buffer}.first(static_cast<std::size_t>(in.gcount()))));
  }
  if (in.bad()) return fail(ErrorCode::Unavailable, file.string() + ": cannot be read");
  return archive.end_part();
}

/// The control database first: a tenant that it names has its files; one that is made meanwhile is in the next backup.
std::vector<fs::path> files_of(const fs::path& data) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(data, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    const fs::path name = entry->path().lexically_relative(data);
    const std::string top = name.begin()->string();
    if (std::ranges::find(kOwn, top) != std::end(kOwn)) {
      entry.disable_recursion_pending();
      continue;
    }
    const std::string text = name.string();
    const bool is_sqlites_own = text.ends_with(".db-wal") || text.ends_with(".db-shm") || text.ends_with(".db-journal");
    if (entry->is_regular_file() && !entry->is_symlink() && !is_sqlites_own) files.push_back(name);
  }
  std::ranges::sort(files, {}, [](const fs::path& name) { return std::pair{name != "control.db", name.string()}; });
  return files;
}

Result<void> copy_files(ArchiveWriter& archive, const fs::path& data, const Scratch& scratch,
                        const std::stop_token& stop) {
  for (const fs::path& name : files_of(data)) {
    WD_TRY(check_goes_on(stop));
    const bool is_database = name.extension() == ".db";
    std::error_code ignored;
    if (is_database) {
      const auto copied = copy_sqlite(data / name, scratch.file());
      // Its month was past the retention while we were at others.
      if (!copied && copied.error().code == ErrorCode::NotFound) continue;
      WD_TRY(Result<void>{copied});
    }
    WD_TRY(copy_into(archive, is_database ? scratch.file() : data / name, name.string(), stop));
    if (is_database) fs::remove(scratch.file(), ignored);
  }
  return {};
}

Result<void> copy_database(ArchiveWriter& archive, const BackupSource& source, const BackupDatabase& database,
                           const Scratch& scratch, const std::stop_token& stop) {
  const SchemasOf schemas{database.owner_url, source.control_schema};
  // A further server that has no tenant yet.
  if (!database.name.empty() && !WD_TRY(has_schemas(schemas))) return {};
  WD_TRY(dump_schemas(schemas, scratch.file()));
  WD_TRY(copy_into(archive, scratch.file(), dump_name(database), stop));
  std::error_code ignored;
  fs::remove(scratch.file(), ignored);
  return {};
}

Result<std::string> copy_tenants_part(ArchiveWriter& archive, const BackupSource& source) {
  if (!source.tenants) return std::string{};
  std::string text = WD_TRY(source.tenants());
  WD_TRY(archive.begin_part(std::string{kTenantsPart}));
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kRead)))
    WD_TRY(archive.write(as_bytes(rest.substr(0, kRead))));
  WD_TRY(archive.end_part());
  return text;
}

/// Databases are copied one after the other: what was sealed meanwhile under a key made meanwhile would not open.
Result<void> check_keys(const BackupSource& source, const std::string& before) {
  if (!source.tenants || !WD_TRY(has_newer_keys(before, WD_TRY(source.tenants())))) return {};
  return fail(ErrorCode::Conflict, "keys were rotated while the backup was made; make it again");
}

/// Reads without keeping.
class Discard final : public ArchiveSink {
 public:
  explicit Discard(std::stop_token stop) : stop_(std::move(stop)) {}
  Result<void> begin_part(const std::string& /*name*/) override { return {}; }
  Result<void> write(ByteView /*bytes*/) override { return check_goes_on(stop_); }
  Result<void> end_part(const ArchivePart& /*part*/) override { return {}; }

 private:
  const std::stop_token stop_;
};

constexpr std::size_t kTime = 16;
/// "20261127T091500Z".
std::string compact(Timestamp time) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(time)).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

bool is_backup_name(const std::string& name) {
  constexpr std::size_t kId = 8;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return false;
  const std::string_view middle =
      std::string_view{name}.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  return middle.size() == kTime + 1 + kId && middle[kTime] == '-' && middle[kTime - 1] == 'Z' &&
         middle.find_first_not_of("0123456789TZabcdef-") == std::string_view::npos;
}

}  // namespace

Result<BackupContents> create_backup(const BackupSource& source, const fs::path& directory, crypto::KeyProvider& root,
                                     Timestamp now, const std::stop_token& stop) {
  const Scratch scratch = WD_TRY(Scratch::make(source.data_directory));
  const std::string id = to_hex(random_bytes(16));
  const ArchiveHeader header{id, now, WARDER_VERSION, source.databases.empty() ? "sqlite" : "postgresql", root.name()};
  const fs::path file =
      directory / (std::string{kPrefix} + compact(now) + "-" + id.substr(0, 8) + std::string{kSuffix});
  const auto archive = WD_TRY(ArchiveWriter::create(file, header, root));
  const std::string tenants = WD_TRY(copy_tenants_part(*archive, source));
  for (const BackupDatabase& database : source.databases)
    WD_TRY(copy_database(*archive, source, database, scratch, stop));
  WD_TRY(copy_files(*archive, source.data_directory, scratch, stop));
  WD_TRY(check_keys(source, tenants));
  BackupContents made{file, header, 0, archive->parts()};
  WD_TRY(archive->finish([&](const fs::path& unfinished) -> Result<void> {
    const BackupContents written = WD_TRY(verify_backup(unfinished, root, stop));
    if (written.parts != made.parts) return fail(ErrorCode::Corrupt, unfinished.string() + ": is not what was written");
    made.bytes = written.bytes;
    return {};
  }));
  return made;
}

Result<BackupContents> verify_backup(const fs::path& file, crypto::KeyProvider& root, const std::stop_token& stop) {
  const auto reader = WD_TRY(ArchiveReader::open(file, root));
  Discard discard(stop);
  // By itself: GCC 12 leaks what is there of a braced list when one of its values returns.
  std::vector<ArchivePart> parts = WD_TRY(reader->read(discard));
  BackupContents contents{file, reader->header(), 0, std::move(parts)};
  std::error_code ignored;
  contents.bytes = fs::file_size(file, ignored);
  return contents;
}

Result<std::vector<fs::path>> list_backups(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  for (auto entry = fs::directory_iterator(directory, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    if (entry->is_regular_file() && is_backup_name(entry->path().filename().string())) found.push_back(entry->path());
  }
  if (error) return fail_errno(directory.string(), error.value());
  // The time is in the name; of two within a second, the file tells.
  std::ranges::sort(found, std::greater{}, [](const fs::path& path) {
    std::error_code gone;
    const std::string name = path.filename().string();
    return std::tuple{name.substr(0, kPrefix.size() + kTime), fs::last_write_time(path, gone), name};
  });
  return found;
}

Result<std::vector<fs::path>> remove_old_backups(const fs::path& directory, std::size_t keep) {
  if (keep == 0) return fail(ErrorCode::Invalid, "at least one backup is kept");
  auto found = WD_TRY(list_backups(directory));
  if (found.size() <= keep) return std::vector<fs::path>{};
  found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(keep));
  std::error_code error;
  for (const fs::path& old : found) {
    if (!fs::remove(old, error) && error) return fail_errno(old.string(), error.value());
  }
  return found;
}

}  // namespace warder::manager
