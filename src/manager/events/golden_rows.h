// The rows behind GoldenHosts: what golden hosts have become, and the changes of others that are compared with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/events/golden_hosts.h"
#include "manager/store/db.h"

namespace warder::manager {

/// States are digests in hexadecimal, or these.
inline constexpr std::string_view kAbsentState = "absent";
inline constexpr std::string_view kUnknownState = "unknown";  // as no other
inline const std::string kGoldenLabel = "golden host ";

struct GoldenChange {
  Timestamp time;
  EventId id;
  std::string path;
  std::string old_path;  // renamed: nothing is there any more
  std::string state;
};

Result<bool> has_golden(Db& db);
Result<std::optional<GoldenHost>> find_golden(Db& db, const PolicyId& policy);
Result<void> rename_golden(Db& db, const PolicyId& policy, const std::string& hostname);
Result<std::int64_t> count_golden_states(Db& db, const PolicyId& policy);

/// What the golden host has become; of each path the newest `kept` are.
Result<void> add_golden_state(Db& db, const PolicyId& policy, const GoldenChange& change, std::int64_t kept);
/// A change of another host and whether it is stored as explained.
Result<void> add_golden_change(Db& db, const PolicyId& policy, const GoldenChange& change, bool is_explained);
Result<void> settle_golden_change(Db& db, const PolicyId& policy, const GoldenVerdict& verdict);

Result<bool> is_as_golden_host(Db& db, const PolicyId& policy, const GoldenChange& change);
/// Appends those of the newest changes of this path that are stored otherwise than they count.
Result<void> judge_path(Db& db, const PolicyId& policy, const std::string& path, std::int64_t limit,
                        std::vector<GoldenVerdict>& verdicts);

}  // namespace warder::manager
