// Follows TCP connections as the protected host would, so that what is inspected is what the host will read; what an
// attacker does to make the two differ is an event.
#pragma once

#include <cstdint>

#include "packet/flow_table.h"
#include "packet/packet.h"
#include "packet/tcp_session.h"

namespace warder::packet {

struct TcpOptions {
  bool is_inline = false;  // bytes may be judged as soon as they are in order, not only when acknowledged
  bool picks_up_midstream = false;
  bool allows_async = false;  // one side may be invisible
  StreamPolicy policy = StreamPolicy::Bsd;
  StreamLimits limits = {};
  std::uint64_t max_bytes = 64ULL << 20;  // of all streams together
  std::uint8_t max_other_synacks = 5;
  std::uint8_t max_other_syns = 10;
};

struct TcpCounters {
  std::uint64_t sessions = 0;
  std::uint64_t midstream = 0;
  std::uint64_t gaps = 0;
  std::uint64_t retransmissions = 0;
  std::uint64_t conflicts = 0;  // overlaps with different bytes
  std::uint64_t over_memory = 0;
};

/// What a packet did to its connection. Look at both streams after each packet: an acknowledgment releases bytes of the
/// opposite direction.
struct TcpResult {
  bool is_accepted = false;     // the host would take it as part of this connection
  bool is_midstream = false;    // there is no connection that it could belong to, and none is picked up
  bool was_added = false;       // its payload is in the stream
  bool is_conflicting = false;  // it says otherwise than what passed before: inline, it must not pass
  bool must_drop = false;       // an injection that inline mode does not let pass
  bool is_reuse = false;        // a new connection between the same ports: ask the flow table for a new flow, and again
  bool is_end = false;          // the connection is over: nothing more will come
  FlowState flow_state = FlowState::New;
};

/// Single-threaded.
class TcpTracker {
 public:
  explicit TcpTracker(TcpOptions options = {});

  /// Follows a TCP packet, adds stream events to it, and may turn the flow round (midstream, SYN+ACK first): then
  /// `direction` is changed with it.
  TcpResult follow(Packet& packet, Flow& flow, Direction& direction);
  /// The flow ends: what is left may be read.
  void finish(Flow& flow) noexcept;
  /// After that, before the flow goes: gives its memory back.
  void forget(Flow& flow) noexcept;

  [[nodiscard]] StreamPool& pool() noexcept { return pool_; }
  [[nodiscard]] const TcpCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const TcpOptions& options() const noexcept { return options_; }

 private:
  TcpOptions options_;
  TcpCounters counters_;
  StreamPool pool_;
};

}  // namespace warder::packet
