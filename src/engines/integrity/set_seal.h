// A seal over a set of records that changes record by record: whoever changes one without the key is found out, and a
// change with it costs two HMACs, however large the set is.
//
// The sum modulo 2^256 of HMAC-SHA256(key, 1 | record) over all records, masked with HMAC-SHA256(key, 0 | nonce) of a
// nonce that is new each time, so that two seals tell nothing of the records between them (MSet-Add-Hash: Clarke,
// Devadas, van Dijk, Gassend, Suh, "Incremental multiset hash functions", 2003).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace warder::integrity {

class SetSeal {
 public:
  /// Modulo 2^256; the least significant word first.
  using Sum = std::array<std::uint64_t, 4>;
  static constexpr std::size_t kNonceBytes = 16;

  explicit SetSeal(ByteView key) : key_(key.begin(), key.end()) {}

  void add(Sum& sum, std::uint8_t table, ByteView key, ByteView value) const;
  void subtract(Sum& sum, std::uint8_t table, ByteView key, ByteView value) const;
  /// `nonce` has kNonceBytes and was never used before.
  [[nodiscard]] Bytes close(const Sum& sum, ByteView nonce) const;
  /// Whether `seal` was closed over this sum with this key.
  [[nodiscard]] bool matches(const Sum& sum, ByteView seal) const;

 private:
  [[nodiscard]] Sum number_of(std::uint8_t table, ByteView key, ByteView value) const;
  [[nodiscard]] Sum mask_of(ByteView nonce) const;

  Bytes key_;
};

}  // namespace warder::integrity
