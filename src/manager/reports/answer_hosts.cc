// How the hosts are protected, as far as it is known.
#include <algorithm>
#include <array>
#include <map>

#include "manager/reports/report_data.h"
#include "manager/reports/report_words.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kHoursOfDay = 24;
constexpr std::int64_t kHoursOfWeek = 7 * kHoursOfDay;

struct ModuleCounts {
  std::int64_t on = 0;
  std::int64_t degraded = 0;
  std::int64_t off = 0;
  std::int64_t unknown = 0;
};

/// Those that protect; a module that the agent never told of is not known, as is any of a silent agent.
using ModulesBy = std::map<std::string, ModuleCounts>;
constexpr std::array kProtecting = {ModuleKind::AntiMalware, ModuleKind::Firewall, ModuleKind::Ips,
                                    ModuleKind::Integrity, ModuleKind::LogInspection};

const AgentModule* find_module(const Agent& agent, std::string_view module) {
  const auto found = std::ranges::find(agent.modules, module, &AgentModule::module);
  return found == agent.modules.end() ? nullptr : &*found;
}

void count_modules(const Agent& agent, ModulesBy& counts) {
  for (const ModuleKind kind : kProtecting) {
    const AgentModule* const module = find_module(agent, name(kind));
    const std::string_view state = module == nullptr ? "unknown" : std::string_view(module->state);
    ModuleCounts& of = counts[std::string(name(kind))];
    ++(state == "on" ? of.on : state == "degraded" ? of.degraded : state == "off" ? of.off : of.unknown);
  }
}

bool has_protection(const Agent& agent) {
  return std::ranges::any_of(kProtecting, [&](ModuleKind kind) {
    const AgentModule* const module = find_module(agent, name(kind));
    return module != nullptr && (module->state == "on" || module->state == "degraded");
  });
}

/// Why a host is not as it should be; empty: it is.
std::string trouble(const Agent& agent, std::string_view language) {
  if (agent.state != AgentState::Online) return word_for("agent", name(agent.state), language);
  std::string text;
  for (const AgentModule& module : agent.modules) {
    if (module.state != "degraded") continue;
    text.append(text.empty() ? "" : "; ").append(word_for("module", module.module, language));
    if (!module.reason.empty()) text.append(": ").append(module.reason);
  }
  if (text.empty() && !has_protection(agent)) text = report_word("why.no-protection", language);
  return text;
}

std::string_view age_of(const Agent& agent) {
  const AgentModule* const module = find_module(agent, name(ModuleKind::AntiMalware));
  if (agent.state != AgentState::Online || module == nullptr) return "not-known";
  const auto hours = module->counters.find("signatures_age_h");
  if (hours == module->counters.end()) return "not-known";
  if (hours->second <= kHoursOfDay) return "age.day";
  return hours->second <= kHoursOfWeek ? "age.week" : "age.older";
}

struct Fleet {
  std::int64_t hosts = 0;
  std::map<AgentState, std::int64_t> states{};
  std::int64_t degraded = 0;
  std::int64_t unprotected = 0;  // of those that are online: of others it is not known
  ModulesBy modules{};
  std::map<std::string, std::int64_t> policies{};  // by id
  std::map<std::string, std::int64_t> groups{};    // by id; "": none
  std::map<std::string, std::int64_t> versions{};
  std::map<std::string_view, std::int64_t> ages{};
};

void count(const Agent& agent, const PolicyId& policy, Fleet& fleet) {
  ++fleet.hosts;
  ++fleet.states[agent.state];
  if (agent.state == AgentState::Online) {
    fleet.degraded += count_degraded(agent.modules) > 0 ? 1 : 0;
    fleet.unprotected += has_protection(agent) ? 0 : 1;
  }
  count_modules(agent, fleet.modules);
  ++fleet.policies[policy.text()];
  ++fleet.groups[agent.group ? agent.group->text() : std::string()];
  ++fleet.versions[agent.agent_version];
  ++fleet.ages[age_of(agent)];
}

using Names = std::map<std::string, std::string>;  // by id

/// Those that the recipient may see.
Result<Names> policy_names(const ReportSources& sources, const ReportQuestion& question) {
  Names names;
  if (!question.policies) return names;
  WD_TRY(visit_all([&](const PageRequest& page) { return sources.policies.list(*question.policies, page); },
                   [&](const Policy& each) { names[each.id.text()] = each.name; }));
  return names;
}

