#include "agent/module_ips_lanes.h"

#include <algorithm>
#include <thread>

#include "host/linux/packet_queue.h"
#include "host/linux/packet_socket.h"
#include "model/kernel_names.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{500};

std::uint64_t nanoseconds_now() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

std::uint16_t queues_of(const ips::Policy& settings) {
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const auto wanted = settings.queues > 0 ? static_cast<std::uint64_t>(settings.queues) : cores;
  return static_cast<std::uint16_t>(std::min<std::uint64_t>(wanted, kernel::kQueueCount));
}

}  // namespace

class IpsLanes::Lane {
 public:
  Lane(std::unique_ptr<host::PacketSource> source, const std::shared_ptr<const IpsPolicy>& policy, IpsAlerts& alerts)
      : source_(std::move(source)),
        judge_(alerts, policy, nanoseconds_now),
        path_(*source_, judge_, {std::chrono::milliseconds(policy->settings.budget_ms), kernel::kMarkMask}) {
    path_.set_mode(policy->prevents() ? InlineMode::Prevent : InlineMode::Observe);
  }
  ~Lane() {
    thread_.request_stop();
    source_->interrupt();
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto done = path_.step(kPatience);
        if (done) continue;
        const std::lock_guard lock(mutex_);
        failure_ = done.error().message;
        return;
      }
    });
  }
  [[nodiscard]] std::optional<std::string> failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }
  IpsJudge& judge() noexcept { return judge_; }
  [[nodiscard]] const InlineCounters& counters() const noexcept { return path_.counters(); }

 private:
  std::unique_ptr<host::PacketSource> source_;
  IpsJudge judge_;
  InlinePath path_;
  mutable std::mutex mutex_;  // guards failure_
  std::optional<std::string> failure_;
  std::jthread thread_;  // last: it ends before what it uses
};

IpsLanes::IpsLanes(ips::Policy settings) : settings_(std::move(settings)) {}

IpsLanes::~IpsLanes() {
  rules_.reset();  // first, so that no packet is led to where nobody reads
}

Result<std::unique_ptr<IpsLanes>> IpsLanes::start(const std::shared_ptr<const IpsPolicy>& policy, IpsAlerts& alerts) {
  std::unique_ptr<IpsLanes> lanes(new IpsLanes(policy->settings));
  WD_TRY(lanes->open(policy, alerts));
  return lanes;
}

Result<void> IpsLanes::open(const std::shared_ptr<const IpsPolicy>& policy, IpsAlerts& alerts) {
  const bool fails_open = settings_.on_failure == "pass";
  if (policy->is_tap()) {
    auto interfaces = settings_.tap_interfaces;
    if (interfaces.empty()) interfaces.emplace_back();
    for (const std::string& interface : interfaces) {
      lanes_.push_back(
          std::make_unique<Lane>(WD_TRY(host::open_packet_socket({.interface = interface})), policy, alerts));
    }
  } else {
    for (std::uint16_t i = 0; i < queues_of(settings_); ++i) {
      host::PacketQueueOptions options;
      options.number = static_cast<std::uint16_t>(kernel::kQueueFirst + i);
      options.max_packets = static_cast<std::uint32_t>(settings_.queue_packets);
      options.fails_open = fails_open;
      lanes_.push_back(std::make_unique<Lane>(WD_TRY(host::open_packet_queue(options)), policy, alerts));
    }
  }
  costs_.resize(lanes_.size());
  for (const auto& lane : lanes_) lane->start();
  if (policy->is_tap()) return {};
  host::QueueRulesOptions rules;
  rules.first_queue = kernel::kQueueFirst;
  rules.queues = static_cast<std::uint16_t>(lanes_.size());
  rules.inspects_input = settings_.inspect_input;
  rules.inspects_output = settings_.inspect_output;
  rules.inspects_forwarded = settings_.inspect_forwarded;
  rules.inspects_loopback = settings_.inspect_loopback;
  rules.fails_open = fails_open;
  rules_ = WD_TRY(host::QueueRules::install(rules));
  return {};
}

bool IpsLanes::fits(const IpsPolicy& policy) const {
  const ips::Policy& a = settings_;
  const ips::Policy& b = policy.settings;
  return a.mode == b.mode && a.inspect_input == b.inspect_input && a.inspect_output == b.inspect_output &&
         a.inspect_forwarded == b.inspect_forwarded && a.inspect_loopback == b.inspect_loopback &&
         a.tap_interfaces == b.tap_interfaces && a.on_failure == b.on_failure && a.queues == b.queues &&
         a.queue_packets == b.queue_packets && a.budget_ms == b.budget_ms && a.max_flows == b.max_flows &&
         a.stream_depth_kb == b.stream_depth_kb;
}

void IpsLanes::set_policy(const std::shared_ptr<const IpsPolicy>& policy) {
  for (const auto& lane : lanes_) lane->judge().set_policy(policy);
}

void IpsLanes::suspend(const RuleKey& rule) {
  for (const auto& lane : lanes_) lane->judge().suspend(rule);
}

void IpsLanes::ask_costs() {
  for (auto& costs : costs_) costs.reset();
  for (const auto& lane : lanes_) {
    static_cast<void>(lane->judge().take_costs());
    lane->judge().ask_costs();
  }
}

std::optional<RuleCosts> IpsLanes::take_costs() {
  bool is_complete = true;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (!costs_[i]) costs_[i] = lanes_[i]->judge().take_costs();
    is_complete = is_complete && costs_[i].has_value();
  }
  if (!is_complete) return std::nullopt;
  RuleCosts all;
  for (auto& costs : costs_) {
    if (!costs) continue;
    all.ticks += costs->ticks;
    for (const auto& [key, counters] : costs->rules) {
      ips::RuleCounters& sum = all.rules[key];
      sum.tried += counters.tried;
      sum.matched += counters.matched;
      sum.measured += counters.measured;
      sum.ticks += counters.ticks;
    }
    costs.reset();
  }
  return all;
}

std::optional<std::string> IpsLanes::failure() const {
  for (const auto& lane : lanes_) {
    if (auto failure = lane->failure()) return failure;
  }
  return std::nullopt;
}

void IpsLanes::count(std::map<std::string, std::uint64_t>& counters) const {
  counters["queues"] = lanes_.size();
  for (const auto& lane : lanes_) {
    const InlineCounters& path = lane->counters();
    counters["packets"] += path.packets;
    counters["bytes"] += path.bytes;
    counters["packets_dropped"] += path.dropped;
    counters["flows_condemned"] += path.condemned;
    counters["flows_released"] += path.enough;
    counters["packets_shed"] += path.shed;
    counters["packets_lost"] += path.lost;
    counters["batches_late"] += path.late_batches;
    const ips::EngineCounters engine = lane->judge().counters();
    counters["flows"] += engine.flows;
    counters["alerts"] += engine.alerts;
    counters["packets_ambiguous"] += engine.ambiguous;
  }
}

}  // namespace warder::agent
