#include "manager/privacy/pseudonym.h"

#include <algorithm>
#include <array>

#include "base/address.h"
#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::string_view kPrefix = "psn-";
constexpr std::size_t kNameBytes = 10;
constexpr std::size_t kAddressBytes = 8;
constexpr std::array<std::uint8_t, 8> kDiscardOnly = {0x01, 0, 0, 0, 0, 0, 0, 0};  // 100::/64

crypto::Digest digest_of(ByteView key, std::string_view kind, std::string_view value) {
  std::string message{kind};
  message += '\0';
  message += value;
  return crypto::hmac_sha256(key, as_bytes(message));
}

bool is_pseudonym(const IpAddress& address) {
  return std::ranges::equal(std::span{address.bytes()}.first(kDiscardOnly.size()), kDiscardOnly);
}

std::string pseudonym_of(ByteView key, const IpAddress& address) {
  if (is_pseudonym(address)) return address.text();
  const crypto::Digest digest = digest_of(key, "address", address.text());
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(kDiscardOnly, bytes.begin());
  std::copy_n(digest.begin(), kAddressBytes, bytes.begin() + kDiscardOnly.size());
  return IpAddress::v6(bytes).text();
}

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_name_pseudonym(std::string_view text) {
  return text.size() == kPrefix.size() + 2 * kNameBytes && text.starts_with(kPrefix) &&
         std::ranges::all_of(text.substr(kPrefix.size()), is_lower_hex);
}

}  // namespace

std::string pseudonym_of(ByteView key, std::string_view value) {
  if (const auto address = parse_ip(value)) return pseudonym_of(key, *address);
  if (is_name_pseudonym(value)) return std::string{value};
  const crypto::Digest digest = digest_of(key, "name", value);
  return std::string{kPrefix} + to_hex(ByteView{digest}.first(kNameBytes));
}

bool is_pseudonym(std::string_view text) {
  const auto address = parse_ip(text);
  return address ? is_pseudonym(*address) : is_name_pseudonym(text);
}

}  // namespace warder::manager
