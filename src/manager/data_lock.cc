#include "manager/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "manager/backup/restore_tenant.h"

namespace warder::manager {

Result<UniqueFd> hold_data(const std::filesystem::path& directory, DataUse use) {
  const std::filesystem::path path = directory / "in-use.lock";
  UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.is_open()) return fail_errno(path.string(), errno);
  const bool is_serving = use == DataUse::Serve;
  if (::flock(file.get(), (is_serving ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
    return fail(ErrorCode::Conflict, directory.string() + (is_serving ? ": a tenant is being restored"
                                                                      : ": a manager serves it; stop it first"));
  std::error_code error;
  if (is_serving && std::filesystem::exists(directory / kTenantRestoring, error))
    return fail(ErrorCode::Conflict,
                directory.string() + ": the restore of a tenant was interrupted; run it again (docs/backup.md)");
  return file;
}

}  // namespace warder::manager
