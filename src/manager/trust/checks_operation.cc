#include <algorithm>
#include <set>
#include <thread>

#include "manager/events/own_event.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

constexpr ModuleKind kModules[] = {ModuleKind::AntiMalware, ModuleKind::Firewall, ModuleKind::Ips,
                                   ModuleKind::Integrity, ModuleKind::LogInspection};
constexpr std::chrono::seconds kArrival{30};

/// A module that is not ready yet, on a host that is new or has another policy.
bool is_being_prepared(const AgentModule& module) {
  return module.state == "degraded" && module.reason == "integrity.baseline.building";
}

/// A degraded module of the agent, one that is not being prepared before one that is; nullptr: there is none.
const AgentModule* worst_module(const Agent& agent) {
  const AgentModule* worst = nullptr;
  for (const AgentModule& each : agent.modules) {
    if (each.state != "degraded") continue;
    if (worst == nullptr || is_being_prepared(*worst)) worst = &each;
  }
  return worst;
}

/// Takes everything: only then does what it has taken say something about every module.
Result<std::optional<Destination>> whole_destination(const CheckParts& parts, const TenantScope& scope) {
  for (const Destination& destination : WD_TRY(parts.destinations.list(scope)))
    if (destination.is_enabled && destination.filter.empty() && destination.floor == Severity::Info)
      return std::optional(destination);
  return std::optional<Destination>();
}

Result<void> make_events(const CheckParts& parts, const TenantScope& scope) {
  for (const ModuleKind module : kModules) {
    Event event = make_own_event(parts.clock.now(), "trust.canary", Severity::Info);
    event.module = module;
    WD_TRY(parts.events.record(scope, std::move(event)));
  }
  return {};
}

/// Whether it has taken all up to `end`, and so many more than before.
Result<bool> has_taken(const CheckParts& parts, const TenantScope& scope, const DestinationId& id,
                       const OutboxPlace& end, std::int64_t delivered) {
  if (!is_behind(WD_TRY(parts.destinations.place(scope, id)), end)) return false;
  return WD_TRY(parts.destinations.state(scope, id)).delivered >= delivered;
}

}  // namespace

bool is_behind(const OutboxPlace& place, const OutboxPlace& end) {
  return std::ranges::all_of(end.numbers, [&place](const auto& entry) {
    const auto found = place.numbers.find(entry.first);
    return found != place.numbers.end() && found->second >= entry.second;
  });
}

Result<std::vector<Agent>> all_agents(const CheckParts& parts, const TenantScope& scope) {
  std::vector<Agent> all;
  PageRequest request{500, {}};
  do {
    auto page = WD_TRY(parts.agents.list(scope, {}, request));
    std::ranges::move(page.items, std::back_inserter(all));
    request.cursor = page.next_cursor.value_or("");
  } while (!request.cursor.empty());
  return all;
}

Result<CheckOutcome> check_siem(const CheckParts& parts, const std::stop_token& stop) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const auto destination = WD_TRY(whole_destination(parts, first));
  if (!destination) return failed("no destination takes all events");
  const auto before = WD_TRY(parts.destinations.state(first, destination->id));
  const OutboxPlace old_end = WD_TRY(parts.events.outbox_end(first));
  WD_TRY(make_events(parts, first));
  const OutboxPlace end = WD_TRY(parts.events.outbox_end(first));
  if (end == old_end) return fail(ErrorCode::Unavailable, "events are not kept for destinations yet");
  const std::int64_t wanted = before.delivered + static_cast<std::int64_t>(std::size(kModules));
  const auto until = std::chrono::steady_clock::now() + kArrival;
  while (std::chrono::steady_clock::now() < until) {
    if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
    if (WD_TRY(has_taken(parts, first, destination->id, end, wanted)))
      return passed("the events of every module arrived");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  const auto state = WD_TRY(parts.destinations.state(first, destination->id));
  return failed("the events did not arrive" + (state.error.empty() ? std::string() : ": " + state.error));
}

Result<CheckOutcome> check_self_protection(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  for (const Agent& agent : WD_TRY(all_agents(parts, first))) {
    if (agent.hostname != parts.hostname || agent.state != AgentState::Online) continue;
    if (const AgentModule* const degraded = worst_module(agent)) {
      const std::string text = "the agent of this host: " + degraded->module + ": " + degraded->reason;
      return is_being_prepared(*degraded) ? pending(text) : failed(text);
    }
    if (std::ranges::find(agent.modules, "on", &AgentModule::state) == agent.modules.end())
      return failed("the agent of this host has no module that is on");
    return passed("the agent of this host is online");
  }
  return failed("no agent that is online runs on this host");
}

Result<CheckOutcome> check_modules(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return modules_outcome(WD_TRY(all_agents(parts, WD_TRY(parts.center.scope()))));
}

Result<CheckOutcome> modules_outcome(std::span<const Agent> agents) {
  std::set<std::string, std::less<>> on;
  std::string preparing;
  std::size_t online = 0;
  for (const Agent& agent : agents) {
    if (agent.state != AgentState::Online) continue;
    ++online;
    if (const AgentModule* const degraded = worst_module(agent)) {
      const std::string text = agent.hostname + ": " + degraded->module + ": " + degraded->reason;
      if (!is_being_prepared(*degraded)) return failed(text);
      preparing = text;
    }
    for (const AgentModule& each : agent.modules)
      if (each.state == "on" || is_being_prepared(each)) on.insert(each.module);
  }
  if (agents.empty()) return fail(ErrorCode::Unavailable, "the operator has no agent");
  if (online == 0) return failed("no agent of the operator's is online");
  for (const ModuleKind module : kModules)
    if (!on.contains(name(module))) return failed(std::string(name(module)) + " is on at none of the operator's hosts");
  if (!preparing.empty()) return pending(preparing);
  return passed("each of the five modules is on, and none is degraded");
}

Result<CheckOutcome> check_agent_versions(const CheckParts& parts, const std::stop_token& /*stop*/) {
  Ratio ratio;
  for (const TenantScope& scope : every_tenant(parts)) {
    for (const Agent& agent : WD_TRY(all_agents(parts, scope))) {
      if (agent.state == AgentState::NeverConnected) continue;
      ++ratio.all;
      if (agent.agent_version == parts.version) ++ratio.good;
    }
  }
  const std::string text = std::to_string(ratio.good) + " of " + std::to_string(ratio.all) + " agents";
  if (ratio.all == 0) return fail(ErrorCode::Unavailable, "no agent has ever connected");
  return ratio.good * 10 >= ratio.all * 9 ? passed(text, ratio) : failed(text, ratio);
}

Result<CheckOutcome> check_other_checks(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const LatestResults latest = WD_TRY(parts.center.store().latest(first));
  const Timestamp now = parts.clock.now();
  // A round may take its time.
  const auto longest = 2 * parts.center.options().interval + std::chrono::minutes(10);
  for (const Check& check : parts.center.checks()) {
    if (check.id == "checks.current") continue;
    const auto result = latest.find(check.id);
    if (result == latest.end()) return failed(check.id + " has no result");
    if (result->second.time + longest < now) return failed(check.id + " was not carried out for too long");
  }
  return passed("every check has a recent result");
}

}  // namespace warder::manager
