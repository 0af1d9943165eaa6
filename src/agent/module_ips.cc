#include "agent/module_ips.h"

#include <linux/capability.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "agent/ips_report.h"
#include "agent/ips_watch.h"
#include "agent/module_ips_lanes.h"
#include "agent/sandbox.h"
#include "agent/state_lock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "pack/pack_store.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStep{200};       // between looks at what was found
constexpr seconds kRoundPeriod{10};      // of counters, state and costs
constexpr seconds kRetryPeriod{30};      // when packets cannot be had
constexpr std::size_t kMaxListed = 500;  // rules in an answer
/// Exists while rules of the kernel may outlive the process: failing closed.
constexpr std::string_view kLeftoverMark = "queue-rules";

class IpsModule final : public Module {
 public:
  explicit IpsModule(ModuleContext& context) : context_(context), ids_(fill_random) {}

  Result<void> configure(const boost::json::object& section) override {
    const auto settings = WD_TRY(parse_json_as<ips::Policy>(section));
    auto* const rollout = WD_TRY(rollout_of_host());
    auto policy = WD_TRY(compile_ips_policy(settings, content(), *rollout, context_.clock.now()));
    if (policy->is_on() && !policy->is_tap() && !refuses_packet_sockets_) {
      WD_TRY(refuse({.socket_families = {AF_PACKET}}));
      refuses_packet_sockets_ = true;
    }
    const std::lock_guard lock(mutex_);
    wanted_ = std::move(policy);
    wake_.notify_all();
    return {};
  }

  Result<void> run(std::stop_token stop) override {
    const UniqueFd lock = WD_TRY(lock_state(context_.state_directory));
    auto* const rollout = WD_TRY(rollout_of_host());
    auto worked = work_until(stop, *rollout);
    if (!worked && !stop.stop_requested()) return worked;  // what the policy says of a failure holds
    stop_lanes();
    return rollout->save();
  }

  Result<boost::json::object> execute(std::string_view name, const boost::json::object& arguments) override;

  [[nodiscard]] ModuleStatus status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  Result<IpsRollout*> rollout_of_host() {
    const std::lock_guard lock(mutex_);
    if (rollout_) return rollout_.get();
    auto opened = IpsRollout::open(context_.state_directory);
    if (!opened && opened.error().code == ErrorCode::Corrupt) {
      context_.log.error("ips.state.lost", opened.error().message);
      IpsRollout::discard(context_.state_directory);
      opened = IpsRollout::open(context_.state_directory);
    }
    rollout_ = WD_TRY(std::move(opened));
    return rollout_.get();
  }

  Result<void> work_until(const std::stop_token& stop, IpsRollout& rollout) {
    while (!stop.stop_requested()) {
      if (auto policy = wait_for_policy(stop)) {
        // This process gave up the right to a tap: ending well asks for a fresh one.
        if (policy->is_tap() && refuses_packet_sockets_) return {};
        WD_TRY(adopt(std::move(policy)));
      }
      if (policy_ && policy_->is_on()) WD_TRY(step(rollout));
    }
    return {};
  }

