// The signatures of authenticators, checked by libfido2.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "manager/webauthn/authenticator_data.h"

namespace warder::manager {

struct SignedAssertion {
  std::string rp_id;
  ByteView authenticator_data;
  crypto::Digest client_data_hash;
  ByteView signature;
  bool needs_user_verification = false;
};

/// Invalid unless the key has signed it, for this relying party, with a present (and verified) user.
Result<void> check_assertion(const SignedAssertion& assertion, const CredentialKey& key);

struct SelfAttestation {
  std::string rp_id;
  ByteView authenticator_data;
  crypto::Digest client_data_hash;
  ByteView signature;
};

/// Invalid unless libfido2 finds this credential in the data, and its key has signed them.
Result<void> check_self_attestation(const SelfAttestation& attestation, SignatureAlgorithm algorithm);

/// Invalid unless libfido2 reads the same credential out of the data.
Result<void> check_credential(ByteView authenticator_data, const std::string& rp_id, const AttestedCredential& found);

}  // namespace warder::manager
