#include "manager/backup/restore_tenant.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "manager/backup/postgres_tools.h"
#include "manager/backup/staging.h"
#include "manager/tenancy/postgres_schemas.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxText = std::size_t{256} << 20;
constexpr std::string_view kScript = "tenant.sql";

/// Keeps the one tenant's parts. The list of tenants is the first part of an archive.
class OneTenant final : public ArchiveSink {
 public:
  OneTenant(const fs::path& root, std::string name) : folder_(root), name_(std::move(name)) {}
  [[nodiscard]] const std::optional<TenantCopy>& copy() const noexcept { return copy_; }

  Result<void> begin_part(const std::string& name) override {
    is_list_ = name == kTenantsPart;
    if (!is_list_ && !copy_)
      return fail(ErrorCode::Invalid,
                  "this backup is of a version that had no tenant restored alone; restore all of it");
    is_kept_ = !is_list_ && (name.starts_with("tenants/" + copy_->id.text() + "/") ||
                             name == dump_name(BackupDatabase{copy_->database_server, {}}));
    return is_kept_ ? folder_.begin_part(name) : Result<void>{};
  }
  Result<void> write(ByteView bytes) override {
    if (is_kept_) return folder_.write(bytes);
    if (!is_list_) return {};
    if (text_.size() + bytes.size() > kMaxText) return fail(ErrorCode::Corrupt, "tenants.json: too large");
    text_.append(as_text(bytes));
    return {};
  }
  Result<void> end_part(const ArchivePart& part) override {
    if (is_kept_) return folder_.end_part(part);
    if (is_list_) copy_ = WD_TRY(find_tenant_copy(text_, name_));
    return {};
  }

 private:
  Folder folder_;
  const std::string name_;
  bool is_list_ = false;
  bool is_kept_ = false;
  std::string text_;
  std::optional<TenantCopy> copy_;
};

Result<void> remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail_errno(path.string(), error.value());
  return {};
}

}  // namespace

StagedTenant::~StagedTenant() {
  std::error_code ignored;
  fs::remove_all(staged(), ignored);
}

Result<std::unique_ptr<StagedTenant>> StagedTenant::stage(const fs::path& file, crypto::KeyProvider& root,
                                                          const BackupSource& target, std::string_view name) {
  const auto reader = WD_TRY(ArchiveReader::open(file, root));
  WD_TRY(check_store(reader->header(), file, target));
  const fs::path folder = target.data_directory / kTenantRestoring;
  WD_TRY(remove_tree(folder));
  WD_TRY(make_folders(target.data_directory / kTenantRestoring, folder));
  OneTenant sink(folder, std::string{name});
  auto parts = reader->read(sink);
  if (!parts) {
    WD_TRY(remove_tree(folder));
    return tl::unexpected(parts.error());
  }
  std::error_code ignored;
  BackupContents contents{file, reader->header(), fs::file_size(file, ignored), std::move(*parts)};
  auto staged = std::unique_ptr<StagedTenant>(
      new StagedTenant(target.data_directory, std::move(contents), *sink.copy()));  // NOLINT: private constructor
  WD_TRY(make_folders(folder, folder / "tenants" / staged->copy().id.text()));
  if (!target.databases.empty()) WD_TRY(staged->prepare_database(target));
  return staged;
}

Result<void> StagedTenant::prepare_database(const BackupSource& target) {
  const auto database = std::ranges::find(target.databases, copy_.database_server, &BackupDatabase::name);
  if (database == target.databases.end())
    return fail(ErrorCode::Invalid,
                copy_.database_server + ": the settings have no such server; name it in database_servers");
  owner_url_ = database->owner_url;
  const fs::path dump = staged() / dump_name(*database);
  WD_TRY(write_schema_script(dump, PostgresSchemas::name_of(copy_.id), staged() / kScript));
  return remove_tree(dump);
}

Result<void> StagedTenant::move_in() {
  const std::string id = copy_.id.text();
  const fs::path place = data_ / "tenants" / id;
  const fs::path before = staged() / "before";
  std::error_code error;
  const bool was_there = fs::exists(place, error);
  if (!error && was_there) fs::rename(place, before, error);
  if (error) return fail_errno(place.string(), error.value());
  fs::rename(staged() / "tenants" / id, place, error);
  auto moved = error ? Result<void>{fail_errno(place.string(), error.value())} : sync_folder(place.parent_path());
  if (moved && !owner_url_.empty())
    moved = replace_schema(owner_url_, PostgresSchemas::name_of(copy_.id), staged() / kScript);
  if (!moved) {
    fs::remove_all(place, error);
    if (was_there) fs::rename(before, place, error);
  }
  return moved;
}

}  // namespace warder::manager
