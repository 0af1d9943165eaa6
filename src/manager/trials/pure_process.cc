#include "manager/trials/pure_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/system_calls.h"
#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::array kAllowed = {
    SCMP_SYS(read),       SCMP_SYS(write),      SCMP_SYS(writev), SCMP_SYS(lseek),          SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),  // fstat of some C libraries; without open(2) it tells names apart, and no more
    SCMP_SYS(close),      SCMP_SYS(mmap),       SCMP_SYS(munmap), SCMP_SYS(mprotect),       SCMP_SYS(mremap),
    SCMP_SYS(madvise),    SCMP_SYS(brk),        SCMP_SYS(futex),  SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),  SCMP_SYS(getpid),     SCMP_SYS(gettid), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit),       SCMP_SYS(exit_group),
};

Result<void> limit(int resource, std::uint64_t value) {
  const rlimit both{value, value};
  // NOLINTNEXTLINE: the type of the first parameter differs between C and C++
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) return fail_errno("setrlimit", errno);
  return {};
}

Result<std::uint64_t> address_space_bytes() {
  constexpr std::size_t kMaxLine = 4096;
  const std::string text = WD_TRY(read_file("/proc/self/statm", kMaxLine));
  const auto pages = parse_integer<std::uint64_t>(split(text, ' ').front());
  if (!pages) return fail(ErrorCode::Internal, "/proc/self/statm: not understood");
  return *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Result<void> filter_calls() {
  auto filter = WD_TRY(SystemCallFilter::create(SCMP_ACT_ERRNO(EPERM)));
  WD_TRY(filter.add(SCMP_ACT_ALLOW, kAllowed));
  if (!WD_TRY(filter.load())) return fail(ErrorCode::Unavailable, "this kernel filters no system calls");
  return {};
}

}  // namespace

Result<void> become_pure(const PureLimits& limits) {
  WD_TRY(limit(RLIMIT_CORE, 0));
  WD_TRY(limit(RLIMIT_FSIZE, 0));
  WD_TRY(limit(RLIMIT_CPU, static_cast<std::uint64_t>(limits.cpu.count())));
  WD_TRY(limit(RLIMIT_AS, WD_TRY(address_space_bytes()) + limits.memory_bytes));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_NO_NEW_PRIVS", errno);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("PR_SET_DUMPABLE", errno);
  return filter_calls();
}

}  // namespace warder::manager
