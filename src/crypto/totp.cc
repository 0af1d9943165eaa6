#include "crypto/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace warder::crypto {

namespace {

constexpr std::int64_t kStepMicros = 30'000'000;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView message) {
  std::array<std::uint8_t, 20> digest{};
  unsigned length = digest.size();
  openssl::must(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
                     digest.data(), &length) != nullptr);
  return digest;
}

}  // namespace

// RFC 4226 §5.3: dynamic truncation.
std::string hotp(ByteView secret, std::uint64_t counter, int digits) {
  Bytes message;
  append_u64be(message, counter);
  const auto digest = hmac_sha1(secret, message);
  const std::size_t offset = digest.back() & 0x0fU;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | digest.at(offset + i);
  number &= 0x7fff'ffffU;
  std::uint32_t limit = 1;
  for (int i = 0; i < digits; ++i) limit *= 10;
  return fmt::format("{:0{}}", number % limit, digits);
}

std::int64_t totp_step(Timestamp time) noexcept {
  return to_micros(time) / kStepMicros;
}

std::optional<std::int64_t> find_totp_step(ByteView secret, std::string_view code, Timestamp now) {
  std::optional<std::int64_t> found;
  for (std::int64_t step = totp_step(now) - 1; step <= totp_step(now) + 1; ++step) {
    const std::string wanted = hotp(secret, static_cast<std::uint64_t>(step));
    if (equals_constant_time(as_bytes(wanted), as_bytes(code))) found = step;
  }
  return found;
}

std::string to_base32(ByteView bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8U | byte;
    for (count += 8; count >= 5; count -= 5) text += kBase32[bits >> (count - 5) & 31U];
    bits &= (1U << count) - 1;
  }
  if (count > 0) text += kBase32[bits << (5 - count) & 31U];
  return text;
}

}  // namespace warder::crypto
