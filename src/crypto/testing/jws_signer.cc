#include "crypto/testing/jws_signer.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <array>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace warder::crypto::testing {

struct JwsSigner::Key {
  openssl::Pkey pkey;
};

namespace {

openssl::Pkey make(JwsAlgorithm algorithm, unsigned bits) {
  switch (algorithm) {
    case JwsAlgorithm::Rs256:
    case JwsAlgorithm::Ps256:
      return openssl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits})};
    case JwsAlgorithm::Es256:
      return openssl::make_ec_key("P-256");
    case JwsAlgorithm::EdDsa:
      return openssl::Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  }
  return nullptr;
}

std::string number(EVP_PKEY* key, const char* name, int bytes = 0) {
  BIGNUM* value = nullptr;
  openssl::must(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  Bytes out(static_cast<std::size_t>(bytes > 0 ? bytes : BN_num_bytes(value)));
  openssl::must(BN_bn2binpad(value, out.data(), static_cast<int>(out.size())) >= 0);
  BN_free(value);
  return to_base64url(out);
}

/// RFC 7518 §3.4 wants the two numbers, OpenSSL gives DER.
Bytes raw_of(const Bytes& der) {
  const unsigned char* data = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
  openssl::must(signature != nullptr);
  Bytes raw(64);
  openssl::must(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), 32) == 32 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + 32, 32) == 32);
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

JwsSigner::JwsSigner(JwsAlgorithm algorithm, std::string kid, unsigned bits)
    : algorithm_(algorithm), kid_(std::move(kid)), key_(std::make_shared<const Key>(Key{make(algorithm, bits)})) {}

json::object JwsSigner::jwk() const {
  EVP_PKEY* const key = key_->pkey.get();
  json::object jwk{{"kid", kid_}, {"alg", name(algorithm_)}, {"use", "sig"}};
  if (algorithm_ == JwsAlgorithm::Es256) {
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
    jwk["y"] = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
  } else if (algorithm_ == JwsAlgorithm::EdDsa) {
    std::array<std::uint8_t, 32> raw{};
    std::size_t size = raw.size();
    openssl::must(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1);
    jwk["kty"] = "OKP";
    jwk["crv"] = "Ed25519";
    jwk["x"] = to_base64url(raw);
  } else {
    jwk["kty"] = "RSA";
    jwk["n"] = number(key, OSSL_PKEY_PARAM_RSA_N);
    jwk["e"] = number(key, OSSL_PKEY_PARAM_RSA_E);
  }
  return jwk;
}

json::object JwsSigner::header() const {
  return {{"alg", name(algorithm_)}, {"kid", kid_}, {"typ", "JWT"}};
}

std::string JwsSigner::sign(const json::object& header, std::string_view payload) const {
  return sign_text(json::serialize(header), payload);
}

std::string JwsSigner::sign_text(std::string_view header, std::string_view payload) const {
  std::string text = to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload));
  const openssl::DigestContext digest{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* context = nullptr;
  const EVP_MD* const hash = algorithm_ == JwsAlgorithm::EdDsa ? nullptr : EVP_sha256();
  openssl::must(EVP_DigestSignInit(digest.get(), &context, hash, nullptr, key_->pkey.get()) == 1);
  if (algorithm_ == JwsAlgorithm::Ps256)
    openssl::must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
  std::size_t size = 0;
  const ByteView bytes = as_bytes(text);
  openssl::must(EVP_DigestSign(digest.get(), nullptr, &size, bytes.data(), bytes.size()) == 1);
  Bytes signature(size);
  openssl::must(EVP_DigestSign(digest.get(), signature.data(), &size, bytes.data(), bytes.size()) == 1);
  signature.resize(size);
  if (algorithm_ == JwsAlgorithm::Es256) signature = raw_of(signature);
  return text.append(".").append(to_base64url(signature));
}

std::string JwsSigner::public_pem() const {
  const openssl::Bio bio{BIO_new(BIO_s_mem())};
  openssl::must(PEM_write_bio_PUBKEY(bio.get(), key_->pkey.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string sign_hs256(const json::object& header, std::string_view payload, std::string_view secret) {
  std::string text = to_base64url(as_bytes(json::serialize(header))) + "." + to_base64url(as_bytes(payload));
  const Digest mac = hmac_sha256(as_bytes(secret), as_bytes(text));
  return text.append(".").append(to_base64url(mac));
}

}  // namespace warder::crypto::testing
