#include "base/bytes.h"

#include <string>

namespace warder {

ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<ByteView> Reader::take(std::size_t count) {
  if (count > remaining()) {
    return fail(ErrorCode::Corrupt, "offset " + std::to_string(offset_) + ": needs " + std::to_string(count) +
                                        " bytes, " + std::to_string(remaining()) + " are left");
  }
  const ByteView taken = bytes_.subspan(offset_, count);
  offset_ += count;
  return taken;
}

Result<void> Reader::skip(std::size_t count) {
  WD_TRY(take(count));
  return {};
}

template <class Integer>
Result<Integer> Reader::integer(bool big_endian) {
  const ByteView bytes = WD_TRY(take(sizeof(Integer)));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t from = big_endian ? i : bytes.size() - 1 - i;
    value = value << 8 | bytes[from];
  }
  return static_cast<Integer>(value);
}

Result<std::uint8_t> Reader::u8() {
  return integer<std::uint8_t>(true);
}
Result<std::uint16_t> Reader::u16be() {
  return integer<std::uint16_t>(true);
}
Result<std::uint32_t> Reader::u32be() {
  return integer<std::uint32_t>(true);
}
Result<std::uint64_t> Reader::u64be() {
  return integer<std::uint64_t>(true);
}
Result<std::uint16_t> Reader::u16le() {
  return integer<std::uint16_t>(false);
}
Result<std::uint32_t> Reader::u32le() {
  return integer<std::uint32_t>(false);
}
Result<std::uint64_t> Reader::u64le() {
  return integer<std::uint64_t>(false);
}

namespace {
void append_be(Bytes& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}
}  // namespace

void append_u32be(Bytes& out, std::uint32_t value) {
  append_be(out, value, 4);
}

void append_u64be(Bytes& out, std::uint64_t value) {
  append_be(out, value, 8);
}

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace warder
