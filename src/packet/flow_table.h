// Which conversation a packet belongs to. Bounded: when full, the flow that is least worth keeping gives way.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "packet/flow.h"
#include "packet/packet.h"

namespace warder::packet {

struct FlowTimeouts {
  std::chrono::seconds fresh{30};  // FlowState::New
  std::chrono::seconds established{300};
  std::chrono::seconds closed{10};
};

struct FlowLimits {
  std::uint32_t max_flows = 262'144;
  FlowTimeouts tcp{std::chrono::seconds{60}, std::chrono::seconds{600}, std::chrono::seconds{60}};
  FlowTimeouts udp{std::chrono::seconds{30}, std::chrono::seconds{300}, std::chrono::seconds{10}};
  FlowTimeouts icmp{std::chrono::seconds{30}, std::chrono::seconds{300}, std::chrono::seconds{10}};
  FlowTimeouts other{std::chrono::seconds{30}, std::chrono::seconds{300}, std::chrono::seconds{10}};
  bool distinguishes_vlans = true;
  std::uint64_t hash_seed = 0;  // unpredictable where the packets are hostile: set it from the system's randomness
};

struct FlowCounters {
  std::uint64_t made = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t reused = 0;
  std::uint64_t evicted = 0;  // for want of room
};

/// Told of each flow before its slot is free again.
class FlowObserver {
 public:
  virtual ~FlowObserver() = default;
  virtual void on_flow_end(Flow& flow, FlowEnd why) = 0;
};

/// Single-threaded; time comes with the packets. Memory grows with the flows that live at a time, never beyond the
/// limit.
class FlowTable {
 public:
  struct Found {
    Flow* flow = nullptr;  // valid until the next call that is not const
    Direction direction = Direction::ToServer;
    bool is_new = false;
  };

  /// `observer` may be null and otherwise outlives the table.
  explicit FlowTable(FlowLimits limits = {}, FlowObserver* observer = nullptr);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  /// The flow of an IP packet, made if need be, its counters and state brought up to date (the TCP state is the
  /// tracker's business). No flow for packets that are not IP, are fragments, or are invalid. An ICMP error finds the
  /// flow of the packet it quotes and makes none.
  Found find_or_make(const Packet& packet);

  /// Ends flows whose time is up, as far as `limit` of them; cheap when there are none. Call once in a while, with the
  /// time of the newest packet.
  void expire(Timestamp now, std::uint32_t limit = 64);
  /// Tells the table that the state changed outside (TcpTracker), so that the right timeout holds.
  void set_state(Flow& flow, FlowState state);
  void end(Flow& flow, FlowEnd why);
  void end_all();

  [[nodiscard]] std::uint32_t size() const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept;
  [[nodiscard]] const FlowCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warder::packet
