// What the engine reports: a rule that matched, where and when.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/time.h"
#include "engines/ips/app/protocol.h"
#include "engines/ips/rule.h"
#include "packet/packet.h"

namespace warder::ips {

struct Alert {
  Timestamp time;
  const Rule* rule = nullptr;  // lives as long as the rule set
  bool is_blocked = false;
  std::uint8_t protocol = 0;
  packet::Transport transport = packet::Transport::None;
  IpAddress source;
  IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint64_t flow = 0;  // 0: none
  app::Protocol app = app::Protocol::Unknown;
  std::uint64_t packet = 0;  // number in the capture
  std::optional<std::uint64_t> transaction;
};

enum class Verdict : std::uint8_t { Accept, Drop, Reject };

}  // namespace warder::ips
