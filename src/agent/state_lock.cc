#include "agent/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace warder::agent {

Result<UniqueFd> lock_state(const std::filesystem::path& directory) {
  const auto path = directory / "lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return fail_errno(path.native(), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::Conflict, path.native() + ": another worker still runs");
  return fd;
}

}  // namespace warder::agent
