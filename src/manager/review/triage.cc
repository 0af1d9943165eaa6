#include "manager/review/triage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/json.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kFewFailedLogins = 4;
constexpr std::int64_t kFewEvents = 20;    // fewer are no rate
constexpr std::int64_t kShortSilence = 6;  // hours
constexpr std::size_t kDaysForARate = 3;

constexpr std::array<FindingKind, 8> kKinds = {{
    {"silent", TriageResult::Gap, "nothing was received from this system"},
    {"lost", TriageResult::Gap, "events, lines or packets were lost"},
    {"silent-hours", TriageResult::Gap, "longer without an event, in hours, than on any day before"},
    {"severity", TriageResult::Look, "events of high or critical severity"},
    {"integrity", TriageResult::Look, "changes that integrity monitoring found and nobody explained"},
    {"failed-logins", TriageResult::Look, "more refused logins than usual"},
    {"new-type", TriageResult::Look, "a type of event that this system did not have before"},
    {"rate", TriageResult::Look, "more events of a module than usual"},
}};
constexpr FindingKind kNewSystem = {"new-system", TriageResult::Look,
                                    "the first day: there is nothing to compare with"};

/// What a type says of losses: kept by name, for there is no other mark.
bool tells_of_loss(std::string_view type) {
  static constexpr std::array<std::string_view, 17> kTypes = {"agent.spool.corrupt",
                                                              "agent.spool.disk-full",
                                                              "agent.spool.gap",
                                                              "agent.spool.loss",
                                                              "anti-malware.events.lost",
                                                              "anti-malware.files.missed",
                                                              "anti-malware.gate.lost",
                                                              "audit.broken",
                                                              "firewall.events.dropped",
                                                              "integrity.baseline.lost",
                                                              "integrity.watch.overflow",
                                                              "ips.events.suppressed",
                                                              "ips.packets.lost",
                                                              "ips.packets.shed",
                                                              "log-inspection.lines.dropped",
                                                              "log-inspection.lines.skipped",
                                                              "log-inspection.source.gap"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

bool is_unexplained_change(const TypeCount& count) {
  return count.severity > Severity::Info &&
         (count.type.starts_with("integrity.file.") || count.type.starts_with("integrity.entity."));
}

std::int64_t events_of(const std::map<std::string, std::int64_t>& severities) {
  std::int64_t events = 0;
  for (const auto& [severity, count] : severities) events += count;
  return events;
}

std::int64_t module_events(const DaySummary& day, const std::string& module) {
  const auto found = day.modules.find(module);
  return found == day.modules.end() ? 0 : events_of(found->second);
}

std::int64_t severity_events(const DaySummary& day, const std::string& severity) {
  std::int64_t events = 0;
  for (const auto& [module, severities] : day.modules) {
    const auto found = severities.find(severity);
    if (found != severities.end()) events += found->second;
  }
  return events;
}

using Measure = std::function<std::int64_t(const DaySummary&)>;

std::int64_t most(std::span<const DaySummary> days, const Measure& measure) {
  std::int64_t highest = 0;
  for (const DaySummary& day : days) highest = std::max(highest, measure(day));
  return highest;
}

/// Three standard deviations above the mean, and half as much again as the highest day: what is above is no chance.
std::int64_t usual_limit(std::span<const DaySummary> days, const Measure& measure) {
  if (days.empty()) return 0;
  double sum = 0;
  double squares = 0;
  for (const DaySummary& day : days) {
    const auto value = static_cast<double>(measure(day));
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(days.size());
  const double mean = sum / count;
  const double deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
  const double highest = static_cast<double>(most(days, measure));
  return static_cast<std::int64_t>(std::ceil(std::max(mean + 3 * deviation, 1.5 * highest)));
}

class Findings {
 public:
  void add(std::string_view kind, std::string subject, std::int64_t count, std::int64_t usual = 0) {
    const auto* const known = std::ranges::find(kKinds, kind, &FindingKind::name);
    const TriageResult result = known == kKinds.end() ? kNewSystem.result : known->result;
    found_.result = std::max(found_.result, result);
    found_.findings.push_back({std::string(kind), result, std::move(subject), count, usual});
  }
  [[nodiscard]] Triage take() && {
    std::ranges::stable_sort(found_.findings, std::ranges::greater{}, &ReviewFinding::result);
    return std::move(found_);
  }

 private:
  Triage found_;
};

void find_gaps(const DaySummary& day, std::span<const DaySummary> before, Findings& findings) {
  if (day.events == 0) return findings.add("silent", {}, 0);
  if (day.lost > 0) findings.add("lost", {}, day.lost);
  if (before.size() < kDaysForARate) return;
  const std::int64_t usual =
      std::max(kShortSilence, most(before, [](const DaySummary& each) { return each.silent_hours; }));
  if (day.silent_hours > usual) findings.add("silent-hours", {}, day.silent_hours, usual);
}

void find_new_types(const DaySummary& day, std::span<const DaySummary> before, Findings& findings) {
  for (const auto& [type, events] : day.types) {
    const bool is_known =
        std::ranges::any_of(before, [&type](const DaySummary& each) { return each.types.contains(type); });
    if (!is_known) findings.add("new-type", type, events);
  }
}

void find_rates(const DaySummary& day, std::span<const DaySummary> before, Findings& findings) {
  if (before.size() < kDaysForARate) return;
  for (const auto& [module, severities] : day.modules) {
    const std::int64_t events = events_of(severities);
    const std::int64_t usual = std::max(
        kFewEvents, usual_limit(before, [&module](const DaySummary& each) { return module_events(each, module); }));
    if (events > usual) findings.add("rate", module, events, usual);
  }
}

std::map<std::string, std::int64_t> read_counts(const json::object& object) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [key, value] : object)
    if (const std::int64_t* count = value.if_int64()) counts[std::string(key)] = *count;
  return counts;
}

json::object counts_json(const std::map<std::string, std::int64_t>& counts) {
  json::object object;
  for (const auto& [key, count] : counts) object[key] = count;
  return object;
}

}  // namespace

