#include "scanner/sandbox.h"

#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/system_calls.h"

namespace warder::scanner {
namespace {

constexpr uid_t kNobody = 65534;

constexpr std::array kAllowed = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(creat),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(stat),
    SCMP_SYS(fstat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(lseek),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate),
    SCMP_SYS(truncate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(getdents),
    SCMP_SYS(getdents64),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(umask),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(setitimer),
    SCMP_SYS(getitimer),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(membarrier),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

constexpr std::array kDeadly = {
    SCMP_SYS(execve),      SCMP_SYS(execveat),     SCMP_SYS(ptrace),           SCMP_SYS(socket),
    SCMP_SYS(connect),     SCMP_SYS(bpf),          SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),       SCMP_SYS(setns),        SCMP_SYS(unshare),          SCMP_SYS(keyctl),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load),       SCMP_SYS(io_uring_setup),
};

Result<void> limit(int resource, std::uint64_t value) {
  const rlimit both{value, value};
  // NOLINTNEXTLINE: the type of the first parameter differs between C and C++
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) return fail_errno("setrlimit", errno);
  return {};
}

}  // namespace

Result<std::filesystem::path> give_up_privileges(const std::filesystem::path& temporary) {
  std::filesystem::path known = temporary;
  if (::geteuid() == 0) {
    if (::chown(temporary.c_str(), kNobody, kNobody) != 0) return fail_errno("chown", errno);
    if (::chroot(temporary.c_str()) != 0 || ::chdir("/") != 0) return fail_errno("chroot", errno);
    if (::setgroups(0, nullptr) != 0) return fail_errno("setgroups", errno);
    if (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0)
      return fail_errno("setresuid", errno);
    known = "/";
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_NO_NEW_PRIVS", errno);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("PR_SET_DUMPABLE", errno);
  return known;
}

Result<std::filesystem::path> shut_in(const std::filesystem::path& folder) {
  if (::geteuid() != 0) {
    if (::unshare(CLONE_NEWUSER) != 0)
      return fail(ErrorCode::Unavailable, "the scanner cannot be shut in: this kernel gives it no user namespace");
    if (::chroot(folder.c_str()) != 0 || ::chdir("/") != 0) return fail_errno("chroot", errno);
  }
  WD_TRY(give_up_privileges(folder));
  return "/";
}

Result<void> confine(std::uint64_t max_file_bytes) {
  WD_TRY(limit(RLIMIT_CORE, 0));
  WD_TRY(limit(RLIMIT_FSIZE, max_file_bytes));
  auto filter = WD_TRY(SystemCallFilter::create(SCMP_ACT_ERRNO(EPERM)));
  WD_TRY(filter.add(SCMP_ACT_ALLOW, kAllowed));
  WD_TRY(filter.add(SCMP_ACT_KILL_PROCESS, kDeadly));
  if (!WD_TRY(filter.load())) return fail(ErrorCode::Unavailable, "this kernel filters no system calls");
  return {};
}

}  // namespace warder::scanner
