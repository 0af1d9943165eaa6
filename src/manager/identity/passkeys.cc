#include "manager/identity/passkeys.h"

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kSignedBytes = kRandomBytes + 8;  // and when it is over
constexpr std::size_t kChallengeBytes = kSignedBytes + 32;

constexpr std::string_view kColumns =
    "SELECT id, name, created, last_used, credential_id, algorithm, public_key, counter, is_backup_eligible, "
    "is_backed_up, aaguid FROM passkeys ";

tl::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::Invalid, std::string("passkey: ") + why);
}

Result<Passkey> read_passkey(const Row& row) {
  Passkey passkey;
  passkey.id = WD_TRY(parse_id<PasskeyId>(row.text(0)));
  passkey.name = row.text(1);
  passkey.created = from_micros(row.integer(2));
  passkey.last_used = optional_time_at(row, 3);
  Credential& credential = passkey.credential;
  const auto id = row.bytes(4);
  credential.id.assign(id.begin(), id.end());
  const auto algorithm = signature_algorithm(row.integer(5));
  if (!algorithm) return fail(ErrorCode::Corrupt, "passkeys: an unknown algorithm");
  const auto key = row.bytes(6);
  credential.key = {*algorithm, Bytes(key.begin(), key.end())};
  credential.counter = static_cast<std::uint32_t>(row.integer(7));
  credential.is_backup_eligible = row.integer(8) != 0;
  credential.is_backed_up = row.integer(9) != 0;
  const auto aaguid = row.bytes(10);
  if (aaguid.size() != credential.aaguid.size()) return fail(ErrorCode::Corrupt, "passkeys: aaguid");
  std::ranges::copy(aaguid, credential.aaguid.begin());
  return passkey;
}

AuditRecord record_of(std::string_view action, const UserId& user, const PasskeyId& id) {
  return {std::string(action), "user:" + user.text(), AuditOutcome::Success, {{"passkey", id.text()}}};
}

}  // namespace

Bytes user_handle_of(const TenantId& tenant, const UserId& user) {
  Bytes handle(tenant.uuid.bytes.begin(), tenant.uuid.bytes.end());
  append(handle, user.uuid.bytes);
  return handle;
}

Result<PasskeyOwner> owner_of_handle(ByteView handle) {
  if (handle.size() != 32) return refused("it names no user");
  return PasskeyOwner{TenantId{WD_TRY(uuid_from_bytes(handle.first(16)))},
                      UserId{WD_TRY(uuid_from_bytes(handle.last(16)))}};
}

Result<std::vector<Passkey>> Passkeys::list(const TenantScope& scope, const UserId& user) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kColumns) + "WHERE user_id = ?1 ORDER BY created, id", {user.text()}, read_passkey);
}

Bytes Passkeys::sign(const TenantScope& first, const PasskeyUse& use, ByteView challenge) const {
  Bytes message;
  message.push_back(static_cast<std::uint8_t>(use.purpose));
  append_u32be(message, static_cast<std::uint32_t>(use.owner.size()));
  append(message, as_bytes(use.owner));
  append(message, challenge);
  const crypto::Digest mac = crypto::hmac_sha256(tenants_.derive_key(first, "passkey-challenges"), message);
  return {mac.begin(), mac.end()};
}

Result<PasskeyRequest> Passkeys::request(const TenantScope& first, const PasskeyUse& use) {
  if (!rp_) return fail(ErrorCode::Conflict, "passkeys need a console_url with a name in the manager's settings");
  Bytes challenge = random_bytes(kRandomBytes);
  append_u64be(challenge, static_cast<std::uint64_t>(to_micros(clock_.now() + kPasskeyTime)));
  append(challenge, sign(first, use, challenge));
  return PasskeyRequest{std::move(challenge), *rp_, {}, use.needs_user_verification};
}

Result<Bytes> Passkeys::check_challenge(const TenantScope& first, const PasskeyUse& use, ByteView client_data) const {
  const Bytes challenge = WD_TRY(challenge_of(client_data));
  if (!rp_ || challenge.size() != kChallengeBytes) return refused("not a challenge of ours");
  const ByteView text = ByteView(challenge).first(kSignedBytes);
  if (!crypto::equals_constant_time(sign(first, use, text), ByteView(challenge).subspan(kSignedBytes)))
    return refused("not a challenge of ours");
  const auto until = static_cast<std::int64_t>(WD_TRY(Reader(text.subspan(kRandomBytes)).u64be()));
  if (to_micros(clock_.now()) >= until) return refused("too late");
  return challenge;
}

