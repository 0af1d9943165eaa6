// How many events of which type each agent had in each quarter of an hour: what the daily review looks at, without
// reading events. Quarters, because somewhere a day begins at every one of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "model/event.h"
#include "model/ids.h"

namespace warder::manager {

inline constexpr std::chrono::minutes kCountedSlot{15};

struct TypeCount {
  std::optional<AgentId> agent;  // absent: the manager's own
  std::int64_t hour = 0;         // of the range that was asked for, from 0
  ModuleKind module = ModuleKind::Agent;
  Severity severity = Severity::Info;
  std::string type;
  bool is_failed_login = false;
  std::int64_t events = 0;
};

using TypeCountVisitor = std::function<void(const TypeCount&)>;

/// A line of a log that tells of a login that was refused.
bool is_failed_login(const Event& event);

}  // namespace warder::manager
