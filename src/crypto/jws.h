// JSON Web Signatures of others (RFC 7515, 7517, 7518, 8037): compact form, public keys, four algorithms. What is not
// named here is not taken: no symmetric algorithm, no "none", no key that the token itself brings along.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::crypto {

enum class JwsAlgorithm : std::uint8_t { Rs256, Ps256, Es256, EdDsa };
/// "RS256" …
std::string_view name(JwsAlgorithm algorithm) noexcept;
/// Invalid for any other name.
Result<JwsAlgorithm> parse_jws_algorithm(std::string_view text);

inline constexpr std::size_t kMaxJwkSetBytes = 256 << 10;
inline constexpr std::size_t kMaxJwks = 64;
inline constexpr std::size_t kMaxJwsBytes = 64 << 10;

/// The public signature keys of one issuer. Copies share the keys.
class JwkSet {
 public:
  JwkSet() = default;
  /// Keys that are not for signatures, of another type, too weak or not sound are left out, as RFC 7517 §5 wants it;
  /// Invalid when the text is no key set, TooLarge when it is larger than an issuer's is.
  static Result<JwkSet> parse(std::string_view text);
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  struct Key;

 private:
  friend Result<std::string> verify_jws(std::string_view compact, const JwkSet& keys,
                                        std::span<const JwsAlgorithm> allowed);
  std::vector<std::shared_ptr<const Key>> keys_;
};

/// The payload of a token that one of the keys has signed. Which key, the type of the key decides with the algorithm,
/// never the token alone: the algorithm must be among `allowed` and fit the key. NotFound when no key fits what the
/// token names: the issuer may have newer ones. Unauthenticated for everything else.
Result<std::string> verify_jws(std::string_view compact, const JwkSet& keys, std::span<const JwsAlgorithm> allowed);

}  // namespace warder::crypto
