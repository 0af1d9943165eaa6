#include "base/system_calls.h"

#include <cerrno>
#include <utility>

namespace warder {

Result<SystemCallFilter> SystemCallFilter::create(std::uint32_t otherwise) {
  Context context(seccomp_init(otherwise), &seccomp_release);
  if (!context) return fail(ErrorCode::Internal, "seccomp_init");
  return SystemCallFilter(std::move(context));
}

Result<void> SystemCallFilter::add(std::uint32_t action, std::span<const int> calls) {
  for (const int call : calls) {
    const int result = seccomp_rule_add(context_.get(), action, call, 0);
    if (result != 0 && result != -EDOM && result != -EINVAL) return fail_errno("seccomp rule", -result);
  }
  return {};
}

Result<void> SystemCallFilter::refuse_sockets(int family) {
  const int result = seccomp_rule_add(context_.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                      SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
  if (result != 0) return fail_errno("seccomp rule for sockets", -result);
  return {};
}

void SystemCallFilter::hold_for_all_threads() {
  seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
}

Result<bool> SystemCallFilter::load() {
  const int result = seccomp_load(context_.get());
  if (result == -EINVAL || result == -ENOSYS) return false;
  if (result != 0) return fail_errno("seccomp_load", -result);
  return true;
}

}  // namespace warder
