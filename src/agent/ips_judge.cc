#include "agent/ips_judge.h"

#include <algorithm>

#include "base/random.h"

namespace warder::agent {
namespace {

constexpr std::uint32_t kMeasureEvery = 16;  // frames: a clock is read around each evaluation of a rule
constexpr std::size_t kIpv4Source = 12;
constexpr std::size_t kIpv6Source = 8;

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : random_bytes(sizeof seed)) seed = seed << 8U | byte;
  return seed;
}

IpAddress address_at(ByteView bytes, bool is_v4) {
  if (is_v4) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes.first(4)) value = value << 8U | byte;
    return IpAddress::v4(value);
  }
  std::array<std::uint8_t, 16> value{};
  std::copy_n(bytes.begin(), value.size(), value.begin());
  return IpAddress::v6(value);
}

}  // namespace

void IpsAlerts::add(std::span<const ips::Alert> alerts, const std::shared_ptr<const IpsPolicy>& policy) {
  if (alerts.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const ips::Alert& alert : alerts) {
    if (waiting_.size() >= kMaxWaiting) {
      lost_.fetch_add(1, std::memory_order_relaxed);
    } else {
      waiting_.push_back({alert, policy});
    }
  }
}

std::vector<IpsAlert> IpsAlerts::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

ips::EngineSettings IpsJudge::settings_for(const IpsPolicy& policy, std::uint64_t (*ticks)()) {
  ips::EngineSettings settings;
  settings.is_inline = !policy.is_tap();
  settings.drops_ambiguous = policy.prevents();
  settings.picks_up_midstream = true;  // connections that are older than the module
  settings.max_flows = static_cast<std::uint32_t>(policy.settings.max_flows);
  settings.stream_depth = static_cast<std::uint64_t>(policy.settings.stream_depth_kb) << 10U;
  settings.hash_seed = random_seed();
  settings.ticks = ticks;
  settings.measure_every = kMeasureEvery;
  return settings;
}

IpsJudge::IpsJudge(IpsAlerts& alerts, std::shared_ptr<const IpsPolicy> policy, std::uint64_t (*ticks)())
    : alerts_(alerts),
      ticks_(ticks),
      policy_(std::move(policy)),
      engine_(policy_->rules, settings_for(*policy_, ticks)) {}

void IpsJudge::set_policy(std::shared_ptr<const IpsPolicy> policy) {
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(policy);
  suspended_.clear();
  has_news_.store(true, std::memory_order_release);
}

void IpsJudge::suspend(const RuleKey& rule) {
  const std::lock_guard lock(mutex_);
  suspended_.push_back(rule);
  has_news_.store(true, std::memory_order_release);
}

void IpsJudge::adopt() {
  std::shared_ptr<const IpsPolicy> wanted;
  std::vector<RuleKey> suspended;
  {
    const std::lock_guard lock(mutex_);
    wanted = std::exchange(wanted_, nullptr);
    suspended = std::exchange(suspended_, {});
    has_news_.store(false, std::memory_order_relaxed);
    if (wanted) costs_.reset();
  }
  if (wanted) {
    engine_.replace_rules(wanted->rules);
    policy_ = std::move(wanted);
    inspection_ticks_ = 0;
  }
  if (suspended.empty()) return;
  const auto& rules = engine_.rules().rules();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (std::ranges::find(suspended, key_of(rules[i])) != suspended.end())
      engine_.suspend(static_cast<ips::RuleIndex>(i));
  }
}

bool IpsJudge::is_trusted(const packet::Frame& frame) const {
  if (policy_->trusted.empty() || frame.link != packet::LinkType::Raw || frame.bytes.size() < 40) return false;
  const bool is_v4 = frame.bytes[0] >> 4U == 4;
  const ByteView source = frame.bytes.subspan(is_v4 ? kIpv4Source : kIpv6Source);
  const IpAddress from = address_at(source, is_v4);
  const IpAddress to = address_at(source.subspan(is_v4 ? 4 : 16), is_v4);
  return std::ranges::any_of(policy_->trusted,
                             [&](const IpPrefix& prefix) { return prefix.contains(from) || prefix.contains(to); });
}

Judgement IpsJudge::judge(const packet::Frame& frame) {
  if (has_news_.load(std::memory_order_acquire)) adopt();
  if (is_trusted(frame)) return Judgement::Enough;
  const bool is_measured = ticks_ != nullptr && ++frames_ % kMeasureEvery == 0;
  const auto begin = is_measured ? ticks_() : 0;
  const auto outcome = engine_.inspect(frame);
  if (is_measured) inspection_ticks_ += ticks_() - begin;
  alerts_.add(outcome.alerts, policy_);
  if (outcome.verdict == ips::Verdict::Accept) return outcome.is_final ? Judgement::Enough : Judgement::Pass;
  // Reject without a flow of its own has nobody to reset.
  return outcome.is_final ? Judgement::Condemn : Judgement::Drop;
}

void IpsJudge::tick(Timestamp /*now*/) {
  std::optional<RuleCosts> costs;
  if (wants_costs_.exchange(false, std::memory_order_relaxed)) {
    costs.emplace();
    costs->ticks = inspection_ticks_;
    const auto counters = engine_.rule_counters();
    const auto& rules = engine_.rules().rules();
    for (std::size_t i = 0; i < counters.size(); ++i) {
      if (counters[i].tried > 0) costs->rules[key_of(rules[i])] = counters[i];
    }
  }
  const std::lock_guard lock(mutex_);
  published_ = engine_.counters();
  if (costs) costs_ = std::move(costs);
}

ips::EngineCounters IpsJudge::counters() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

std::optional<RuleCosts> IpsJudge::take_costs() {
  const std::lock_guard lock(mutex_);
  return std::exchange(costs_, std::nullopt);
}

}  // namespace warder::agent