  std::shared_ptr<const IpsPolicy> wait_for_policy(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kStep, [this] { return wanted_ != nullptr; });
    return std::exchange(wanted_, nullptr);
  }

  Result<void> adopt(std::shared_ptr<const IpsPolicy> policy) {
    const bool is_first = policy_ == nullptr;
    policy_ = std::move(policy);
    watch_.reset();
    if (!policy_->is_on()) {
      stop_lanes();
      if (is_first) remove_leftovers();
    } else if (lanes_ && lanes_->fits(*policy_)) {
      lanes_->set_policy(policy_);
    } else {
      stop_lanes();
      next_try_ = {};
    }
    if (policy_->skipped > 0)
      notices_.push_back(make_ips_notice("ips.rules.skipped", Severity::Low, policy_->first_skipped, policy_->skipped));
    publish();
    return {};
  }

  void stop_lanes() {
    if (!lanes_) return;
    lanes_->count(past_);
    lanes_.reset();
    std::error_code ignored;
    std::filesystem::remove(context_.state_directory / kLeftoverMark, ignored);
  }

  void remove_leftovers() {
    const auto mark = context_.state_directory / kLeftoverMark;
    if (!std::filesystem::exists(mark)) return;
    const auto removed = host::QueueRules::remove_leftovers();
    if (!removed) context_.log.error("ips.queue.failed", removed.error().message);
    std::error_code ignored;
    if (removed) std::filesystem::remove(mark, ignored);
  }

  Result<void> start_lanes() {
    if (!policy_->is_tap() && policy_->settings.on_failure == "block")
      WD_TRY(write_file_atomically(context_.state_directory / kLeftoverMark, ""));
    lanes_ = WD_TRY(IpsLanes::start(policy_, alerts_));
    return {};
  }

  void try_lanes() {
    const auto now = context_.clock.steady_now();
    if (lanes_ || now < next_try_) return;
    next_try_ = now + kRetryPeriod;
    const auto started = start_lanes();
    if (!started && trouble_ != started.error().message) {
      trouble_ = started.error().message;
      context_.log.error("ips.queue.failed", trouble_);
      notices_.push_back(make_ips_notice("ips.queue.failed", Severity::High, trouble_));
    }
    if (started) trouble_.clear();
    publish();
  }

  /// Takes what was found, reports it, and looks after rules once in a while.
  Result<void> step(IpsRollout& rollout) {
    try_lanes();
    if (lanes_) {
      if (const auto failure = lanes_->failure()) return fail(ErrorCode::Unavailable, *failure);
    }
    const auto steady = context_.clock.steady_now();
    for (const IpsAlert& alert : alerts_.take()) report_.add(alert, steady, rollout);
    if (steady >= next_round_) {
      next_round_ = steady + kRoundPeriod;
      WD_TRY(round(rollout));
    }
    auto events = report_.take(steady);
    events.insert(events.end(), std::make_move_iterator(notices_.begin()), std::make_move_iterator(notices_.end()));
    notices_.clear();
    publish();
    if (events.empty()) return {};
    const Timestamp now = context_.clock.now();
    for (Event& event : events) {
      event.time = now;
      event.id = EventId{ids_.next(now)};
    }
    events_ += events.size();
    return context_.events.emit(events);
  }

  Result<void> round(IpsRollout& rollout) {
    const Timestamp now = context_.clock.now();
    if (policy_->next_promotion != Timestamp{} && now >= policy_->next_promotion) WD_TRY(recompile(rollout, now));
    if (lanes_) {
      if (const auto costs = lanes_->take_costs()) look_at_costs(*costs, rollout);
      lanes_->ask_costs();
      report_unseen();
    }
    return rollout.save();
  }

  Result<void> recompile(IpsRollout& rollout, Timestamp now) {
    const std::size_t before = policy_->shadowed;
    auto policy = WD_TRY(compile_ips_policy(policy_->settings, content(), rollout, now));
    const std::size_t after = policy->shadowed;
    WD_TRY(adopt(std::move(policy)));
    if (after < before) notices_.push_back(make_ips_notice("ips.rules.promoted", Severity::Info, {}, before - after));
    return {};
  }

  void look_at_costs(const RuleCosts& costs, IpsRollout& rollout) {
    {
      const std::lock_guard lock(mutex_);
      costs_ = costs;
    }
    for (const CostlyRule& costly : watch_.look(costs, policy_->settings)) {
      const std::string why = std::to_string(costly.percent) + " % of the time of inspection, " +
                              std::to_string(costly.nanoseconds) + " ns an evaluation";
      const auto type = costly.is_to_be_suspended ? "ips.rule.suspended" : "ips.rule.costly";
      Event event = make_ips_notice(type, Severity::Medium, why);
      event.rule = costly.rule.text();
      notices_.push_back(std::move(event));
      if (!costly.is_to_be_suspended) continue;
      rollout.suspend(costly.rule, why);
      lanes_->suspend(costly.rule);
    }
  }

  void report_unseen() {
    std::map<std::string, std::uint64_t> counters;
    lanes_->count(counters);
    const auto tell = [&](std::string_view type, std::uint64_t count, std::uint64_t& told) {
      if (count > told) notices_.push_back(make_ips_notice(std::string(type), Severity::Medium, {}, count - told));
      told = count;
    };
    tell("ips.packets.shed", counters["packets_shed"], shed_told_);
    tell("ips.packets.lost", counters["packets_lost"], lost_told_);
  }

  void publish() {
    ModuleStatus status;
    if (policy_ && policy_->is_on()) {
      status.condition = ModuleCondition::Degraded;
      auto& counters = status.counters;
      counters = past_;
      if (lanes_) lanes_->count(counters);
      counters["rules"] = policy_->rules->rules().size();
      counters["rules_skipped"] = policy_->skipped;
      counters["rules_in_shadow"] = policy_->shadowed;
      counters["rules_suspended"] = policy_->suspended;
      counters["events"] = events_;
      counters["matches_folded"] = report_.folded();
      counters["matches_suppressed"] = report_.suppressed();
      counters["matches_in_shadow"] = report_.shadowed();
      counters["alerts_lost"] = alerts_.lost();
      if (!trouble_.empty()) {
        status.reason = "ips.queue.failed";
      } else if (!lanes_) {
        status.reason = "ips.starting";
      } else if (counters["rules"] == 0) {
        status.reason = "ips.rules.none";
      } else {
        status.condition = ModuleCondition::On;
      }
    }
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    published_ = policy_;
  }

  [[nodiscard]] IpsContent content() const {
    IpsContent content;
    content.shipped = context_.share_directory / "ips";
    if (context_.content_directory.empty() || !std::filesystem::exists(context_.content_directory)) return content;
    const auto store = pack::PackStore::open(context_.content_directory, pack::TrustPolicy{});
    if (!store) return content;
    for (const auto& [name, digest] : store->active()) {
      const auto folder = store->directory(name);
      if (name.starts_with("ips") && folder) content.packs.push_back(*folder);
    }
    return content;
  }

  Result<boost::json::object> list_rules(const boost::json::object& arguments) const;
  Result<void> reload();

  ModuleContext& context_;
  UuidGenerator ids_;
  IpsAlerts alerts_;
  // Only the thread of run() touches these.
  std::shared_ptr<const IpsPolicy> policy_;
  std::unique_ptr<IpsLanes> lanes_;
  IpsReport report_;
  IpsWatch watch_;
  std::vector<Event> notices_;
  std::map<std::string, std::uint64_t> past_;  // counters of lanes that were stopped
  std::string trouble_;
  std::uint64_t events_ = 0;
  std::uint64_t shed_told_ = 0;
  std::uint64_t lost_told_ = 0;
  std::chrono::steady_clock::time_point next_try_;
  std::chrono::steady_clock::time_point next_round_;
  std::atomic<bool> refuses_packet_sockets_{false};

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable_any wake_;
  std::unique_ptr<IpsRollout> rollout_;  // itself thread-safe, made once
  std::shared_ptr<const IpsPolicy> wanted_;
  std::shared_ptr<const IpsPolicy> published_;
  RuleCosts costs_;  // at the last look
  ModuleStatus status_;
};

