// The policy section "agent": how the agent itself behaves, whatever modules it runs. What belongs to the host instead
// (paths, proxy) is in agent.toml.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"

namespace warder {

struct AgentPolicy {
  std::int64_t heartbeat_s = 30;
  std::int64_t spool_max_mb = 256;
  std::int64_t spool_max_events = 500'000;
  bool self_protection = true;
  std::vector<std::string> content_packs;  // names; empty: all active packs

  static std::span<const Field<AgentPolicy>> fields() noexcept;
};

}  // namespace warder
