#include "agent/sandbox.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <span>

#include "base/file.h"
#include "base/system_calls.h"

namespace warder::agent {
namespace {

constexpr std::array kProgramCalls = {SCMP_SYS(execve), SCMP_SYS(execveat)};

constexpr std::array kDeadlyCalls = {
    SCMP_SYS(ptrace),      SCMP_SYS(process_vm_readv),  SCMP_SYS(kexec_load),    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module), SCMP_SYS(finit_module),      SCMP_SYS(delete_module), SCMP_SYS(bpf),
    SCMP_SYS(mount),       SCMP_SYS(umount2),           SCMP_SYS(pivot_root),    SCMP_SYS(chroot),
    SCMP_SYS(setns),       SCMP_SYS(unshare),           SCMP_SYS(reboot),        SCMP_SYS(swapon),
    SCMP_SYS(swapoff),     SCMP_SYS(process_vm_writev), SCMP_SYS(move_mount),    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),      SCMP_SYS(fsmount),
};

constexpr std::array kRefusedCalls = {
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(syslog),
    SCMP_SYS(personality),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
};

Result<void> limit_resources(const SandboxOptions& options) {
  const rlimit no_core{0, 0};
  const rlimit files{16'384, 16'384};
  const rlimit data{options.max_data_bytes, options.max_data_bytes};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0) return fail_errno("setrlimit(core)", errno);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0 && errno != EPERM) return fail_errno("setrlimit(nofile)", errno);
  if (::setrlimit(RLIMIT_DATA, &data) != 0) return fail_errno("setrlimit(data)", errno);
  return {};
}

Result<void> drop_capabilities(std::span<const int> kept) {
  capng_get_caps_process();
  std::vector<unsigned> held;
  for (const int capability : kept) {
    const auto number = static_cast<unsigned>(capability);
    if (capng_have_capability(CAPNG_PERMITTED, number) != 0) held.push_back(number);
  }
  const bool may_drop_bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  capng_clear(CAPNG_SELECT_BOTH);
  for (const unsigned capability : held) {
    const auto sets = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET);
    capng_update(CAPNG_ADD, sets, capability);
  }
  // Bounds first: dropping them needs CAP_SETPCAP, which the second step takes away.
  if (may_drop_bounds && capng_apply(CAPNG_SELECT_BOUNDS) != 0) return fail_errno("capability bounds", errno);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return fail_errno("capabilities", errno);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return {};
}

// landlock(7): the rights to change the file system, as far as the ABI of this kernel knows them.
constexpr std::uint64_t kChangesV1 = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t kReferV2 = 1ULL << 13;
constexpr std::uint64_t kTruncateV3 = 1ULL << 14;

Result<void> allow_below(int ruleset, const std::filesystem::path& path, std::uint64_t access) {
  const UniqueFd directory(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!directory.is_open()) return fail_errno(path.string(), errno);
  landlock_path_beneath_attr rule{access, directory.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return fail_errno("landlock_add_rule", errno);
  }
  return {};
}

/// False: this kernel has no Landlock.
Result<bool> restrict_writing(const std::filesystem::path& writable) {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kChangesV1 | (abi >= 2 ? kReferV2 : 0) | (abi >= 3 ? kTruncateV3 : 0);
  const UniqueFd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset.is_open()) return fail_errno("landlock_create_ruleset", errno);
  WD_TRY(allow_below(ruleset.get(), writable, attributes.handled_access_fs));
  WD_TRY(allow_below(ruleset.get(), "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return fail_errno("landlock_restrict_self", errno);
  return true;
}

/// False: not root, or a kernel before 5.12.
Result<bool> restrict_writing_by_mounts(const std::filesystem::path& writable) {
  if (::unshare(CLONE_NEWNS) != 0) {
    if (errno == EPERM) return false;
    return fail_errno("a view of the file system", errno);
  }
  // Slave: what the host unmounts is unmounted here too, and is not kept busy.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return fail_errno("mount propagation", errno);
  const bool writes = !writable.empty();
  if (writes && ::mount(writable.c_str(), writable.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return fail_errno(writable.string(), errno);
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof read_only) != 0) {
    if (errno == ENOSYS) return false;
    return fail_errno("a read-only view of the file system", errno);
  }
  mount_attr writing{};
  writing.attr_clr = MOUNT_ATTR_RDONLY;
  if (writes && ::mount_setattr(AT_FDCWD, writable.c_str(), 0, &writing, sizeof writing) != 0)
    return fail_errno(writable.string(), errno);
  return true;
}

Result<bool> filter_system_calls(const SandboxOptions& options) {
  if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) return false;
  auto filter = WD_TRY(SystemCallFilter::create(SCMP_ACT_ALLOW));
  WD_TRY(filter.add(SCMP_ACT_KILL_PROCESS, kDeadlyCalls));
  if (!options.may_run_programs) WD_TRY(filter.add(SCMP_ACT_KILL_PROCESS, kProgramCalls));
  WD_TRY(filter.add(SCMP_ACT_ERRNO(EPERM), kRefusedCalls));
  for (const int family : {AF_INET, AF_INET6, AF_PACKET}) {
    if (family == AF_PACKET ? options.may_capture_packets : options.may_use_network) continue;
    WD_TRY(filter.refuse_sockets(family));
  }
  return filter.load();
}

}  // namespace

Result<void> refuse(const Refusals& refusals) {
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) return {};
  auto filter = WD_TRY(SystemCallFilter::create(SCMP_ACT_ALLOW));
  filter.hold_for_all_threads();
  for (const int family : refusals.socket_families) WD_TRY(filter.refuse_sockets(family));
  if (refusals.programs) WD_TRY(filter.add(SCMP_ACT_KILL_PROCESS, kProgramCalls));
  if (!WD_TRY(filter.load())) return fail(ErrorCode::Unavailable, "this kernel filters no system calls");
  return {};
}

Result<std::vector<std::string>> enter_sandbox(const SandboxOptions& options) {
  std::vector<std::string> missing;
  WD_TRY(limit_resources(options));
  // Before the capabilities: it takes CAP_SYS_ADMIN.
  if (options.inspects_processes && !WD_TRY(restrict_writing_by_mounts(options.writable)))
    missing.emplace_back("mounts");
  WD_TRY(drop_capabilities(options.capabilities));
  // After the capabilities: a change of credentials may clear it (prctl(2)).
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail_errno("PR_SET_PDEATHSIG", errno);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_NO_NEW_PRIVS", errno);
  if (!options.inspects_processes && !WD_TRY(restrict_writing(options.writable))) missing.emplace_back("landlock");
  if (!WD_TRY(filter_system_calls(options))) missing.emplace_back("seccomp");
  return missing;
}

}  // namespace warder::agent
