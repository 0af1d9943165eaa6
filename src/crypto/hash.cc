#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

namespace warder::crypto {

using openssl::must;

Digest sha256(ByteView bytes) {
  Digest digest;
  must(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::array<std::uint8_t, 64> sha512(ByteView bytes) {
  std::array<std::uint8_t, 64> digest{};
  must(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha512(), nullptr) == 1);
  return digest;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  Digest digest;
  unsigned length = digest.size();
  must(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), digest.data(),
            &length) != nullptr);
  return digest;
}

Bytes derive_key(ByteView secret, ByteView salt, std::string_view purpose, std::size_t bytes) {
  const std::unique_ptr<EVP_KDF, openssl::Free<EVP_KDF_free>> kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  const std::unique_ptr<EVP_KDF_CTX, openssl::Free<EVP_KDF_CTX_free>> context{EVP_KDF_CTX_new(kdf.get())};
  must(context != nullptr);
  // OSSL_PARAM takes pointers to mutable memory but only reads here: copies keep our inputs const.
  Bytes key{secret.begin(), secret.end()};
  Bytes salt_copy{salt.begin(), salt.end()};
  std::string info{purpose};
  std::string digest = "SHA256";
  std::vector<OSSL_PARAM> parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                     OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size())};
  // OpenSSL 3.0 refuses a parameter without bytes; an absent one means the same.
  if (!salt.empty()) {
    parameters.push_back(OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy.data(), salt_copy.size()));
  }
  if (!info.empty()) {
    parameters.push_back(OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()));
  }
  parameters.push_back(OSSL_PARAM_construct_end());
  Bytes derived(bytes);
  must(EVP_KDF_derive(context.get(), derived.data(), derived.size(), parameters.data()) == 1);
  OPENSSL_cleanse(key.data(), key.size());
  return derived;
}

bool equals_constant_time(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Sha256::State {
  openssl::DigestContext context{EVP_MD_CTX_new()};
  void start() const { must(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->start();
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) {
  must(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  must(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr) == 1);
  // Without naming the algorithm: looking it up again costs more than hashing a small file.
  must(EVP_DigestInit_ex(state_->context.get(), nullptr, nullptr) == 1);
  return digest;
}

}  // namespace warder::crypto
