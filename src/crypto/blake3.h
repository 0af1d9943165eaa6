// BLAKE3 in its plain mode (no key): github.com/BLAKE3-team/BLAKE3-specs. Here because no library of the supported
// systems has it; OpenSSL does not know it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace warder::crypto {

/// Single-threaded.
class Blake3 {
 public:
  void update(ByteView bytes);
  /// The 32 bytes of the digest; starts the next.
  std::string finish();

  static constexpr std::size_t kChunk = 1024;
  static constexpr std::size_t kLanes = 8;  // chunks that are hashed side by side
  using Value = std::array<std::uint32_t, 8>;

 private:
  void push(const Value& subtree);

  std::array<std::uint8_t, kLanes * kChunk> waiting_;  // hashed once it is known that more follows
  std::size_t size_ = 0;                               // of what waits
  std::uint64_t groups_ = 0;                           // of kLanes chunks, hashed
  std::array<Value, 54> stack_{};                      // the left parts of the tree, the biggest first
  std::size_t depth_ = 0;
};

}  // namespace warder::crypto