std::span<const FindingKind> finding_kinds() {
  static const std::vector<FindingKind> kAll = [] {
    std::vector<FindingKind> all(kKinds.begin(), kKinds.end());
    all.push_back(kNewSystem);
    return all;
  }();
  return kAll;
}

void DaySum::add(const TypeCount& count) {
  summary_.events += count.events;
  summary_.modules[std::string(name(count.module))][std::string(name(count.severity))] += count.events;
  const bool has_room = summary_.types.size() < kMaxTypesOfDay || summary_.types.contains(count.type);
  summary_.types[has_room ? count.type : std::string(kOtherTypes)] += count.events;
  if (count.is_failed_login) summary_.failed_logins += count.events;
  if (is_unexplained_change(count)) summary_.unexplained_changes += count.events;
  if (tells_of_loss(count.type)) summary_.lost += count.events;
  if (count.hour >= 0 && static_cast<std::size_t>(count.hour) < active_.size())
    active_[static_cast<std::size_t>(count.hour)] = true;
}

DaySummary DaySum::summary() const {
  DaySummary summary = summary_;
  std::int64_t silent = 0;
  for (const bool is_active : active_) {
    silent = is_active ? 0 : silent + 1;
    summary.silent_hours = std::max(summary.silent_hours, silent);
  }
  return summary;
}

Triage triage(const DaySummary& day, std::span<const DaySummary> before) {
  Findings findings;
  find_gaps(day, before, findings);
  for (const char* severity : {"critical", "high"})
    if (const std::int64_t events = severity_events(day, severity); events > 0)
      findings.add("severity", severity, events);
  if (day.unexplained_changes > 0) findings.add("integrity", {}, day.unexplained_changes);
  const std::int64_t logins =
      std::max(kFewFailedLogins, usual_limit(before, [](const DaySummary& each) { return each.failed_logins; }));
  if (day.failed_logins > logins) findings.add("failed-logins", {}, day.failed_logins, logins);
  if (before.empty()) {
    findings.add("new-system", {}, day.events);
  } else {
    find_new_types(day, before, findings);
    find_rates(day, before, findings);
  }
  return std::move(findings).take();
}

json::object to_json(const DaySummary& summary) {
  json::object modules;
  for (const auto& [module, severities] : summary.modules) modules[module] = counts_json(severities);
  return {{"events", summary.events},
          {"modules", std::move(modules)},
          {"types", counts_json(summary.types)},
          {"failed_logins", summary.failed_logins},
          {"unexplained_changes", summary.unexplained_changes},
          {"lost", summary.lost},
          {"silent_hours", summary.silent_hours}};
}

Result<DaySummary> read_summary(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "summary of a day: no object");
  const json::object& object = value.get_object();
  const auto number = [&object](const char* key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && found->is_int64() ? found->get_int64() : 0;
  };
  DaySummary summary;
  summary.events = number("events");
  if (const json::value* modules = object.if_contains("modules"); modules != nullptr && modules->is_object())
    for (const auto& [module, severities] : modules->get_object())
      if (severities.is_object()) summary.modules[std::string(module)] = read_counts(severities.get_object());
  if (const json::value* types = object.if_contains("types"); types != nullptr && types->is_object())
    summary.types = read_counts(types->get_object());
  summary.failed_logins = number("failed_logins");
  summary.unexplained_changes = number("unexplained_changes");
  summary.lost = number("lost");
  summary.silent_hours = number("silent_hours");
  return summary;
}

json::array to_json(std::span<const ReviewFinding> findings) {
  json::array array;
  for (const ReviewFinding& each : findings) {
    array.push_back(json::object{{"kind", each.kind},
                                 {"result", name(each.result)},
                                 {"subject", each.subject},
                                 {"count", each.count},
                                 {"usual", each.usual}});
  }
  return array;
}

}  // namespace warder::manager
