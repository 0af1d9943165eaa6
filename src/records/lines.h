// Bytes of a log become lines: in UTF-8 or UTF-16, of bounded length, with the place in the bytes where each one ends,
// so that a reader can go on there after a restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace warder::records {

enum class Encoding : std::uint8_t { Bytes, Utf16Le, Utf16Be };

/// By the byte order mark at the head of a file; Bytes (UTF-8 or any other superset of ASCII) when there is none.
Encoding detect_encoding(ByteView head) noexcept;

/// UTF-16 as UTF-8; unpaired surrogates and an odd last byte become U+FFFD.
std::string utf16_to_utf8(ByteView bytes, Encoding encoding);

struct Line {
  std::string_view text;    // without its end (LF or CR LF) and without a byte order mark; valid during the call
  std::uint64_t begin = 0;  // offset of its first byte
  std::uint64_t end = 0;    // offset behind its line feed
  bool is_cut = false;      // longer than the limit: the rest is left out
};

/// Single-threaded. Holds at most one unfinished line.
class LineSplitter {
 public:
  using Take = std::function<void(const Line&)>;

  /// `offset`: where in the file the first byte fed will be from. A line of more than `max_bytes` bytes is cut.
  LineSplitter(Encoding encoding, std::uint64_t offset, std::size_t max_bytes);

  /// Hands over each line that ends in `bytes`. The same bytes in other pieces give the same lines.
  void feed(ByteView bytes, const Take& take);
  /// Hands over what is there of an unfinished line, for a file that will not grow.
  void finish(const Take& take);

  /// Offset behind the last line handed over: from there nothing has been handed over.
  [[nodiscard]] std::uint64_t done() const noexcept { return begin_; }
  /// Offset behind the last byte fed.
  [[nodiscard]] std::uint64_t fed() const noexcept { return fed_; }
  [[nodiscard]] bool has_partial() const noexcept { return fed_ != begin_; }

 private:
  [[nodiscard]] std::size_t find_end(ByteView bytes) const noexcept;
  void keep(ByteView bytes);
  void hand_over(ByteView last, std::uint64_t end, const Take& take);

  Encoding encoding_;
  std::size_t max_bytes_;
  std::uint64_t begin_;
  std::uint64_t fed_;
  std::string partial_;
  bool is_cut_ = false;
};

}  // namespace warder::records
