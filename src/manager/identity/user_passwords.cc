// The half of Users that is about passwords: checking with lock-out, changing, resetting.
#include "manager/identity/rows.h"
#include "manager/identity/users.h"

namespace warder::manager {

namespace {

constexpr std::int64_t kFailuresToLock = 5;
constexpr std::chrono::minutes kLockTime{15};

struct Secret {
  UserId id;
  std::string hash;
  std::int64_t failures = 0;
  std::optional<Timestamp> locked_until;
};

Result<std::optional<Secret>> find_secret(Db& db, std::string_view column, std::string value) {
  const auto read = [](const Row& row) -> Result<Secret> {
    return Secret{WD_TRY(parse_id<UserId>(row.text(0))), row.text(1), row.integer(2), optional_time_at(row, 3)};
  };
  const std::string sql = "SELECT id, password_hash, failed_logins, locked_until FROM users WHERE ";
  return read_row(db, sql + std::string(column) + " = ?1", {std::move(value)}, read);
}

}  // namespace

Result<Credentials> Users::check(const TenantScope& scope, std::string_view username, std::string_view password) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto secret = WD_TRY(find_secret(*db, "username", std::string(username)));
  const bool is_match = WD_TRY(passwords_.is_match(password, secret ? secret->hash : std::string(), pepper(scope)));
  if (!secret) return fail(ErrorCode::NotFound, "no such user");

  const Timestamp now = clock_.now();
  Credentials result;
  result.user = WD_TRY(find_in(*db, scope, secret->id));
  result.is_locked = secret->locked_until && *secret->locked_until > now;
  if (result.is_locked) return result;
  if (!is_match) {
    WD_TRY(note_failure(*db, result.user));
    return result;
  }
  result.is_right = true;
  if (result.user.disabled) return result;
  WD_TRY(db->execute("UPDATE users SET failed_logins = 0, locked_until = NULL, last_login = ?2 WHERE id = ?1",
                     {result.user.id.text(), to_micros(now)}));
  if (passwords_.is_outdated(secret->hash)) {
    WD_TRY(db->execute("UPDATE users SET password_hash = ?2 WHERE id = ?1 AND password_hash = ?3",
                       {result.user.id.text(), WD_TRY(passwords_.hash(password, pepper(scope))), secret->hash}));
  }
  result.user.last_login = now;
  return result;
}

/// Counts in the database, not from what was read: parallel guesses count each.
Result<void> Users::note_failure(Db& db, const User& user) const {
  const std::string id = user.id.text();
  auto tx = WD_TRY(Tx::begin(db));
  WD_TRY(db.execute("UPDATE users SET failed_logins = failed_logins + 1 WHERE id = ?1", {id}));
  WD_TRY(db.execute("UPDATE users SET locked_until = ?2, failed_logins = 0 WHERE id = ?1 AND failed_logins >= ?3",
                    {id, to_micros(clock_.now() + kLockTime), kFailuresToLock}));
  WD_TRY(tx.commit());
  return {};
}

Result<void> Users::change_password(const TenantScope& scope, const UserId& id, std::string_view current,
                                    std::string_view next) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const User user = WD_TRY(find_in(*db, scope, id));
  // The same check as at login, so that a stolen session cannot guess the password any faster.
  const Credentials credentials = WD_TRY(check(scope, user.username, current));
  if (!credentials.is_right) return fail(ErrorCode::Invalid, "/current: wrong, or the account is locked for a while");
  WD_TRY(check_password_rules(next, user.username, "/new"));
  if (next == current) return fail(ErrorCode::Invalid, "/new: the same as before");
  const std::string hash = WD_TRY(passwords_.hash(next, pepper(scope)));
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("UPDATE users SET password_hash = ?2, must_change_password = 0 WHERE id = ?1", {id.text(), hash}));
  WD_TRY(audit_.append_in(*db, scope, {"user.password", "user:" + id.text(), AuditOutcome::Success, {}}));
  WD_TRY(tx.commit());
  return {};
}

Result<OneTimePassword> Users::reset_password(const TenantScope& scope, std::string_view username) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto secret = WD_TRY(find_secret(*db, "username", std::string(username)));
  if (!secret) return fail(ErrorCode::NotFound, "no such user");
  const std::string password = make_password();
  const std::string hash = WD_TRY(passwords_.hash(password, pepper(scope)));
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(
      db->execute("UPDATE users SET password_hash = ?2, must_change_password = 1, failed_logins = 0, "
                  "locked_until = NULL, disabled = 0, version = version + 1 WHERE id = ?1",
                  {secret->id.text(), hash}));
  WD_TRY(audit_.append_in(*db, scope, {"user.password.reset", "user:" + secret->id.text(), AuditOutcome::Success, {}}));
  WD_TRY(tx.commit());
  return OneTimePassword{secret->id, password};
}

}  // namespace warder::manager
