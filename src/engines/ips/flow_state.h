// What the engine remembers of a flow, and what it remembers across flows.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "engines/ips/app/app_flow.h"
#include "engines/ips/packet_test.h"
#include "engines/ips/rule_loader.h"

namespace warder::ips {

/// Small ordered set of bit names.
class Bits {
 public:
  [[nodiscard]] bool has(std::uint32_t name) const noexcept;
  void set(std::uint32_t name);
  void unset(std::uint32_t name);
  void toggle(std::uint32_t name) { has(name) ? unset(name) : set(name); }
  void clear() noexcept { names_.clear(); }

 private:
  std::vector<std::uint32_t> names_;
};

/// What happens to the rest of a flow.
enum class FlowVerdict : std::uint8_t { Inspect, Pass, Drop };

/// Inline: a rule whose pattern was in the stream and whose other parts may still come.
struct WaitingRule {
  std::uint32_t rule = 0;
  std::uint64_t begin = 0;  // offset in the stream of what was looked at then
  std::uint64_t end = 0;
};

/// One side of a flow, as detection sees it.
struct FlowSideState {
  bool saw_packet = false;       // address rules were asked
  bool is_beyond_depth = false;  // the application layer has all that it gets of this side
  // Protocol rules were asked when the two sides spoke these.
  std::array<app::Protocol, 2> announced{app::Protocol::Unknown, app::Protocol::Unknown};
  bool triggers_raw = false;        // a message ended: raw bytes are inspected though they are few
  std::uint64_t raw_inspected = 0;  // offset in the stream
  std::uint64_t last_packet = 0;    // number in the capture
  std::vector<WaitingRule> waiting;
  std::size_t app_events_seen = 0;
  std::size_t parser_events_seen = 0;
};

/// Single-threaded, one per flow, reused.
struct FlowState {
  std::uint32_t generation = 0;
  std::uint64_t id = 0;
  std::unique_ptr<app::AppFlow> app;
  std::array<FlowSideState, 2> sides{};
  Bits bits;
  std::map<std::uint32_t, std::uint32_t> integers;
  FlowVerdict verdict = FlowVerdict::Inspect;
  bool is_established = false;
  bool has_ended = false;
  bool is_bypassed = false;

  [[nodiscard]] FlowSideState& side(Direction direction) noexcept { return sides[index(direction)]; }
  [[nodiscard]] app::Protocol protocol() const noexcept { return app ? app->protocol() : app::Protocol::Unknown; }
  void reset();
};

/// Bits on addresses and pairs of addresses (xbits, hostbits); bounded. Single-threaded.
class SharedState {
 public:
  void advance(Timestamp now) noexcept { now_ = now; }
  [[nodiscard]] Timestamp now() const noexcept { return now_; }

  [[nodiscard]] bool has_bit(const packet::Packet& packet, BitTrack track, std::uint32_t name) const;
  void set_bit(const packet::Packet& packet, BitTrack track, std::uint32_t name, std::uint32_t seconds);
  void unset_bit(const packet::Packet& packet, BitTrack track, std::uint32_t name);

  void forget_bits() noexcept { bits_.clear(); }

  /// Reputation of an address in a category, 0..127; nothing when unknown.
  [[nodiscard]] std::optional<std::uint8_t> reputation(const IpAddress& address, std::uint8_t category) const;
  /// Shared by all engines of a rule set.
  void use_reputation(std::span<const ReputationEntry> entries) noexcept { reputation_ = entries; }

 private:
  struct Key {
    IpAddress first;
    IpAddress second;
    std::uint32_t name = 0;
    BitTrack track = BitTrack::Source;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  static Key key(const packet::Packet& packet, BitTrack track, std::uint32_t name);

  Timestamp now_;
  std::map<Key, Timestamp> bits_;  // when they end
  std::span<const ReputationEntry> reputation_;
};

}  // namespace warder::ips