Result<Names> group_names(const ReportSources& sources, const ReportQuestion& question) {
  Names names{{"", std::string(report_word("none", question.language))}};
  WD_TRY(visit_all([&](const PageRequest& page) { return sources.groups.list(question.scope, page); },
                   [&](const Group& each) { names[each.id.text()] = each.name; }));
  return names;
}

bool are_all_known(const std::map<std::string, std::int64_t>& counts, const Names& names) {
  return std::ranges::all_of(counts, [&](const auto& each) { return names.contains(each.first); });
}

ReportTable fleet_table(const Fleet& fleet, std::string_view language) {
  ReportTable table = make_table(language, "fleet", {"state", "hosts"});
  const auto add = [&](std::string_view state, std::int64_t hosts) {
    table.add({word_for("agent", state, language), hosts});
  };
  const auto of = [&](AgentState state) {
    const auto found = fleet.states.find(state);
    return found == fleet.states.end() ? 0 : found->second;
  };
  add("all", fleet.hosts);
  for (const AgentState state : {AgentState::Online, AgentState::Offline, AgentState::NeverConnected})
    add(name(state), of(state));
  table.add({std::string(report_word("degraded", language)), fleet.degraded});
  add("unprotected", fleet.unprotected);
  return table;
}

ReportTable modules_table(const Fleet& fleet, std::string_view language) {
  ReportTable table = make_table(language, "modules", {"module", "on", "degraded", "off", "not-known"});
  for (const ModuleKind kind : kProtecting) {
    const auto found = fleet.modules.find(std::string(name(kind)));
    const ModuleCounts of = found == fleet.modules.end() ? ModuleCounts{} : found->second;
    table.add({word_for("module", name(kind), language), of.on, of.degraded, of.off, of.unknown});
  }
  return table;
}

ReportTable named_table(const std::map<std::string, std::int64_t>& counts, const Names& names, std::string_view key,
                        std::string_view column, std::string_view language) {
  ReportTable table = make_table(language, key, {column, "hosts"});
  for (const auto& [id, hosts] : counts) {
    const auto known = names.find(id);
    table.add({known == names.end() ? id : known->second, hosts});
  }
  return table;
}

ReportTable ages_table(const Fleet& fleet, std::string_view language) {
  ReportTable table = make_table(language, "content-age", {"age", "hosts"});
  for (const std::string_view age : {"age.day", "age.week", "age.older", "not-known"}) {
    const auto found = fleet.ages.find(age);
    table.add({std::string(report_word(age, language)), found == fleet.ages.end() ? 0 : found->second});
  }
  return table;
}

}  // namespace

Result<ReportAnswer> answer_hosts(const ReportSources& sources, const ReportQuestion& question) {
  const std::string& language = question.language;
  const auto policies = WD_TRY(sources.agents.policies_of_all(question.scope));
  Fleet fleet;
  ReportTable trouble_table = make_table(language, "not-protected", {"host", "state", "last-seen", "why"});
  AgentFilter filter;
  if (!question.filter.empty()) filter.filters.push_back(question.filter);
  WD_TRY(visit_all([&](const PageRequest& page) { return sources.agents.list(question.scope, filter, page); },
                   [&](const Agent& agent) {
                     const auto policy = policies.find(agent.id);
                     count(agent, policy == policies.end() ? PolicyId{} : policy->second, fleet);
                     const std::string why = trouble(agent, language);
                     if (why.empty()) return;
                     trouble_table.add({agent.hostname, word_for("agent", name(agent.state), language),
                                        agent.last_seen ? to_rfc3339(*agent.last_seen) : std::string(), why});
                   }));
  const Names policies_by_id = WD_TRY(policy_names(sources, question));
  const Names groups_by_id = WD_TRY(group_names(sources, question));
  ReportAnswer answer;
  answer.tables = {fleet_table(fleet, language),
                   modules_table(fleet, language),
                   std::move(trouble_table),
                   named_table(fleet.policies, policies_by_id, "by-policy", "policy", language),
                   named_table(fleet.groups, groups_by_id, "by-group", "group", language),
                   named_table(fleet.versions, {}, "by-version", "version", language),
                   ages_table(fleet, language)};
  answer.notes = {std::string(report_word("note.now", language)), std::string(report_word("note.silent", language))};
  if (!are_all_known(fleet.policies, policies_by_id) || !are_all_known(fleet.groups, groups_by_id))
    answer.notes.emplace_back(report_word("note.names", language));
  return answer;
}

}  // namespace warder::manager