Result<boost::json::object> IpsModule::execute(std::string_view name, const boost::json::object& arguments) {
  if (name == "self-test") {
    const ModuleStatus now = status();
    if (now.condition == ModuleCondition::Off) return boost::json::object{{"enabled", false}};
    if (now.condition != ModuleCondition::On) return fail(ErrorCode::Unavailable, "ips: " + now.reason);
    return boost::json::object{{"enabled", true}, {"rules", now.counters.at("rules")}};
  }
  if (name == "rules") return list_rules(arguments);
  if (name != "resume" && name != "false-positive")
    return fail(ErrorCode::NotFound, "ips: no such command: " + std::string(name));
  auto* const rollout = WD_TRY(rollout_of_host());
  const RuleKey rule = WD_TRY(parse_rule_key(WD_TRY(get_string(arguments, "rule"))));
  boost::json::object answer{{"rule", rule.text()}};
  if (name == "resume") {
    WD_TRY(rollout->resume(rule));
  } else {
    answer["false_positives"] = WD_TRY(rollout->mark_false_positive(rule));
  }
  WD_TRY(rollout->save());
  WD_TRY(reload());
  return answer;
}

/// Rules that matched or are suspended, the most frequent first.
Result<boost::json::object> IpsModule::list_rules(const boost::json::object& /*arguments*/) const {
  std::shared_ptr<const IpsPolicy> policy;
  const IpsRollout* rollout = nullptr;
  RuleCosts costs;
  {
    const std::lock_guard lock(mutex_);
    policy = published_;
    rollout = rollout_.get();
    costs = costs_;
  }
  boost::json::array rules;
  if (!policy || rollout == nullptr) return boost::json::object{{"rules", rules}};
  std::vector<std::pair<RuleKey, RuleRecord>> listed;
  for (auto& [key, record] : rollout->all()) {
    if (record.hits > 0 || record.false_positives > 0 || !record.suspended.empty()) listed.emplace_back(key, record);
  }
  std::ranges::sort(listed, std::ranges::greater{}, [](const auto& one) { return one.second.hits; });
  if (listed.size() > kMaxListed) listed.resize(kMaxListed);
  for (const auto& [key, record] : listed) {
    const auto standing = policy->standings.find(key);
    boost::json::object row{
        {"rule", key.text()},
        {"rev", record.rev},
        {"stage", standing == policy->standings.end() ? name(RuleStage::Off) : name(standing->second.stage)},
        {"since", to_rfc3339(record.since)},
        {"hits", record.hits},
        {"blocked", record.blocked},
        {"false_positives", record.false_positives}};
    if (!record.suspended.empty()) row["suspended"] = record.suspended;
    if (const auto cost = costs.rules.find(key); cost != costs.rules.end()) {
      const auto& [tried, matched, measured, ticks] = cost->second;
      row["tried"] = tried;
      if (measured > 0) row["nanoseconds"] = ticks / measured;
      if (costs.ticks > 0) row["cost_percent"] = ticks * 100 / costs.ticks;
    }
    rules.push_back(std::move(row));
  }
  return boost::json::object{{"rules", std::move(rules)}};
}

Result<void> IpsModule::reload() {
  std::shared_ptr<const IpsPolicy> policy;
  {
    const std::lock_guard lock(mutex_);
    policy = wanted_ ? wanted_ : published_;
  }
  if (!policy) return {};
  auto* const rollout = WD_TRY(rollout_of_host());
  auto fresh = WD_TRY(compile_ips_policy(policy->settings, content(), *rollout, context_.clock.now()));
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(fresh);
  wake_.notify_all();
  return {};
}

}  // namespace

ModuleDescription ips_module() {
  return {
      "ips",
      ModuleKind::Ips,
      {
          CAP_NET_ADMIN,  // packet queues and their rules
          CAP_NET_RAW,    // copies of packets, in tap mode; given up at once in every other
      },
      [](ModuleContext& context) { return std::make_unique<IpsModule>(context); },
  };
}

}  // namespace warder::agent
