// Whose socket a packet belonged to.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "engines/firewall/packet.h"
#include "host/facts.h"
#include "host/process_table.h"
#include "model/event.h"

namespace warder::agent {

/// Single-threaded. Sockets that listen are looked up at most every few seconds; a process that is gone stays unknown.
class SocketOwners {
 public:
  explicit SocketOwners(std::unique_ptr<host::HostFacts> facts, std::unique_ptr<host::ProcessTable> processes);
  ~SocketOwners();
  /// Adds process and user to an event where they are known: of incoming packets who listens there, of outgoing ones
  /// the user that the kernel names.
  void describe(Event& event, const firewall::Packet& packet, std::optional<std::uint32_t> uid,
                std::chrono::steady_clock::time_point now);

 private:
  void refresh(std::chrono::steady_clock::time_point now);

  std::unique_ptr<host::HostFacts> facts_;
  std::unique_ptr<host::ProcessTable> processes_;
  std::map<std::pair<std::uint8_t, std::uint16_t>, host::ListeningSocket> listening_;
  std::optional<std::chrono::steady_clock::time_point> looked_;
};

}  // namespace warder::agent
