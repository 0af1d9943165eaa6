// Identifiers: UUIDv7 (RFC 9562 §5.7) and the distinct types made of it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace warder {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] bool is_nil() const noexcept;
  /// Lower-case 8-4-4-4-12.
  [[nodiscard]] std::string text() const;
  /// The millisecond a version 7 UUID was made in.
  [[nodiscard]] Timestamp time() const noexcept;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

Result<Uuid> parse_uuid(std::string_view text);
Result<Uuid> uuid_from_bytes(ByteView bytes);

/// Makes version 7 UUIDs that sort by creation: within one millisecond, and when the clock steps back, a 12-bit counter
/// and then the millisecond itself moves on. One generator belongs to one thread.
class UuidGenerator {
 public:
  /// `random` fills the span with unpredictable bytes; base/random.h has the system's.
  explicit UuidGenerator(std::function<void(std::span<std::uint8_t>)> random);
  Uuid next(Timestamp now);

 private:
  std::function<void(std::span<std::uint8_t>)> random_;
  std::int64_t last_ms_ = 0;
  std::uint16_t counter_ = 0;
};

/// A Uuid that cannot be mistaken for another kind's: `using TenantId = Id<struct TenantTag>`.
template <class Tag>
struct Id {
  Uuid uuid;

  [[nodiscard]] std::string text() const { return uuid.text(); }
  [[nodiscard]] bool is_nil() const noexcept { return uuid.is_nil(); }
  friend auto operator<=>(const Id&, const Id&) = default;
};

template <class IdType>
Result<IdType> parse_id(std::string_view text) {
  return IdType{WD_TRY(parse_uuid(text))};
}

}  // namespace warder

template <>
struct std::hash<warder::Uuid> {
  std::size_t operator()(const warder::Uuid& id) const noexcept;
};
template <class Tag>
struct std::hash<warder::Id<Tag>> {
  std::size_t operator()(const warder::Id<Tag>& id) const noexcept { return std::hash<warder::Uuid>{}(id.uuid); }
};
