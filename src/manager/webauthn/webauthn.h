// The two ceremonies of a passkey as the relying party checks them: WebAuthn level 3, sections 7.1 and 7.2. Functions
// of their input: challenges, users and counters are the caller's.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "manager/webauthn/authenticator_data.h"

namespace warder::manager {

struct RelyingParty {
  std::string id;      // "manager.example": a name, never an address
  std::string origin;  // "https://manager.example:8443"
};

/// Of the address at which people reach the console. Invalid unless it is https:// and a name, or with an address in
/// place of a name, to which browsers bind no passkeys.
Result<RelyingParty> relying_party_of(const std::string& console_url);

struct CeremonyTerms {
  RelyingParty rp;
  Bytes challenge;
  bool needs_user_verification = false;
};

struct RegistrationAnswer {
  Bytes client_data;
  Bytes attestation_object;
};

struct AssertionAnswer {
  Bytes credential_id;
  Bytes client_data;
  Bytes authenticator_data;
  Bytes signature;
  Bytes user_handle;  // empty: not told
};

/// What is stored of a passkey.
struct Credential {
  Bytes id;
  CredentialKey key;
  std::uint32_t counter = 0;
  bool is_backup_eligible = false;
  bool is_backed_up = false;
  std::array<std::uint8_t, 16> aaguid{};
};

/// What an assertion has shown.
struct Assertion {
  std::uint32_t counter = 0;
  bool is_user_verified = false;
  bool is_backed_up = false;
};

/// Invalid, saying at what, unless everything holds. Of attestation statements "none" is taken, and "packed" signed by
/// the new key itself; no other is asked for, and none that nobody would check is believed.
Result<Credential> verify_registration(const RegistrationAnswer& answer, const CeremonyTerms& terms);

/// Invalid, saying at what, unless everything holds. A counter that does not grow, where there is one, is a copy of the
/// authenticator.
Result<Assertion> verify_assertion(const AssertionAnswer& answer, const CeremonyTerms& terms,
                                   const Credential& credential);

/// The challenge an answer is for, as bytes; nothing is checked yet. Invalid when there is none.
Result<Bytes> challenge_of(ByteView client_data);

}  // namespace warder::manager
