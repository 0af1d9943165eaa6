#include "engines/integrity/set_seal.h"

namespace warder::integrity {
namespace {

constexpr std::uint8_t kMask = 0;
constexpr std::uint8_t kRecord = 1;

SetSeal::Sum number(const crypto::Digest& digest) {
  SetSeal::Sum sum{};
  for (std::size_t i = 0; i < digest.size(); ++i) sum[i / 8] |= std::uint64_t{digest[i]} << (i % 8 * 8);
  return sum;
}

void plus(SetSeal::Sum& sum, const SetSeal::Sum& more) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const std::uint64_t part = sum[i] + carry;
    carry = std::uint64_t{part < carry};
    sum[i] = part + more[i];
    carry += std::uint64_t{sum[i] < more[i]};
  }
}

SetSeal::Sum minus(const SetSeal::Sum& sum) {
  SetSeal::Sum negative{~sum[0], ~sum[1], ~sum[2], ~sum[3]};
  plus(negative, {1, 0, 0, 0});
  return negative;
}

}  // namespace

SetSeal::Sum SetSeal::number_of(std::uint8_t table, ByteView key, ByteView value) const {
  Bytes record{kRecord, table};
  append_u32be(record, static_cast<std::uint32_t>(key.size()));
  append(record, key);
  append(record, value);
  return number(crypto::hmac_sha256(key_, record));
}

SetSeal::Sum SetSeal::mask_of(ByteView nonce) const {
  Bytes message{kMask};
  append(message, nonce);
  return number(crypto::hmac_sha256(key_, message));
}

void SetSeal::add(Sum& sum, std::uint8_t table, ByteView key, ByteView value) const {
  plus(sum, number_of(table, key, value));
}

void SetSeal::subtract(Sum& sum, std::uint8_t table, ByteView key, ByteView value) const {
  plus(sum, minus(number_of(table, key, value)));
}

Bytes SetSeal::close(const Sum& sum, ByteView nonce) const {
  Sum masked = sum;
  plus(masked, mask_of(nonce));
  Bytes seal(nonce.begin(), nonce.end());
  for (const std::uint64_t word : masked) append_u64be(seal, word);
  return seal;
}

bool SetSeal::matches(const Sum& sum, ByteView seal) const {
  if (seal.size() < kNonceBytes) return false;
  return crypto::equals_constant_time(close(sum, seal.first(kNonceBytes)), seal);
}

}  // namespace warder::integrity
