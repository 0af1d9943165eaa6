#include "model/event.h"

#include <algorithm>
#include <array>

namespace warder {
namespace {

template <class Enum, std::size_t Count>
Result<Enum> parse_name(const std::array<Enum, Count>& values, std::string_view text, std::string_view what) {
  for (const Enum value : values) {
    if (name(value) == text) return value;
  }
  std::string known;
  for (const Enum value : values) known.append(known.empty() ? "" : ", ").append(name(value));
  return fail(ErrorCode::Invalid, std::string(what) + " \"" + std::string(text) + "\" is not one of " + known);
}

bool is_key_before(const std::pair<std::string, EventValue>& field, std::string_view key) noexcept {
  return field.first < key;
}

}  // namespace

std::string_view name(ModuleKind module) noexcept {
  switch (module) {
    case ModuleKind::Agent:
      return "agent";
    case ModuleKind::AntiMalware:
      return "anti-malware";
    case ModuleKind::Firewall:
      return "firewall";
    case ModuleKind::Ips:
      return "ips";
    case ModuleKind::Integrity:
      return "integrity";
    case ModuleKind::LogInspection:
      return "log-inspection";
    case ModuleKind::Manager:
      return "manager";
  }
  return "unknown";
}

std::string_view name(Severity severity) noexcept {
  switch (severity) {
    case Severity::Info:
      return "info";
    case Severity::Low:
      return "low";
    case Severity::Medium:
      return "medium";
    case Severity::High:
      return "high";
    case Severity::Critical:
      return "critical";
  }
  return "unknown";
}

std::string_view name(Action action) noexcept {
  switch (action) {
    case Action::Logged:
      return "logged";
    case Action::Allowed:
      return "allowed";
    case Action::Blocked:
      return "blocked";
    case Action::Quarantined:
      return "quarantined";
    case Action::Killed:
      return "killed";
    case Action::Repaired:
      return "repaired";
    case Action::Failed:
      return "failed";
  }
  return "unknown";
}

Result<ModuleKind> parse_module(std::string_view text) {
  return parse_name(kModuleKinds, text, "module");
}

Result<Severity> parse_severity(std::string_view text) {
  return parse_name(kSeverities, text, "severity");
}

Result<Action> parse_action(std::string_view text) {
  return parse_name(kActions, text, "action");
}

void Event::set(std::string_view key, EventValue value) {
  const auto at = std::lower_bound(fields.begin(), fields.end(), key, is_key_before);
  if (at != fields.end() && at->first == key) {
    at->second = std::move(value);
  } else {
    fields.emplace(at, std::string(key), std::move(value));
  }
}

const EventValue* Event::find(std::string_view key) const noexcept {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == key; });
  return at == fields.end() ? nullptr : &at->second;
}

}  // namespace warder
