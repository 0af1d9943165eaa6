// Ed25519 signatures (RFC 8032): content packs, checkpoints, enrolment tokens.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::crypto {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
 public:
  static SigningKey generate();
  static Result<SigningKey> from_seed(ByteView seed);  // 32 bytes
  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_; }
  [[nodiscard]] Bytes seed() const { return seed_; }
  [[nodiscard]] Signature sign(ByteView message) const;

 private:
  SigningKey(Bytes seed, PublicKey key) : seed_(std::move(seed)), public_(key) {}
  Bytes seed_;
  PublicKey public_;
};

[[nodiscard]] bool is_signed_by(const PublicKey& key, ByteView message, const Signature& signature);

}  // namespace warder::crypto