/// Kept until nobody could answer it any more. Of two at the same moment one is the first.
Result<void> Passkeys::use_up(ByteView challenge) {
  const crypto::Digest digest = crypto::sha256(challenge);
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(db->execute("DELETE FROM passkey_challenges WHERE expires < ?1", {to_micros(now)}));
  const auto added = WD_TRY(db->execute(
      "INSERT INTO passkey_challenges (challenge, expires) VALUES (?1, ?2) ON CONFLICT (challenge) DO NOTHING",
      {Bytes(digest.begin(), digest.end()), to_micros(now + kPasskeyTime)}));
  if (added != 1) return refused("the challenge was answered already");
  return {};
}

Result<Credential> Passkeys::check_registration(const TenantScope& first, const PasskeyUse& use,
                                                const RegistrationAnswer& answer) {
  const Bytes challenge = WD_TRY(check_challenge(first, use, answer.client_data));
  Credential credential = WD_TRY(verify_registration(answer, {*rp_, challenge, use.needs_user_verification}));
  WD_TRY(use_up(challenge));
  return credential;
}

Result<Passkey> Passkeys::add_in(Db& transaction, const TenantScope& scope, const UserId& user, std::string_view name,
                                 const Credential& credential) {
  const auto count = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  const auto own =
      WD_TRY(read_row(transaction, "SELECT COUNT(*) FROM passkeys WHERE user_id = ?1", {user.text()}, count));
  if (own.value_or(0) >= static_cast<std::int64_t>(kMaxPasskeys))
    return fail(ErrorCode::Conflict, "you have ten passkeys; remove one first");
  Passkey passkey{make_id<PasskeyId>(clock_.now()), std::string(name), clock_.now(), std::nullopt, credential};
  const CredentialKey& key = credential.key;
  const auto added = WD_TRY(transaction.execute(
      "INSERT INTO passkeys (id, user_id, name, created, credential_id, algorithm, public_key, counter, "
      "is_backup_eligible, is_backed_up, aaguid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
      "ON CONFLICT (credential_id) DO NOTHING",
      {passkey.id.text(), user.text(), passkey.name, to_micros(passkey.created), credential.id,
       static_cast<std::int64_t>(key.algorithm), key.key, static_cast<std::int64_t>(credential.counter),
       std::int64_t{credential.is_backup_eligible}, std::int64_t{credential.is_backed_up},
       Bytes(credential.aaguid.begin(), credential.aaguid.end())}));
  if (added != 1) return fail(ErrorCode::Conflict, "this passkey is registered already");
  WD_TRY(audit_.append_in(transaction, scope, record_of("user.passkey.add", user, passkey.id)));
  return passkey;
}

Result<void> Passkeys::prove(const TenantScope& first, const PasskeyUse& use, const TenantScope& scope,
                             const UserId& user, const AssertionAnswer& answer) {
  const Bytes challenge = WD_TRY(check_challenge(first, use, answer.client_data));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto passkey = WD_TRY(read_row(*db, std::string(kColumns) + "WHERE user_id = ?1 AND credential_id = ?2",
                                       {user.text(), answer.credential_id}, read_passkey));
  if (!passkey) return refused("not one of the user's");
  if (!answer.user_handle.empty() && answer.user_handle != user_handle_of(scope.tenant(), user))
    return refused("it names another user");
  const Assertion shown =
      WD_TRY(verify_assertion(answer, {*rp_, challenge, use.needs_user_verification}, passkey->credential));
  WD_TRY(use_up(challenge));
  // The counter is the one that was compared, so that of two copies at the same moment one is right.
  const auto kept = WD_TRY(
      db->execute("UPDATE passkeys SET counter = ?2, is_backed_up = ?3, last_used = ?4 WHERE id = ?1 AND counter = ?5",
                  {passkey->id.text(), static_cast<std::int64_t>(shown.counter), std::int64_t{shown.is_backed_up},
                   to_micros(clock_.now()), static_cast<std::int64_t>(passkey->credential.counter)}));
  if (kept != 1) return refused("it was used or removed at the same moment");
  return {};
}

Result<void> Passkeys::remove_in(Db& transaction, const TenantScope& scope, const UserId& user, const PasskeyId& id) {
  const auto removed =
      WD_TRY(transaction.execute("DELETE FROM passkeys WHERE id = ?1 AND user_id = ?2", {id.text(), user.text()}));
  if (removed != 1) return fail(ErrorCode::NotFound, "no such passkey of yours");
  WD_TRY(audit_.append_in(transaction, scope, record_of("user.passkey.remove", user, id)));
  return {};
}

FeatureSchema passkey_challenges_schema() {
  return {
      "passkey-challenges",
      {{1,
        "challenges that were answered",
        {"CREATE TABLE passkey_challenges (challenge BLOB PRIMARY KEY, expires BIGINT NOT NULL)"}}},
      {{"passkey_challenges", "challenge", PersonalData::None}, {"passkey_challenges", "expires", PersonalData::None}}};
}

}  // namespace warder::manager
