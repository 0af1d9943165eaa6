// The text of an API key.
#include <algorithm>
#include <boost/crc.hpp>

#include "base/random.h"
#include "manager/identity/api_keys.h"

namespace warder::manager {

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretLength = 40;   // 238 bits
constexpr std::size_t kChecksumLength = 6;  // 62^6 > 2^32

/// CRC-32 (ISO-HDLC) of the random part, in base 62, most significant first.
std::string checksum(std::string_view secret) {
  boost::crc_32_type crc;
  crc.process_bytes(secret.data(), secret.size());
  std::uint32_t rest = crc.checksum();
  std::string text(kChecksumLength, kAlphabet.front());
  for (std::size_t i = kChecksumLength; i-- > 0; rest /= static_cast<std::uint32_t>(kAlphabet.size()))
    text[i] = kAlphabet[rest % kAlphabet.size()];
  return text;
}

}  // namespace

bool is_api_key(std::string_view text) noexcept {
  if (!text.starts_with(kApiKeyPrefix)) return false;
  const std::string_view rest = text.substr(kApiKeyPrefix.size());
  if (rest.size() != kSecretLength + kChecksumLength || rest.find_first_not_of(kAlphabet) != std::string_view::npos)
    return false;
  return rest.substr(kSecretLength) == checksum(rest.substr(0, kSecretLength));
}

std::string make_api_key() {
  // Bytes that would make some letters likelier than others are left out.
  constexpr std::size_t kFair = 256 - 256 % kAlphabet.size();
  std::string secret;
  while (secret.size() < kSecretLength) {
    for (const std::uint8_t byte : random_bytes(kSecretLength))
      if (byte < kFair && secret.size() < kSecretLength) secret += kAlphabet[byte % kAlphabet.size()];
  }
  return std::string(kApiKeyPrefix) + secret + checksum(secret);
}

}  // namespace warder::manager
