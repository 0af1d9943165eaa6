// The intrusion prevention engine as the judge of the inline path: one for each queue.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "agent/inline_path.h"
#include "agent/ips_policy.h"
#include "engines/ips/engine.h"

namespace warder::agent {

/// What a rule saw. The policy keeps the rule alive.
struct IpsAlert {
  ips::Alert alert;
  std::shared_ptr<const IpsPolicy> policy;
};

/// Alerts on their way from the threads of the queues to the one that reports. Thread-safe, bounded: what does not fit
/// is counted.
class IpsAlerts {
 public:
  void add(std::span<const ips::Alert> alerts, const std::shared_ptr<const IpsPolicy>& policy);
  std::vector<IpsAlert> take();
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kMaxWaiting = 20'000;
  std::mutex mutex_;  // guards waiting_
  std::vector<IpsAlert> waiting_;
  std::atomic<std::uint64_t> lost_{0};
};

/// What rules have cost in one queue since its policy came.
struct RuleCosts {
  std::map<RuleKey, ips::RuleCounters> rules;  // those that were tried
  std::uint64_t ticks = 0;                     // of inspection altogether, as far as it was measured
};

/// judge() and tick() come from one thread; all else may come from any.
class IpsJudge final : public PacketJudge {
 public:
  /// `ticks` is the clock that costs are measured with. `alerts` outlives this.
  IpsJudge(IpsAlerts& alerts, std::shared_ptr<const IpsPolicy> policy, std::uint64_t (*ticks)());

  Judgement judge(const packet::Frame& frame) override;
  void tick(Timestamp now) override;

  /// In force from the next packet on.
  void set_policy(std::shared_ptr<const IpsPolicy> policy);
  void suspend(const RuleKey& rule);
  [[nodiscard]] ips::EngineCounters counters() const;
  /// What tick() left after it was asked; nothing before.
  std::optional<RuleCosts> take_costs();
  void ask_costs() noexcept { wants_costs_.store(true, std::memory_order_relaxed); }

 private:
  static ips::EngineSettings settings_for(const IpsPolicy& policy, std::uint64_t (*ticks)());
  void adopt();
  [[nodiscard]] bool is_trusted(const packet::Frame& frame) const;

  IpsAlerts& alerts_;
  std::uint64_t (*ticks_)();
  std::shared_ptr<const IpsPolicy> policy_;
  ips::Engine engine_;
  std::uint64_t inspection_ticks_ = 0;
  std::uint64_t frames_ = 0;
  std::atomic<bool> has_news_{false};
  std::atomic<bool> wants_costs_{false};
  mutable std::mutex mutex_;  // guards the rest
  std::shared_ptr<const IpsPolicy> wanted_;
  std::vector<RuleKey> suspended_;
  ips::EngineCounters published_;
  std::optional<RuleCosts> costs_;
};

}  // namespace warder::agent
