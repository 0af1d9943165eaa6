// What an authenticator signs (WebAuthn level 3, section 6.1), and the key of a new credential in it (RFC 9053).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace warder::manager {

/// Numbers of the COSE registry; no others are taken.
enum class SignatureAlgorithm : std::int32_t { Es256 = -7, EdDsa = -8, Rs256 = -257 };
/// Nothing for other numbers.
std::optional<SignatureAlgorithm> signature_algorithm(std::int64_t number) noexcept;

struct CredentialKey {
  SignatureAlgorithm algorithm = SignatureAlgorithm::Es256;
  Bytes key;  // ES256: x and y; EdDSA: x; RS256: modulus (256 bytes) and exponent (3)
};

/// A new credential, as its authenticator names it.
struct AttestedCredential {
  std::array<std::uint8_t, 16> aaguid{};  // the make
  Bytes id;
  CredentialKey key;
};

struct AuthenticatorData {
  crypto::Digest rp_id_hash{};
  bool is_user_present = false;
  bool is_user_verified = false;
  bool is_backup_eligible = false;
  bool is_backed_up = false;
  std::uint32_t counter = 0;
  std::optional<AttestedCredential> credential;
  bool has_extensions = false;
};

inline constexpr std::size_t kMaxCredentialIdBytes = 1023;  // WebAuthn level 3, section 6.5.1

/// Corrupt when anything is missing, superfluous or of another form, down to the last byte.
Result<AuthenticatorData> parse_authenticator_data(ByteView bytes);

}  // namespace warder::manager
