// ASN.1 BER, as far as protocols on the wire use it (X.690 §8.1): one element at a time, definite lengths only.
#pragma once

#include <cstdint>
#include <optional>

#include "engines/ips/app/cursor.h"

namespace warder::ips::app {

struct BerElement {
  std::uint8_t tag = 0;  // the whole identifier octet; tags over 30 are not read
  ByteView content;
};

inline constexpr std::uint8_t kBerInteger = 0x02;
inline constexpr std::uint8_t kBerOctets = 0x04;
inline constexpr std::uint8_t kBerSequence = 0x30;
constexpr std::uint8_t ber_context(std::uint8_t number) noexcept {
  return static_cast<std::uint8_t>(0xa0U | number);
}

/// The next element; nothing (and a failed cursor) when it does not fit.
std::optional<BerElement> read_ber(Cursor& in) noexcept;
/// The next element when its tag is this one; fails the cursor otherwise.
std::optional<BerElement> read_ber(Cursor& in, std::uint8_t tag) noexcept;
/// The first element with this tag among the elements of `content`.
std::optional<ByteView> find_ber(ByteView content, std::uint8_t tag) noexcept;
/// A small integer's value; nothing when it is wider than 8 bytes.
std::optional<std::int64_t> ber_integer(ByteView content) noexcept;
/// Bytes of the element that starts here with its head; 0 while the head is not whole. Corrupt when it has no such
/// form.
Result<std::size_t> ber_size(ByteView start);

}  // namespace warder::ips::app
