// The way of packets through a judge: from a PacketSource to decode and verdict and back, within a budget of time.
//
// Whatever goes wrong here lets packets pass, counted: nothing is dropped that the judge has not condemned.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/packet_source.h"
#include "packet/packet.h"

namespace warder::agent {

enum class Judgement : std::uint8_t {
  Pass,
  Enough,   // pass, and the rest of the flow need not be looked at
  Drop,     // this packet
  Condemn,  // this packet and all that follow in its flow; TCP is reset on both sides
};

/// Single-threaded; one for each queue.
class PacketJudge {
 public:
  virtual ~PacketJudge() = default;
  virtual Judgement judge(const packet::Frame& frame) = 0;
  /// Once in a while, also without packets.
  virtual void tick(Timestamp now) = 0;
};

/// Observe: the judgement is carried out by nobody, but the judge hears everything.
enum class InlineMode : std::uint8_t { Observe, Prevent };

struct InlineOptions {
  std::chrono::microseconds budget{20'000};  // from a batch's arrival to the last of its judgements
  std::uint32_t mark_mask = 0;               // kernel::kMarkMask or what the host's configuration says
};

/// May be read from any thread.
struct InlineCounters {
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> condemned{0};   // flows
  std::atomic<std::uint64_t> would_drop{0};  // while observing
  std::atomic<std::uint64_t> enough{0};      // flows
  std::atomic<std::uint64_t> shed{0};        // packets that passed unseen because the budget was used up
  std::atomic<std::uint64_t> late_batches{0};
  std::atomic<std::uint64_t> lost{0};  // packets that never reached us: the kernel's buffers were full
};

/// Single-threaded, but set_mode() and the counters may be used from any thread.
class InlinePath {
 public:
  /// All outlive it.
  InlinePath(host::PacketSource& source, PacketJudge& judge, InlineOptions options)
      : source_(source), judge_(judge), options_(options) {}

  /// One batch, or none within `patience`. Fails as the source fails: NotFound is the end of a capture.
  Result<void> step(std::chrono::milliseconds patience);
  void set_mode(InlineMode mode) noexcept { mode_.store(mode, std::memory_order_relaxed); }
  [[nodiscard]] const InlineCounters& counters() const noexcept { return counters_; }

 private:
  host::PacketVerdict carry_out(Judgement judgement, const host::ReceivedPacket& received);

  host::PacketSource& source_;
  PacketJudge& judge_;
  InlineOptions options_;
  std::atomic<InlineMode> mode_{InlineMode::Observe};  // until told otherwise
  InlineCounters counters_;
  std::vector<host::PacketVerdict> verdicts_;
  std::uint64_t number_ = 0;
  Timestamp last_time_;  // of the packet before
  std::chrono::steady_clock::time_point last_tick_;
};

}  // namespace warder::agent
