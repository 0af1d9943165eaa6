// Reading untrusted bytes: a bounds-checked cursor that returns Result and never runs past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The same memory, seen as bytes or as characters.
ByteView as_bytes(std::string_view text) noexcept;
std::string_view as_text(ByteView bytes) noexcept;

/// A forward cursor over bytes that someone else owns and that outlive it. Each read either advances past what it
/// returns or fails with ErrorCode::Corrupt and leaves the cursor where it was.
class Reader {
 public:
  explicit Reader(ByteView bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - offset_; }
  [[nodiscard]] bool is_at_end() const noexcept { return remaining() == 0; }

  Result<std::uint8_t> u8();
  Result<std::uint16_t> u16be();
  Result<std::uint32_t> u32be();
  Result<std::uint64_t> u64be();
  Result<std::uint16_t> u16le();
  Result<std::uint32_t> u32le();
  Result<std::uint64_t> u64le();

  /// The next `count` bytes, not copied.
  Result<ByteView> take(std::size_t count);
  Result<void> skip(std::size_t count);

 private:
  template <class Integer>
  Result<Integer> integer(bool big_endian);

  ByteView bytes_;
  std::size_t offset_ = 0;
};

/// Appends integers in network order.
void append_u32be(Bytes& out, std::uint32_t value);
void append_u64be(Bytes& out, std::uint64_t value);
void append(Bytes& out, ByteView bytes);

std::string to_hex(ByteView bytes);
/// Lower or upper case, even length; anything else is Invalid.
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 §4 (padded) and §5 (url: no padding). Decoders refuse every non-canonical form.
std::string to_base64(ByteView bytes);
std::string to_base64url(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);
Result<Bytes> from_base64url(std::string_view text);

}  // namespace warder
