// An event on its way to another system, with where it comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/event.h"
#include "model/ids.h"

namespace warder::formats {

struct OutgoingEvent {
  Event event;
  Timestamp received{};
  std::optional<AgentId> agent;  // absent: the manager's own
  std::string host;
  TenantId tenant;
  std::string tenant_name;
  std::string title;                      // a sentence, in the receiver's language
  std::optional<std::uint64_t> number{};  // in its tenant's stream, counted without gaps
};

}  // namespace warder::formats
