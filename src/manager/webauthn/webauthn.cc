#include "manager/webauthn/webauthn.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "crypto/hash.h"
#include "manager/webauthn/cbor.h"
#include "manager/webauthn/client_data.h"
#include "manager/webauthn/signatures.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxAttestationBytes = 8192;

tl::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::Invalid, std::string("passkey: ") + why);
}

struct Attestation {
  std::string_view format;
  ByteView statement;
  ByteView data;
};

/// The statement of a self-attestation.
struct Statement {
  std::int64_t algorithm = 0;
  ByteView signature;
};

/// {"fmt", "attStmt", "authData"}, each once, and nothing behind.
Result<Attestation> read_attestation(ByteView bytes) {
  if (bytes.size() > kMaxAttestationBytes) return refused("too large");
  CborReader reader(bytes);
  Attestation attestation;
  if (WD_TRY(reader.map()) != 3) return refused("an attestation of another form");
  for (int member = 0; member < 3; ++member) {
    const std::string_view name = WD_TRY(reader.text());
    if (name == "fmt" && attestation.format.empty()) {
      attestation.format = WD_TRY(reader.text());
    } else if (name == "attStmt" && attestation.statement.empty()) {
      const std::size_t begin = reader.offset();
      WD_TRY(reader.skip());
      attestation.statement = bytes.subspan(begin, reader.offset() - begin);
    } else if (name == "authData" && attestation.data.empty()) {
      attestation.data = WD_TRY(reader.bytes());
    } else {
      return refused("an attestation of another form");
    }
  }
  if (!reader.is_at_end()) return refused("bytes behind the attestation");
  return attestation;
}

/// Nothing for "none".
Result<std::optional<Statement>> read_statement(const Attestation& attestation) {
  CborReader reader(attestation.statement);
  const std::uint64_t count = WD_TRY(reader.map());
  if (attestation.format == "none" && count == 0) return std::optional<Statement>();
  if (attestation.format != "packed" || count != 2)
    return refused("an attestation that is neither none nor the passkey's own");
  Statement statement;
  if (WD_TRY(reader.text()) != "alg") return refused("an attestation of another form");
  statement.algorithm = WD_TRY(reader.integer());
  if (WD_TRY(reader.text()) != "sig") return refused("an attestation of another form");
  statement.signature = WD_TRY(reader.bytes());
  return std::optional(statement);
}

Result<void> check_client_data(ByteView bytes, std::string_view type, const CeremonyTerms& terms) {
  const ClientData client = WD_TRY(parse_client_data(bytes));
  if (client.type != type) return refused("for another ceremony");
  const std::string expected = to_base64url(terms.challenge);
  if (terms.challenge.empty() || !crypto::equals_constant_time(as_bytes(client.challenge), as_bytes(expected)))
    return refused("for another challenge");
  if (client.origin != terms.rp.origin) return refused("from another site");
  if (client.is_cross_origin) return refused("inside a frame of another site");
  return {};
}

Result<void> check_flags(const AuthenticatorData& data, const CeremonyTerms& terms) {
  if (data.rp_id_hash != crypto::sha256(as_bytes(terms.rp.id))) return refused("for another relying party");
  if (!data.is_user_present) return refused("nobody was present");
  if (terms.needs_user_verification && !data.is_user_verified)
    return refused("the user was not verified, by a PIN or a fingerprint");
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host(std::string_view host) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.'; };
  return !host.empty() && host.size() < 254 && std::ranges::all_of(host, is_letter) && !parse_ip(host);
}

}  // namespace

Result<RelyingParty> relying_party_of(const std::string& console_url) {
  constexpr std::string_view kScheme = "https://";
  const auto invalid = [] {
    return fail(ErrorCode::Invalid, "console_url: https:// and a name in lower case, with a port where it is not 443");
  };
  if (!console_url.starts_with(kScheme)) return invalid();
  std::string_view rest = std::string_view(console_url).substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.ends_with(":443")) rest.remove_suffix(4);  // browsers leave it out
  const std::size_t colon = rest.find(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  const bool is_port_right = colon == std::string_view::npos || (!port.empty() && port.size() < 6 && port[0] != '0' &&
                                                                 std::ranges::all_of(port, is_digit));
  if (!is_host(rest.substr(0, colon)) || !is_port_right) return invalid();
  return RelyingParty{std::string(rest.substr(0, colon)), std::string(kScheme).append(rest)};
}

Result<Credential> verify_registration(const RegistrationAnswer& answer, const CeremonyTerms& terms) {
  WD_TRY(check_client_data(answer.client_data, "webauthn.create", terms));
  const Attestation attestation = WD_TRY(read_attestation(answer.attestation_object));
  const AuthenticatorData data = WD_TRY(parse_authenticator_data(attestation.data));
  WD_TRY(check_flags(data, terms));
  if (!data.credential) return refused("no credential");
  WD_TRY(check_credential(attestation.data, terms.rp.id, *data.credential));
  if (const auto statement = WD_TRY(read_statement(attestation))) {
    if (statement->algorithm != static_cast<std::int64_t>(data.credential->key.algorithm))
      return refused("attested with another algorithm");
    WD_TRY(check_self_attestation(
        {terms.rp.id, attestation.data, crypto::sha256(answer.client_data), statement->signature},
        data.credential->key.algorithm));
  }
  return Credential{data.credential->id,     data.credential->key, data.counter,
                    data.is_backup_eligible, data.is_backed_up,    data.credential->aaguid};
}

Result<Assertion> verify_assertion(const AssertionAnswer& answer, const CeremonyTerms& terms,
                                   const Credential& credential) {
  if (answer.credential_id != credential.id) return refused("another one");
  WD_TRY(check_client_data(answer.client_data, "webauthn.get", terms));
  const AuthenticatorData data = WD_TRY(parse_authenticator_data(answer.authenticator_data));
  WD_TRY(check_flags(data, terms));
  if (data.credential) return refused("a new credential where none belongs");
  if (data.is_backup_eligible != credential.is_backup_eligible) return refused("not the one that was registered");
  WD_TRY(check_assertion({terms.rp.id, answer.authenticator_data, crypto::sha256(answer.client_data), answer.signature,
                          terms.needs_user_verification},
                         credential.key));
  const bool counts = data.counter != 0 || credential.counter != 0;
  if (counts && data.counter <= credential.counter) return refused("its counter went back: there is a copy of it");
  return Assertion{data.counter, data.is_user_verified, data.is_backed_up};
}

Result<Bytes> challenge_of(ByteView client_data) {
  const ClientData client = WD_TRY(parse_client_data(client_data));
  return from_base64url(client.challenge);
}

}  // namespace warder::manager
