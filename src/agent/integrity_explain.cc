#include "agent/integrity_explain.h"

#include <fcntl.h>

#include "base/file.h"
#include "engines/integrity/explain.h"

namespace warder::agent {
namespace {

constexpr std::chrono::minutes kLongestTransaction{10};  // then a change is told as it is

integrity::Unexplained unexplained(const integrity::Finding& finding, Timestamp now) {
  return {finding.path, finding.was ? &*finding.was : nullptr, finding.is ? &*finding.is : nullptr, now};
}

}  // namespace

Result<std::vector<Explanation>> explain_findings(const integrity::Compiled& policy,
                                                  std::span<const integrity::Finding> findings, host::FileTree& tree,
                                                  const IntegrityExplanations& explanations, Timestamp now) {
  std::vector<Explanation> result(findings.size());
  std::vector<integrity::Unexplained> open;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    integrity::Unexplained change = unexplained(findings[i], now);
    if (const auto* allowance = find_allowance(policy.allowances, change)) {
      result[i].by = allowance->label();
    } else if (change.is != nullptr) {
      open.push_back(std::move(change));
    }
  }
  if (open.empty() || !policy.policy.explain_packages || explanations.facts == nullptr) return result;
  const auto packages = WD_TRY(explain_by_packages(open, tree, *explanations.facts));
  const bool is_busy = explanations.is_package_manager_busy && explanations.is_package_manager_busy();
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (!result[i].by.empty() || !findings[i].is) continue;
    const auto at = packages.find(findings[i].path);
    if (at != packages.end()) result[i].by = at->second;
    const Timestamp changed = from_micros(findings[i].is->stat.changed_ns / 1000);
    result[i].must_wait = result[i].by.empty() && is_busy && now - changed < kLongestTransaction;
  }
  return result;
}

// The managers lock with fcntl(2) while they work.
bool is_package_database_locked() {
  for (const char* path : {"/var/lib/dpkg/lock", "/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"}) {
    const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fd.is_open() && ::fcntl(fd.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) return true;
  }
  return false;
}

}  // namespace warder::agent
