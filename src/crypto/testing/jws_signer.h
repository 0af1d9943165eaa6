// For tests: an issuer's private key, its JWK, and tokens that it signs - right ones and the wrong ones that attackers
// make.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "crypto/jws.h"

namespace warder::crypto::testing {

class JwsSigner {
 public:
  /// A new key. `bits` is for RSA.
  JwsSigner(JwsAlgorithm algorithm, std::string kid, unsigned bits = 2048);

  [[nodiscard]] json::object jwk() const;
  [[nodiscard]] std::string jwks() const { return json::serialize(json::object{{"keys", json::array{jwk()}}}); }
  [[nodiscard]] json::object header() const;
  /// A compact token; `header` in place of the usual one.
  [[nodiscard]] std::string sign(std::string_view payload) const { return sign(header(), payload); }
  [[nodiscard]] std::string sign(const json::object& header, std::string_view payload) const;
  [[nodiscard]] std::string sign_text(std::string_view header, std::string_view payload) const;
  /// The public key as PEM: what the attack "HS256 with the public key" takes for the secret.
  [[nodiscard]] std::string public_pem() const;

 private:
  struct Key;
  JwsAlgorithm algorithm_;
  std::string kid_;
  std::shared_ptr<const Key> key_;
};

/// header.payload signed with HMAC-SHA-256.
std::string sign_hs256(const json::object& header, std::string_view payload, std::string_view secret);

}  // namespace warder::crypto::testing
