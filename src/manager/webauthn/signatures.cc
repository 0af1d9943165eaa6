#include "manager/webauthn/signatures.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <algorithm>
#include <memory>

namespace warder::manager {

namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(&object);
  }
};
using Assertion = std::unique_ptr<fido_assert_t, Free<fido_assert_free>>;
using Credential = std::unique_ptr<fido_cred_t, Free<fido_cred_free>>;
using Es256Key = std::unique_ptr<es256_pk_t, Free<es256_pk_free>>;
using EdDsaKey = std::unique_ptr<eddsa_pk_t, Free<eddsa_pk_free>>;
using Rs256Key = std::unique_ptr<rs256_pk_t, Free<rs256_pk_free>>;

Result<void> check(int code) {
  if (code == FIDO_OK) return {};
  return fail(ErrorCode::Invalid, std::string("passkey: ") + fido_strerr(code));
}

template <class Key>
Result<void> check_with(const fido_assert_t* assertion, SignatureAlgorithm algorithm, const Key& key, int read) {
  WD_TRY(check(read));
  return check(fido_assert_verify(assertion, 0, static_cast<int>(algorithm), key.get()));
}

Result<void> check_by_key(const fido_assert_t* assertion, const CredentialKey& key) {
  switch (key.algorithm) {
    case SignatureAlgorithm::Es256: {
      const Es256Key es256(es256_pk_new());
      return check_with(assertion, key.algorithm, es256,
                        es256_pk_from_ptr(es256.get(), key.key.data(), key.key.size()));
    }
    case SignatureAlgorithm::EdDsa: {
      const EdDsaKey eddsa(eddsa_pk_new());
      return check_with(assertion, key.algorithm, eddsa,
                        eddsa_pk_from_ptr(eddsa.get(), key.key.data(), key.key.size()));
    }
    case SignatureAlgorithm::Rs256: {
      const Rs256Key rs256(rs256_pk_new());
      return check_with(assertion, key.algorithm, rs256,
                        rs256_pk_from_ptr(rs256.get(), key.key.data(), key.key.size()));
    }
  }
  return fail(ErrorCode::Invalid, "passkey: an unknown algorithm");
}

Result<Credential> read_credential(ByteView data, const std::string& rp_id, SignatureAlgorithm algorithm) {
  Credential credential(fido_cred_new());
  WD_TRY(check(fido_cred_set_type(credential.get(), static_cast<int>(algorithm))));
  WD_TRY(check(fido_cred_set_rp(credential.get(), rp_id.c_str(), nullptr)));
  WD_TRY(check(fido_cred_set_authdata_raw(credential.get(), data.data(), data.size())));
  return credential;
}

}  // namespace

Result<void> check_assertion(const SignedAssertion& signed_data, const CredentialKey& key) {
  const Assertion assertion(fido_assert_new());
  fido_assert_t* const raw = assertion.get();
  const ByteView data = signed_data.authenticator_data;
  WD_TRY(check(fido_assert_set_count(raw, 1)));
  WD_TRY(check(fido_assert_set_rp(raw, signed_data.rp_id.c_str())));
  WD_TRY(check(
      fido_assert_set_clientdata_hash(raw, signed_data.client_data_hash.data(), signed_data.client_data_hash.size())));
  WD_TRY(check(fido_assert_set_authdata_raw(raw, 0, data.data(), data.size())));
  WD_TRY(check(fido_assert_set_sig(raw, 0, signed_data.signature.data(), signed_data.signature.size())));
  WD_TRY(check(fido_assert_set_up(raw, FIDO_OPT_TRUE)));
  WD_TRY(check(fido_assert_set_uv(raw, signed_data.needs_user_verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT)));
  return check_by_key(raw, key);
}

Result<void> check_self_attestation(const SelfAttestation& attestation, SignatureAlgorithm algorithm) {
  const Credential credential = WD_TRY(read_credential(attestation.authenticator_data, attestation.rp_id, algorithm));
  fido_cred_t* const raw = credential.get();
  WD_TRY(check(fido_cred_set_fmt(raw, "packed")));
  WD_TRY(check(
      fido_cred_set_clientdata_hash(raw, attestation.client_data_hash.data(), attestation.client_data_hash.size())));
  WD_TRY(check(fido_cred_set_sig(raw, attestation.signature.data(), attestation.signature.size())));
  return check(fido_cred_verify_self(raw));
}

Result<void> check_credential(ByteView authenticator_data, const std::string& rp_id, const AttestedCredential& found) {
  const Credential credential = WD_TRY(read_credential(authenticator_data, rp_id, found.key.algorithm));
  const ByteView id{fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get())};
  const ByteView key{fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get())};
  if (std::ranges::equal(id, found.id) && std::ranges::equal(key, found.key.key)) return {};
  return fail(ErrorCode::Invalid, "passkey: the data do not say one thing");
}

}  // namespace warder::manager
