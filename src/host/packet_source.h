// Port: packets of this host, one after another, and what is to become of each. Bodies: the kernel's packet queue
// (judges), AF_PACKET (only looks), a capture file in memory (only looks).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace warder::host {

enum class PacketHook : std::uint8_t { Unknown, In, Out, Forward };

struct ReceivedPacket {
  Timestamp time;
  ByteView bytes;  // until the next receive()
  /// LINKTYPE_ number of what the bytes begin with: 101 for bare IP, 1 for Ethernet.
  std::uint16_t link = 101;
  PacketHook hook = PacketHook::Unknown;
  std::uint32_t interface = 0;  // index
  std::uint32_t mark = 0;
  std::uint32_t wire_length = 0;  // more than bytes.size() when it was cut
  bool has_partial_checksums = false;
};

struct PacketVerdict {
  bool is_dropped = false;
  std::optional<std::uint32_t> mark;  // set on the packet that goes on
  friend bool operator==(const PacketVerdict&, const PacketVerdict&) = default;
};

struct PacketSourceCounters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t lost = 0;              // that the kernel let pass, or dropped for an onlooker, because we were slow
  std::uint64_t verdict_messages = 0;  // to the kernel
};

/// Single-threaded, but interrupt() may come from any thread.
class PacketSource {
 public:
  virtual ~PacketSource() = default;
  /// "nfqueue", "af_packet", "capture".
  [[nodiscard]] virtual std::string_view mechanism() const noexcept = 0;
  /// What has arrived, at most one batch; empty after `patience` or an interrupt. NotFound at the end of a capture.
  virtual Result<std::span<const ReceivedPacket>> receive(std::chrono::milliseconds patience) = 0;
  /// One verdict for each packet of the last receive(), in its order. Sources that only look take no notice.
  virtual Result<void> answer(std::span<const PacketVerdict> verdicts) = 0;
  [[nodiscard]] virtual PacketSourceCounters counters() const noexcept = 0;
  virtual void interrupt() noexcept = 0;
};

}  // namespace warder::host
