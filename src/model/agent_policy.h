// The policy section "agent": how the agent itself behaves, whatever modules it runs.
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
  std::int64_t worker_memory_max_mb = 512;
  std::int64_t reconnect_max_s = 60;
  std::vector<std::string> content_packs;  // names; empty: all active packs

  static std::span<const Field<AgentPolicy>> fields() noexcept;
};

}  // namespace warder
