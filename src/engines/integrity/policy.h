// The policy section "integrity": which files are watched, how closely, and how loud a change is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"
#include "engines/integrity/rules.h"

namespace warder::integrity {

struct Policy {
  bool enabled = true;
  std::vector<std::string> watch = {"/etc", "/usr/bin", "/usr/sbin", "/root/.ssh/authorized_keys",
                                    "/home/*/.ssh/authorized_keys"};
  std::vector<std::string> exclude = {"/etc/mtab", "/etc/adjtime"};
  std::vector<std::string> packs;
  std::vector<std::string> rules;
  std::string content_hash = "sha256";
  bool real_time = true;
  std::int64_t settle_ms = 50;
  std::int64_t max_hash_bytes = std::int64_t{256} << 20;
  std::int64_t rescan_interval_s = 3600;
  std::int64_t rehash_interval_s = 86'400;
  std::vector<std::string> scan_at;
  std::int64_t scan_cpu_percent = 100;
  std::int64_t scan_read_mb_s = 0;
  std::string severity = "medium";
  std::int64_t entity_interval_s = 300;
  bool explain_packages = true;
  std::vector<std::string> allowances;

  static std::span<const Field<Policy>> fields() noexcept;
};

/// The policy's rules: those of `shipped` that it names as packs, then its own. Invalid names the item:
/// "packs/0: there is no nginxx", "rules/1: line 3: …".
Result<RuleSet> load_policy_rules(const Policy& policy, const RuleSet& shipped = {});

}  // namespace warder::integrity
