#include "manager/identity/second_factors.h"

#include <algorithm>

#include "base/random.h"
#include "base/uri.h"
#include "crypto/hash.h"
#include "crypto/totp.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::size_t kSecretBytes = 20;    // RFC 4226 §4: 160 bits are recommended
constexpr std::size_t kRecoveryBytes = 10;  // 80 bits, 16 characters
constexpr int kRecoveryCodes = 10;

struct Totp {
  Bytes secret;
  std::optional<Timestamp> confirmed;
};

AuditRecord record_of(std::string_view action, const UserId& user) {
  return {std::string(action), "user:" + user.text(), AuditOutcome::Success, {}};
}

/// What people type: without spaces and dashes, in capitals.
std::string plain(std::string_view code) {
  std::string text;
  for (const char c : code)
    if (c != ' ' && c != '-') text += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

Result<std::optional<Totp>> find_totp(const Tenants& tenants, Db& db, const TenantScope& scope, const UserId& user) {
  const std::string id = user.text();
  return read_row(
      db, "SELECT secret, confirmed FROM totp_factors WHERE user_id = ?1", {id}, [&](const Row& row) -> Result<Totp> {
        const std::string secret = WD_TRY(tenants.open_text(scope, {"totp_factors", id, "secret"}, row.bytes(0)));
        return Totp{Bytes(secret.begin(), secret.end()), optional_time_at(row, 1)};
      });
}

}  // namespace

Bytes SecondFactors::hash_of(const TenantScope& scope, const UserId& user, std::string_view recovery_code) const {
  const crypto::Digest digest = crypto::hmac_sha256(tenants_.derive_key(scope, "recovery-codes"),
                                                    as_bytes(user.text() + " " + plain(recovery_code)));
  return {digest.begin(), digest.end()};
}

Result<SecondFactorState> SecondFactors::state_in(Db& db, const UserId& user) {
  const auto read = [](const Row& row) -> Result<SecondFactorState> {
    return SecondFactorState{optional_time_at(row, 0), row.integer(1), row.integer(2)};
  };
  return WD_TRY(read_row(db,
                         "SELECT (SELECT confirmed FROM totp_factors WHERE user_id = ?1), "
                         "(SELECT COUNT(*) FROM recovery_codes WHERE user_id = ?1), "
                         "(SELECT COUNT(*) FROM passkeys WHERE user_id = ?1)",
                         {user.text()}, read))
      .value_or(SecondFactorState{});
}

Result<SecondFactorState> SecondFactors::state(const TenantScope& scope, const UserId& user) {
  return state_in(*WD_TRY(tenants_.config(scope).acquire()), user);
}

Result<TotpSetup> SecondFactors::begin(const TenantScope& scope, const UserId& user, std::string_view label) {
  const std::string id = user.text();
  const Bytes secret = random_bytes(kSecretBytes);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto before = WD_TRY(find_totp(tenants_, *db, scope, user));
  if (before && before->confirmed) return fail(ErrorCode::Conflict, "there is a second factor; remove it first");
  WD_TRY(db->execute("DELETE FROM totp_factors WHERE user_id = ?1", {id}));
  WD_TRY(db->execute("INSERT INTO totp_factors (user_id, secret, last_step) VALUES (?1, ?2, 0)",
                     {id, tenants_.seal_text(scope, {"totp_factors", id, "secret"}, as_text(secret))}));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.second-factor.begin", user)));
  WD_TRY(tx.commit());
  const std::string text = crypto::to_base32(secret);
  return TotpSetup{text, "otpauth://totp/Warder:" + percent_encode(label) + "?secret=" + text + "&issuer=Warder"};
}

Result<std::vector<std::string>> SecondFactors::confirm(const TenantScope& scope, const UserId& user,
                                                        std::string_view code) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto totp = WD_TRY(find_totp(tenants_, *db, scope, user));
  if (totp && totp->confirmed) return fail(ErrorCode::Conflict, "there is a second factor; remove it first");
  const auto step = totp ? crypto::find_totp_step(totp->secret, plain(code), clock_.now()) : std::nullopt;
  if (!step) return fail(ErrorCode::Invalid, "/code: not the code of this moment; is the clock of your device right?");
  WD_TRY(db->execute("UPDATE totp_factors SET confirmed = ?2, last_step = ?3 WHERE user_id = ?1",
                     {user.text(), to_micros(clock_.now()), *step}));
  auto codes = WD_TRY(make_recovery_codes(*db, scope, user));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.second-factor.confirm", user)));
  WD_TRY(tx.commit());
  return codes;
}

Result<std::vector<std::string>> SecondFactors::make_recovery_codes(Db& db, const TenantScope& scope,
                                                                    const UserId& user) {
  WD_TRY(db.execute("DELETE FROM recovery_codes WHERE user_id = ?1", {user.text()}));
  std::vector<std::string> codes;
  for (int i = 0; i < kRecoveryCodes; ++i) {
    std::string code = crypto::to_base32(random_bytes(kRecoveryBytes));
    WD_TRY(db.execute("INSERT INTO recovery_codes (user_id, code_hash) VALUES (?1, ?2)",
                      {user.text(), hash_of(scope, user, code)}));
    for (const std::size_t dash : {12U, 8U, 4U}) code.insert(dash, "-");
    codes.push_back(std::move(code));
  }
  return codes;
}

Result<CodeProof> SecondFactors::prove(const TenantScope& scope, const UserId& user, std::string_view code) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  CodeProof proof = WD_TRY(prove_totp(*db, scope, user, code)) ? CodeProof::Totp : CodeProof::Wrong;
  if (proof == CodeProof::Wrong) {
    const std::int64_t removed = WD_TRY(db->execute("DELETE FROM recovery_codes WHERE user_id = ?1 AND code_hash = ?2",
                                                    {user.text(), hash_of(scope, user, code)}));
    if (removed == 1) {
      proof = CodeProof::RecoveryCode;
      WD_TRY(audit_.append_in(*db, scope, record_of("user.recovery-code.use", user)));
    }
  }
  WD_TRY(tx.commit());
  return proof;
}

