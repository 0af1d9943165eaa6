// What a module saw: the one form in which events travel from engine to spool, wire, store, API and SIEM.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

namespace warder {

enum class ModuleKind : std::uint8_t {
  Agent = 1,  // the agent itself: life cycle, self-protection, spool
  AntiMalware = 2,
  Firewall = 3,
  Ips = 4,
  Integrity = 5,
  LogInspection = 6,
  Manager = 7,  // the manager's own system events
};

enum class Severity : std::uint8_t { Info = 0, Low = 1, Medium = 2, High = 3, Critical = 4 };

/// What was done about it.
enum class Action : std::uint8_t {
  Logged = 0,
  Allowed = 1,
  Blocked = 2,
  Quarantined = 3,
  Killed = 4,
  Repaired = 5,
  Failed = 6
};

/// Every value, in order: for schemas, forms and tests.
inline constexpr std::array kModuleKinds{ModuleKind::Agent,  ModuleKind::AntiMalware, ModuleKind::Firewall,
                                         ModuleKind::Ips,    ModuleKind::Integrity,   ModuleKind::LogInspection,
                                         ModuleKind::Manager};
inline constexpr std::array kSeverities{Severity::Info, Severity::Low, Severity::Medium, Severity::High,
                                        Severity::Critical};
inline constexpr std::array kActions{Action::Logged, Action::Allowed,  Action::Blocked, Action::Quarantined,
                                     Action::Killed, Action::Repaired, Action::Failed};

/// Stable lower-case words: "anti-malware", "high", "blocked"; used in JSON, filters, SQL and catalogues.
std::string_view name(ModuleKind module) noexcept;
std::string_view name(Severity severity) noexcept;
std::string_view name(Action action) noexcept;
Result<ModuleKind> parse_module(std::string_view text);
Result<Severity> parse_severity(std::string_view text);
Result<Action> parse_action(std::string_view text);

using EventValue = std::variant<std::int64_t, std::string, bool>;

/// One event. `time` and `id` are given by the agent when the event is made and never change: they are its identity
/// everywhere. `type` is a message id of content/messages ("integrity.file.updated"); the text a person reads is made
/// from it and the fields, in that person's language.
struct Event {
  Timestamp time;
  EventId id;
  ModuleKind module = ModuleKind::Agent;
  std::string type;
  Severity severity = Severity::Info;
  Action action = Action::Logged;
  std::string rule;                                        // id of the rule that decided, or empty
  std::vector<std::pair<std::string, EventValue>> fields;  // keys are rows of event_fields(), in order, each once

  void set(std::string_view key, EventValue value);
  [[nodiscard]] const EventValue* find(std::string_view key) const noexcept;
  friend bool operator==(const Event&, const Event&) = default;
};

/// Limits that the gateway enforces; an agent cuts values to fit and sets "truncated".
inline constexpr std::size_t kMaxEventFields = 64;
inline constexpr std::size_t kMaxEventTextBytes = 4096;
inline constexpr std::size_t kMaxEventsPerBatch = 1000;

}  // namespace warder
