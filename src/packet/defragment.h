// IP datagrams from their fragments, overlaps decided as the protected host would decide them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "packet/packet.h"

namespace warder::packet {

/// Which bytes survive where fragments overlap (Novak, "Target-Based Fragmentation Reassembly", 2005).
enum class DefragmentPolicy : std::uint8_t { First, Last, Bsd, BsdRight, Linux, Windows, Solaris };

struct DefragmentLimits {
  std::uint32_t max_datagrams = 4096;  // unfinished at a time; the oldest is given up for a new one
  std::uint64_t max_bytes = 32ULL << 20;
  std::uint32_t max_fragments = 1024;  // of one datagram
  std::chrono::seconds timeout{60};
};

struct DefragmentCounters {
  std::uint64_t fragments = 0;
  std::uint64_t reassembled = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t evicted = 0;  // for want of room
  std::uint64_t overlaps = 0;
};

/// Single-threaded.
class Defragmenter {
 public:
  Defragmenter(DefragmentLimits limits, DefragmentPolicy policy);
  ~Defragmenter();
  Defragmenter(const Defragmenter&) = delete;
  Defragmenter& operator=(const Defragmenter&) = delete;

  /// Takes a fragment (`packet.ip.is_fragment()`), adds events to it, and returns the whole datagram (IP header with
  /// lengths and fragment fields put right, then the payload) if this was the last piece, else nothing. The bytes live
  /// until the next call.
  ByteView add(Packet& packet);

  [[nodiscard]] const DefragmentCounters& counters() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warder::packet