/// A step is used up by the statement that finds it unused: of two at the same moment one is right.
Result<bool> SecondFactors::prove_totp(Db& db, const TenantScope& scope, const UserId& user, std::string_view code) {
  const auto totp = WD_TRY(find_totp(tenants_, db, scope, user));
  if (!totp || !totp->confirmed) return false;
  const auto step = crypto::find_totp_step(totp->secret, plain(code), clock_.now());
  if (!step) return false;
  return WD_TRY(db.execute("UPDATE totp_factors SET last_step = ?2 WHERE user_id = ?1 AND last_step < ?2",
                           {user.text(), *step})) == 1;
}

Result<void> SecondFactors::settle(Db& transaction, const UserId& user, bool is_demanded) {
  if (WD_TRY(state_in(transaction, user)).has_any()) return {};
  if (is_demanded) return fail(ErrorCode::Forbidden, "a second factor is demanded of you; set up another first");
  WD_TRY(transaction.execute("DELETE FROM recovery_codes WHERE user_id = ?1", {user.text()}));
  return {};
}

Result<void> SecondFactors::remove(const TenantScope& scope, const UserId& user, bool is_demanded) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("DELETE FROM totp_factors WHERE user_id = ?1", {user.text()}));
  WD_TRY(settle(*db, user, is_demanded));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.second-factor.remove", user)));
  WD_TRY(tx.commit());
  return {};
}

Result<AddedPasskey> SecondFactors::add_passkey(Passkeys& passkeys, const TenantScope& scope, const UserId& user,
                                                std::string_view name, const Credential& credential) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const bool is_first = !WD_TRY(state_in(*db, user)).has_any();
  AddedPasskey added{WD_TRY(passkeys.add_in(*db, scope, user, name, credential)), {}};
  if (is_first) added.recovery_codes = WD_TRY(make_recovery_codes(*db, scope, user));
  WD_TRY(tx.commit());
  return added;
}

Result<void> SecondFactors::remove_passkey(Passkeys& passkeys, const TenantScope& scope, const UserId& user,
                                           const PasskeyId& id, bool is_demanded) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(passkeys.remove_in(*db, scope, user, id));
  WD_TRY(settle(*db, user, is_demanded));
  return tx.commit();
}

Result<std::vector<std::string>> SecondFactors::renew_recovery_codes(const TenantScope& scope, const UserId& user) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  if (!WD_TRY(state_in(*db, user)).has_any()) return fail(ErrorCode::Conflict, "there is no second factor to recover");
  auto codes = WD_TRY(make_recovery_codes(*db, scope, user));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.recovery-codes.renew", user)));
  WD_TRY(tx.commit());
  return codes;
}

Result<void> SecondFactors::reset(const TenantScope& scope, const UserId& user) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("DELETE FROM passkeys WHERE user_id = ?1", {user.text()}));
  WD_TRY(db->execute("DELETE FROM recovery_codes WHERE user_id = ?1", {user.text()}));
  WD_TRY(db->execute("DELETE FROM totp_factors WHERE user_id = ?1", {user.text()}));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.second-factor.remove", user)));
  WD_TRY(tx.commit());
  return {};
}

FeatureSchema second_factors_schema() {
  return {
      "second-factors",
      {{1,
        "codes by time",
        {"CREATE TABLE totp_factors (user_id TEXT PRIMARY KEY, secret BLOB NOT NULL, confirmed BIGINT, "
         "last_step BIGINT NOT NULL)",
         "CREATE TABLE recovery_codes (user_id TEXT NOT NULL, code_hash BLOB NOT NULL, "
         "PRIMARY KEY (user_id, code_hash))"}},
       {2,
        "passkeys",
        {"CREATE TABLE passkeys (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, "
         "created BIGINT NOT NULL, last_used BIGINT, credential_id BLOB NOT NULL UNIQUE, algorithm INTEGER NOT NULL, "
         "public_key BLOB NOT NULL, counter BIGINT NOT NULL, is_backup_eligible INTEGER NOT NULL, "
         "is_backed_up INTEGER NOT NULL, aaguid BLOB NOT NULL)",
         "CREATE INDEX passkeys_user ON passkeys (user_id)"}}},
      {{"totp_factors", "user_id", PersonalData::Identifier},
       {"totp_factors", "secret", PersonalData::Secret, "user_id"},
       {"totp_factors", "confirmed", PersonalData::Identifier},
       {"totp_factors", "last_step", PersonalData::Identifier},
       {"recovery_codes", "user_id", PersonalData::Identifier},
       {"recovery_codes", "code_hash", PersonalData::Secret},
       {"passkeys", "id", PersonalData::None},
       {"passkeys", "user_id", PersonalData::Identifier},
       {"passkeys", "name", PersonalData::Identifier},
       {"passkeys", "created", PersonalData::Identifier},
       {"passkeys", "last_used", PersonalData::Identifier},
       {"passkeys", "credential_id", PersonalData::Identifier},
       {"passkeys", "algorithm", PersonalData::None},
       {"passkeys", "public_key", PersonalData::Identifier},
       {"passkeys", "counter", PersonalData::None},
       {"passkeys", "is_backup_eligible", PersonalData::None},
       {"passkeys", "is_backed_up", PersonalData::None},
       {"passkeys", "aaguid", PersonalData::Identifier}},
  };
}

}  // namespace warder::manager
