// One direction of a TCP connection as bytes in order, with gaps, from segments in any order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "packet/stream_pool.h"

namespace warder::packet {

/// Which bytes survive where segments overlap (Novak and Sturges, "Target-Based TCP Stream Reassembly", 2007).
enum class StreamPolicy : std::uint8_t { First, Last, Bsd, Linux, OldLinux, Windows, Solaris, MacOs, Vista };
std::string_view name(StreamPolicy policy) noexcept;

/// Bytes that may be judged. `gap` bytes right before `offset` are missing and will not come.
struct StreamView {
  std::uint64_t offset = 0;  // of the first byte: 0 is the byte after the SYN
  ByteView bytes;
  std::uint64_t gap = 0;
};

/// Two readers go through a stream at their own pace: the parser of the application layer, and the search for patterns
/// in raw bytes. What both have passed (and the other side has acknowledged) is forgotten.
enum class StreamReader : std::uint8_t { App, Raw };

/// What became of a segment.
struct SegmentResult {
  bool is_stored = false;             // some of it is new
  bool is_retransmission = false;     // all of it was there already
  bool is_before_base = false;        // all of it was there so long ago that it is forgotten
  bool overlaps_differently = false;  // bytes that were there already were different
  bool is_over_limit = false;         // too far ahead, or no memory: it will be a gap
  bool is_over_depth = false;         // beyond what is to be looked at
};

struct StreamLimits {
  std::uint64_t depth = 1ULL << 20;    // bytes of a stream that are looked at; 0: no limit
  std::uint32_t max_ahead = 4U << 20;  // how far beyond a hole segments are kept
};

/// How a stream deals with what is sent.
struct StreamRules {
  StreamPolicy policy = StreamPolicy::Bsd;
  bool is_inline = false;  // whatever the policy, bytes that passed first are what the host has
  StreamLimits limits = {};
};

struct StreamRange {
  std::uint64_t begin;
  std::uint64_t end;
};

/// Where both differ: does a host with this policy take the bytes of the later segment?
bool is_later_favoured(StreamPolicy policy, StreamRange earlier, StreamRange later) noexcept;

/// Single-threaded, like the pool that its memory comes from.
class ByteStream {
 public:
  /// Adds bytes that begin at `offset`.
  SegmentResult add(std::uint64_t offset, ByteView bytes, const StreamRules& rules, StreamPool& pool);
  /// The other side has all bytes before `offset`: holes before it stay holes.
  void acknowledge(std::uint64_t offset) noexcept;
  /// Inline or asynchronous: bytes in order may be judged before they are acknowledged.
  void release() noexcept { is_released_ = true; }
  /// Nothing more will come: all may be judged, and holes stay holes.
  void finish() noexcept;

  /// What this reader has not passed yet, up to the next hole. Empty, with a gap of 0: nothing now. Empty with a gap:
  /// bytes are missing, and what follows them is not there yet; advance(offset) steps over them.
  [[nodiscard]] StreamView read(StreamReader reader) const noexcept;
  /// The reader has dealt with all bytes before `offset`.
  void advance(StreamReader reader, std::uint64_t offset, StreamPool& pool) noexcept;
  /// The reader wants no more of this stream. With both gone nothing is kept.
  void close(StreamReader reader, StreamPool& pool) noexcept;
  [[nodiscard]] bool is_open(StreamReader reader) const noexcept { return !closed_[static_cast<std::size_t>(reader)]; }
  [[nodiscard]] std::uint64_t progress(StreamReader reader) const noexcept {
    return progress_[static_cast<std::size_t>(reader)];
  }
  /// Bytes are missing that the other side has: the next reader will meet a gap.
  [[nodiscard]] bool has_gap() const noexcept;
  /// The end of what was sent, as far as seen, in order or not.
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
  [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }
  [[nodiscard]] std::size_t memory() const noexcept { return buffer_.size(); }
  /// Gives the memory back and begins anew.
  void reset(StreamPool& pool) noexcept;

 private:
  [[nodiscard]] std::uint8_t* at(std::uint64_t offset) noexcept;
  [[nodiscard]] const std::uint8_t* at(std::uint64_t offset) const noexcept;
  void overlay(StreamRange segment, ByteView bytes, const StreamRules& rules, SegmentResult& result);
  void settle(StreamRange segment, StreamRange common, ByteView bytes, const StreamRules& rules);
  void join_run(StreamRange segment);
  void keep_segment(StreamRange segment);
  void forget_old(StreamPool& pool) noexcept;
  bool make_room(StreamRange segment, const StreamLimits& limits, StreamPool& pool);

  StreamBuffer buffer_;
  std::uint64_t base_ = 0;  // offset of the first byte that is kept
  std::size_t head_ = 0;    // where in the buffer it stands
  std::uint64_t end_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::array<std::uint64_t, 2> progress_{};
  std::array<bool, 2> closed_{};
  bool is_released_ = false;
  std::vector<StreamRange> runs_;      // what is there, in order, without touching one another
  std::vector<StreamRange> segments_;  // as they came, by where they begin: the overlap policies ask about them
  std::size_t first_segment_ = 0;      // those before it are forgotten
};

}  // namespace warder::packet
