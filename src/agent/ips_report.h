// Matches of rules as events: folded where they repeat, and within a rate. Single-threaded.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "agent/ips_judge.h"
#include "model/event.h"

namespace warder::agent {

/// Without time and id.
Event make_ips_event(const IpsAlert& alert);
Event make_ips_notice(std::string type, Severity severity, std::string_view reason = {}, std::uint64_t count = 0);

class IpsReport {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// Counts the match in `rollout`; a shadowed rule's makes no event.
  void add(const IpsAlert& alert, SteadyTime now, IpsRollout& rollout);
  /// What is to be sent now, with what repeats ended.
  std::vector<Event> take(SteadyTime now);
  [[nodiscard]] std::uint64_t folded() const noexcept { return folded_; }
  [[nodiscard]] std::uint64_t suppressed() const noexcept { return suppressed_; }
  [[nodiscard]] std::uint64_t shadowed() const noexcept { return shadowed_; }

 private:
  using Key = std::tuple<RuleKey, IpAddress, IpAddress, bool>;
  struct Fold {
    SteadyTime until;
    std::uint64_t count = 0;  // since the first
    Event last;
  };
  bool may_send(std::int64_t rate, SteadyTime now);
  void end_folds(SteadyTime now);

  static constexpr std::size_t kMaxFolds = 10'000;
  std::map<Key, Fold> folds_;
  std::vector<Event> ready_;
  double tokens_ = -1;  // before the first
  SteadyTime refilled_;
  SteadyTime told_;
  std::uint64_t untold_ = 0;
  std::uint64_t folded_ = 0;
  std::uint64_t suppressed_ = 0;
  std::uint64_t shadowed_ = 0;
};

}  // namespace warder::agent
