// For tests: an authenticator of one's own, made with OpenSSL, that can lie in every part.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/webauthn/webauthn.h"

namespace warder::manager::testing {

/// Writes CBOR, in the order it is called.
class CborWriter {
 public:
  CborWriter& map(std::uint64_t pairs) { return head(5, pairs); }
  CborWriter& integer(std::int64_t value) {
    return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value)) : head(0, static_cast<std::uint64_t>(value));
  }
  CborWriter& text(std::string_view value) {
    head(3, value.size());
    append(bytes_, as_bytes(value));
    return *this;
  }
  CborWriter& bytes(ByteView value) {
    head(2, value.size());
    append(bytes_, value);
    return *this;
  }
  [[nodiscard]] const Bytes& written() const { return bytes_; }

 private:
  CborWriter& head(unsigned major, std::uint64_t value) {
    const auto first = [&](unsigned info) { bytes_.push_back(static_cast<std::uint8_t>(major << 5U | info)); };
    int size = 0;
    if (value < 24) {
      first(static_cast<unsigned>(value));
    } else if (value < 0x100) {
      first(24), size = 1;
    } else if (value < 0x10000) {
      first(25), size = 2;
    } else {
      first(26), size = 4;
    }
    for (int i = size - 1; i >= 0; --i)
      bytes_.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(8 * i)));
    return *this;
  }
  Bytes bytes_;
};

class TestAuthenticator {
 public:
  explicit TestAuthenticator(SignatureAlgorithm kind = SignatureAlgorithm::Es256)
      : algorithm(kind), key_(make_key(kind), EVP_PKEY_free) {}

  // What it says; change it to lie.
  SignatureAlgorithm algorithm;
  std::int64_t told_algorithm = 0;  // 0: the truth
  std::string rp_id = "manager.example";
  std::string origin = "https://manager.example:8443";
  std::string type{};              // empty: the ceremony's own
  std::string more_client_data{};  // ",\"crossOrigin\":true"
  std::uint8_t flags = 0x05;       // present and verified
  std::uint32_t counter = 1;
  bool counts = true;  // many never do, and say zero
  Bytes id = random_bytes(32);
  Bytes user_handle{};
  Bytes extensions{};  // CBOR behind the rest
  Bytes trailing{};    // of the authenticator data
  std::string format = "none";
  Bytes attestation_trailing{};

  RegistrationAnswer create(const Bytes& challenge) const {
    RegistrationAnswer answer;
    answer.client_data = client_data("webauthn.create", challenge);
    const Bytes data = authenticator_data(true);
    CborWriter object;
    object.map(3).text("fmt").text(format).text("attStmt");
    if (format == "none") {
      object.map(0);
    } else {
      object.map(2).text("alg").integer(number()).text("sig").bytes(sign(data, answer.client_data));
    }
    object.text("authData").bytes(data);
    answer.attestation_object = object.written();
    append(answer.attestation_object, attestation_trailing);
    return answer;
  }

  AssertionAnswer get(const Bytes& challenge) {
    if (counts) ++counter;
    AssertionAnswer answer;
    answer.credential_id = id;
    answer.client_data = client_data("webauthn.get", challenge);
    answer.authenticator_data = authenticator_data(false);
    answer.signature = sign(answer.authenticator_data, answer.client_data);
    answer.user_handle = user_handle;
    return answer;
  }

 private:
  static EVP_PKEY* make_key(SignatureAlgorithm kind) {
    switch (kind) {
      case SignatureAlgorithm::Es256:
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      case SignatureAlgorithm::EdDsa:
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      case SignatureAlgorithm::Rs256:
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    }
    return nullptr;
  }

  [[nodiscard]] std::int64_t number() const {
    return told_algorithm == 0 ? static_cast<std::int64_t>(algorithm) : told_algorithm;
  }

  [[nodiscard]] Bytes number_of(const char* name, int size) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &value);
    Bytes bytes(static_cast<std::size_t>(size));
    BN_bn2binpad(value, bytes.data(), size);
    BN_free(value);
    return bytes;
  }

  [[nodiscard]] Bytes cose_key() const {
    CborWriter key;
    if (algorithm == SignatureAlgorithm::Es256) {
      key.map(5).integer(1).integer(2).integer(3).integer(number()).integer(-1).integer(1);
      key.integer(-2).bytes(number_of(OSSL_PKEY_PARAM_EC_PUB_X, 32));
      key.integer(-3).bytes(number_of(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    } else if (algorithm == SignatureAlgorithm::EdDsa) {
      Bytes raw(32);
      std::size_t size = raw.size();
      EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size);
      key.map(4).integer(1).integer(1).integer(3).integer(number()).integer(-1).integer(6).integer(-2).bytes(raw);
    } else {
      key.map(4).integer(1).integer(3).integer(3).integer(number());
      key.integer(-1)
          .bytes(number_of(OSSL_PKEY_PARAM_RSA_N, 256))
          .integer(-2)
          .bytes(number_of(OSSL_PKEY_PARAM_RSA_E, 3));
    }
    return key.written();
  }

  [[nodiscard]] Bytes authenticator_data(bool is_new) const {
    Bytes data;
    append(data, crypto::sha256(as_bytes(rp_id)));
    data.push_back(static_cast<std::uint8_t>(flags | (is_new ? 0x40U : 0U) | (extensions.empty() ? 0U : 0x80U)));
    append_u32be(data, counter);
    if (is_new) {
      data.insert(data.end(), 16, 0);
      data.push_back(static_cast<std::uint8_t>(id.size() >> 8U));
      data.push_back(static_cast<std::uint8_t>(id.size()));
      append(data, id);
      append(data, cose_key());
    }
    append(data, extensions);
    append(data, trailing);
    return data;
  }

  [[nodiscard]] Bytes client_data(const std::string& own_type, const Bytes& challenge) const {
    const std::string text = R"({"type":")" + (type.empty() ? own_type : type) + R"(","challenge":")" +
                             to_base64url(challenge) + R"(","origin":")" + origin + "\"" + more_client_data + "}";
    const ByteView bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
  }

  [[nodiscard]] Bytes sign(const Bytes& data, const Bytes& client) const {
    Bytes message = data;
    append(message, crypto::sha256(client));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const EVP_MD* const digest = algorithm == SignatureAlgorithm::EdDsa ? nullptr : EVP_sha256();
    EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
    Bytes signature(size);
    EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size());
    signature.resize(size);
    return signature;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace warder::manager::testing
