// What the engines look at: an open file and, where it is small enough, its content.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"

namespace warder::scanner {

struct Subject {
  int file = -1;     // a regular file; the caller's
  ByteView content;  // all of it, as it was read; empty when it is too large to be read at once
  std::string name;  // as people know it
};

/// Reads files into memory that is kept from one to the next: mapping each costs more than reading the small ones, and
/// what is read cannot be cut under the reader. Single-threaded.
class ContentReader {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
  /// From the beginning to the end; empty when it has more than kMaxBytes or cannot be read. Valid until the next call.
  ByteView read(int file);

 private:
  std::unique_ptr<std::uint8_t[]> buffer_;
};

}  // namespace warder::scanner
