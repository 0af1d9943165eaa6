#pragma once

#include <seccomp.h>

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"

namespace warder {

/// What a process may ask of the kernel from `load` on: a filter of seccomp(2), which also its children have and
/// nothing takes away. Actions are libseccomp's (SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS). Not for
/// several threads.
class SystemCallFilter {
 public:
  /// `otherwise`: what becomes of a call that no rule names.
  static Result<SystemCallFilter> create(std::uint32_t otherwise);

  /// `action` for each of `calls` (SCMP_SYS(…)); one that this architecture does not have needs no rule.
  Result<void> add(std::uint32_t action, std::span<const int> calls);

  /// socket(2) of this family (AF_…) fails with EPERM.
  Result<void> refuse_sockets(int family);

  /// The filter holds for all threads of the process, not for the one alone that loads it.
  void hold_for_all_threads();

  /// False: this kernel has no such filters, and nothing is filtered. The caller says what that means. Without
  /// CAP_SYS_ADMIN the process must have given up new privileges (PR_SET_NO_NEW_PRIVS).
  Result<bool> load();

 private:
  using Context = std::unique_ptr<void, decltype(&seccomp_release)>;
  explicit SystemCallFilter(Context context) : context_(std::move(context)) {}
  Context context_;
};

}  // namespace warder
