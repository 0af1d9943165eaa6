// A forward cursor for parsers that run on every packet: like base's Reader bounds-checked and never past the end, but
// inline and with one sticky failure instead of a Result for each read. After a failed read every further read gives
// zero or nothing, so a parser reads a whole structure and asks is_ok() once, before it believes any of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace warder::ips::app {

class Cursor {
 public:
  explicit Cursor(ByteView bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] bool is_ok() const noexcept { return !failed_; }
  [[nodiscard]] bool is_at_end() const noexcept { return offset_ == bytes_.size(); }
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - offset_; }
  void fail() noexcept {
    failed_ = true;
    offset_ = bytes_.size();
  }

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(big(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(big(2)); }
  std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(big(3)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(big(4)); }
  std::uint64_t u64() noexcept { return big(8); }
  std::uint16_t le16() noexcept { return static_cast<std::uint16_t>(little(2)); }
  std::uint32_t le32() noexcept { return static_cast<std::uint32_t>(little(4)); }
  std::uint64_t le64() noexcept { return little(8); }
  /// `size` bytes (1…8), the most significant first.
  std::uint64_t big(std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(size)) value = value << 8U | byte;
    return value;
  }
  std::uint64_t little(std::size_t size) noexcept {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const std::uint8_t byte : take(size)) {
      value |= static_cast<std::uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }

  /// The next `count` bytes, not copied; nothing and a failure when there are fewer.
  ByteView take(std::size_t count) noexcept {
    if (count > remaining()) {
      fail();
      return {};
    }
    const ByteView taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }
  ByteView take_rest() noexcept { return take(remaining()); }
  void skip(std::size_t count) noexcept { static_cast<void>(take(count)); }
  /// What is left, without moving.
  [[nodiscard]] ByteView rest() const noexcept { return bytes_.subspan(offset_); }
  /// A cursor over the next `count` bytes; it starts failed when there are fewer.
  Cursor sub(std::size_t count) noexcept {
    Cursor inner{take(count)};
    inner.failed_ = failed_;
    return inner;
  }

 private:
  ByteView bytes_;
  std::size_t offset_ = 0;
  bool failed_ = false;
};

}  // namespace warder::ips::app
