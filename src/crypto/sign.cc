#include "crypto/sign.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "base/random.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

using openssl::must;

constexpr std::size_t kSeedBytes = 32;

openssl::Pkey private_key(ByteView seed) {
  openssl::Pkey key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())};
  must(key != nullptr);
  return key;
}

PublicKey public_of(ByteView seed) {
  PublicKey key{};
  std::size_t length = key.size();
  must(EVP_PKEY_get_raw_public_key(private_key(seed).get(), key.data(), &length) == 1);
  return key;
}

}  // namespace

SigningKey SigningKey::generate() {
  Bytes seed = random_bytes(kSeedBytes);
  const PublicKey key = public_of(seed);
  return {std::move(seed), key};
}

Result<SigningKey> SigningKey::from_seed(ByteView seed) {
  if (seed.size() != kSeedBytes) {
    return fail(ErrorCode::Invalid, fmt::format("Ed25519 seed: {} bytes, wanted {}", seed.size(), kSeedBytes));
  }
  return SigningKey{Bytes{seed.begin(), seed.end()}, public_of(seed)};
}

Signature SigningKey::sign(ByteView message) const {
  const openssl::Pkey key = private_key(seed_);
  const openssl::DigestContext context{EVP_MD_CTX_new()};
  Signature signature{};
  std::size_t length = signature.size();
  must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  must(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1);
  return signature;
}

bool is_signed_by(const PublicKey& key, ByteView message, const Signature& signature) {
  const openssl::Pkey public_key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size())};
  const openssl::DigestContext context{EVP_MD_CTX_new()};
  const bool is_valid =
      public_key != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!is_valid) ERR_clear_error();
  return is_valid;
}

}  // namespace warder::crypto
