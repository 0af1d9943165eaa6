// An event as the manager keeps it: the agent's event, and when and from whom it came.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/events/rank.h"
#include "model/event.h"
#include "model/ids.h"

namespace warder {
class Messages;
}

namespace warder::manager {

struct StoredEvent {
  Event event;
  Timestamp received;
  std::optional<AgentId> agent;  // absent: the manager's own
  std::string host;
  std::int64_t asset_value = kLeastAssetValue;  // of the host when the event came
  std::vector<std::string> tags{};              // sorted, each once
};

/// The `Event` of the REST contract, with its title in the language.
boost::json::object to_api_json(const StoredEvent& stored, const Messages& messages, std::string_view locale);

}  // namespace warder::manager
