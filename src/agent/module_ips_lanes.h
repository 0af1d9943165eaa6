// Intrusion prevention's ways for packets: one thread, packet source and engine for each queue, and the kernel's rules
// that lead packets there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/ips_judge.h"
#include "host/linux/queue_rules.h"

namespace warder::agent {

/// Packets are inspected while this lives. All functions may come from any thread.
class IpsLanes {
 public:
  /// Queues with their rules, or a tap, as the policy says. `alerts` outlives it. Forbidden without the rights,
  /// Conflict when somebody else has the queues.
  static Result<std::unique_ptr<IpsLanes>> start(const std::shared_ptr<const IpsPolicy>& policy, IpsAlerts& alerts);
  ~IpsLanes();
  IpsLanes(const IpsLanes&) = delete;
  IpsLanes& operator=(const IpsLanes&) = delete;

  /// Whether the policy can be put into force by set_policy(); otherwise stop these and start others.
  [[nodiscard]] bool fits(const IpsPolicy& policy) const;
  void set_policy(const std::shared_ptr<const IpsPolicy>& policy);
  void suspend(const RuleKey& rule);
  void ask_costs();
  /// Of all lanes together; nothing while one has not answered yet.
  std::optional<RuleCosts> take_costs();
  /// Why a lane ended by itself.
  [[nodiscard]] std::optional<std::string> failure() const;
  void count(std::map<std::string, std::uint64_t>& counters) const;

 private:
  class Lane;
  explicit IpsLanes(ips::Policy settings);
  Result<void> open(const std::shared_ptr<const IpsPolicy>& policy, IpsAlerts& alerts);

  ips::Policy settings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<host::QueueRules> rules_;
  std::vector<std::optional<RuleCosts>> costs_;  // by lane, while some are missing
};

}  // namespace warder::agent
