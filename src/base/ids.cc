#include "base/ids.h"

#include <algorithm>
#include <cstring>

namespace warder {
namespace {

constexpr std::size_t kTextSize = 36;

bool is_dash_at(std::size_t position) noexcept {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

bool Uuid::is_nil() const noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::string Uuid::text() const {
  std::string out = to_hex(bytes);
  for (const std::size_t position : {8U, 13U, 18U, 23U}) out.insert(position, 1, '-');
  return out;
}

Timestamp Uuid::time() const noexcept {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes[i];
  return Timestamp{std::chrono::milliseconds{ms}};
}

Result<Uuid> parse_uuid(std::string_view text) {
  std::string digits;
  digits.reserve(32);
  bool ok = text.size() == kTextSize;
  for (std::size_t i = 0; ok && i < text.size(); ++i) {
    if (is_dash_at(i)) {
      ok = text[i] == '-';
    } else {
      digits.push_back(text[i]);
    }
  }
  const auto bytes = ok ? from_hex(digits) : Result<Bytes>(Bytes{});
  if (!bytes || bytes->size() != 16) {
    return fail(ErrorCode::Invalid, "not a UUID like 019353c8-74ac-7000-8000-0123456789ab");
  }
  return uuid_from_bytes(*bytes);
}

Result<Uuid> uuid_from_bytes(ByteView bytes) {
  Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) {
    return fail(ErrorCode::Invalid, "a UUID has 16 bytes, not " + std::to_string(bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  return uuid;
}

UuidGenerator::UuidGenerator(std::function<void(std::span<std::uint8_t>)> random) : random_(std::move(random)) {}

Uuid UuidGenerator::next(Timestamp now) {
  constexpr std::uint16_t kCounterEnd = 0x1000;   // 12 bits
  constexpr std::uint16_t kCounterSeed = 0x07ff;  // a new millisecond starts in the lower half, so that half is left
  Uuid uuid;
  random_(uuid.bytes);
  const std::uint16_t seed = static_cast<std::uint16_t>((uuid.bytes[6] << 8 | uuid.bytes[7]) & kCounterSeed);
  const std::int64_t now_ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
  if (now_ms > last_ms_) {
    last_ms_ = now_ms;
    counter_ = seed;
  } else if (++counter_ == kCounterEnd) {
    ++last_ms_;
    counter_ = seed;
  }
  for (std::size_t i = 0; i < 6; ++i) uuid.bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i));
  uuid.bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
  uuid.bytes[7] = static_cast<std::uint8_t>(counter_);
  uuid.bytes[8] = static_cast<std::uint8_t>(0x80 | (uuid.bytes[8] & 0x3f));
  return uuid;
}

}  // namespace warder

std::size_t std::hash<warder::Uuid>::operator()(const warder::Uuid& id) const noexcept {
  // The last eight bytes hold 62 random bits; version and variant would only weaken the others.
  std::size_t random_part = 0;
  std::memcpy(&random_part, id.bytes.data() + 8, sizeof(random_part));
  return random_part;
}
