#include "manager/backup/staging.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

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

}  // namespace

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

Result<void> Folder::begin_part(const std::string& name) {
  if (!is_inside(name)) return fail(ErrorCode::Corrupt, name + ": not a name of a manager's file");
  path_ = root_ / name;
  WD_TRY(make_folders(root_, path_.parent_path()));
  file_ = UniqueFd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file_.is_open()) return fail_errno(path_.string(), errno);
  return {};
}

Result<void> Folder::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(path_.string(), errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> Folder::end_part(const ArchivePart& /*part*/) {
  if (::fsync(file_.get()) != 0) return fail_errno(path_.string(), errno);
  file_.reset();
  return sync_folder(path_.parent_path());
}

}  // namespace warder::manager
