// Bounded decompression for bodies and headers: gzip, zlib, raw deflate. Never writes more than it was allowed to.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace warder::ips::app {

enum class Coding : std::uint8_t { Gzip, Zlib, RawDeflate };

/// One stream. Single-threaded.
class Inflater {
 public:
  Inflater(Coding coding, std::uint64_t max_output_bytes);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class State : std::uint8_t { Open, Ended, Broken, OverLimit };
  /// Appends to `out` what `bytes` expand to, as far as the limit goes.
  State push(ByteView bytes, Bytes& out);
  [[nodiscard]] State state() const noexcept { return state_; }

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::uint64_t left_;
  State state_ = State::Open;
};

/// A whole buffer at once: what could be expanded, at most `max_output_bytes`; empty when nothing could.
Bytes inflate(Coding coding, ByteView bytes, std::uint64_t max_output_bytes);

}  // namespace warder::ips::app
