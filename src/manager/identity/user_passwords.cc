// The half of Users that is about passwords: checking with lock-out, changing, resetting.
#include <algorithm>

#include "manager/identity/rows.h"
#include "manager/identity/user_secrets.h"
#include "manager/identity/users.h"

namespace warder::manager {

namespace {

constexpr std::int64_t kMaxHistory = 24;

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

/// The hash in force and the newest former ones, `count` together.
Result<std::vector<std::string>> last_hashes(Db& db, const UserId& id, std::int64_t count) {
  const auto text = [](const Row& row) -> Result<std::string> { return row.text(0); };
  auto hashes = WD_TRY(read_rows(db, "SELECT password_hash FROM users WHERE id = ?1", {id.text()}, text));
  for (std::string& hash :
       WD_TRY(read_rows(db, "SELECT hash FROM password_history WHERE user_id = ?1 ORDER BY made DESC LIMIT ?2",
                        {id.text(), std::max<std::int64_t>(count - 1, 0)}, text)))
    hashes.push_back(std::move(hash));
  return hashes;
}

}  // namespace

Result<void> remember_hash(Db& db, const UserId& id) {
  WD_TRY(db.execute(
      "INSERT INTO password_history (user_id, made, hash) "
      "SELECT id, COALESCE(password_changed, created), password_hash FROM users WHERE id = ?1 AND password_hash <> ?2 "
      "ON CONFLICT (user_id, hash) DO NOTHING",
      {id.text(), std::string(kNoPassword)}));
  WD_TRY(
      db.execute("DELETE FROM password_history WHERE user_id = ?1 AND hash NOT IN "
                 "(SELECT hash FROM password_history WHERE user_id = ?1 ORDER BY made DESC LIMIT ?2)",
                 {id.text(), kMaxHistory}));
  return {};
}

Result<void> check_has_password(const User& user) {
  if (!user.source) return {};
  return fail(ErrorCode::Conflict, "this user logs in by " + user.source->name + " and has no password here");
}

std::optional<Timestamp> password_expiry(const User& user, const PasswordRules& rules) {
  if (rules.max_age_days == 0 || user.source) return std::nullopt;
  return user.password_changed + std::chrono::days(rules.max_age_days);
}

std::vector<std::string> Users::personal_words(const User& user) {
  std::vector<std::string> words = {user.username, user.display_name};
  if (user.email) words.push_back(*user.email);
  return words;
}

Result<Credentials> Users::check(const TenantScope& scope, std::string_view username, std::string_view password) {
  // No connection is held while the password is hashed: whoever waits for that keeps nobody from the database.
  const auto secret = WD_TRY(find_secret(*WD_TRY(tenants_.config(scope).acquire()), "username", std::string(username)));
  const bool has_password = secret && secret->hash != kNoPassword;
  const bool is_match =
      WD_TRY(passwords_.is_match(password, has_password ? secret->hash : std::string(), pepper(scope)));
  if (!secret) return fail(ErrorCode::NotFound, "no such user");

  const Timestamp now = clock_.now();
  const PasswordRules rules = WD_TRY(policies_.rules(scope));
  Credentials result;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    result.user = WD_TRY(find_in(*db, scope, secret->id));
    if (result.user.source) return result;  // nothing to guess, so nothing to count
    result.is_locked = secret->locked_until && *secret->locked_until > now;
    if (result.is_locked) return result;
    if (!is_match) {
      WD_TRY(note_failure(*db, result.user, rules));
      return result;
    }
    result.is_right = true;
    if (result.user.disabled) return result;
  }
  if (passwords_.is_outdated(secret->hash)) WD_TRY(rehash(scope, secret->id, secret->hash, password));
  return result;
}

Result<bool> Users::is_locked(const TenantScope& scope, const UserId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto until =
      WD_TRY(read_row(*db, "SELECT locked_until FROM users WHERE id = ?1", {id.text()},
                      [](const Row& row) -> Result<std::optional<Timestamp>> { return optional_time_at(row, 0); }));
  return until && *until && **until > clock_.now();
}

Result<std::int64_t> Users::count_locked(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto count =
      WD_TRY(read_row(*db, "SELECT COUNT(*) FROM users WHERE locked_until > ?1", {to_micros(clock_.now())},
                      [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return count.value_or(0);
}

Result<LastLogin> Users::note_login(const TenantScope& scope, const UserId& id, const std::string& address) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto before = WD_TRY(read_row(*db, "SELECT last_login, COALESCE(last_address, '') FROM users WHERE id = ?1",
                                      {id.text()}, [](const Row& row) -> Result<LastLogin> {
                                        return LastLogin{optional_time_at(row, 0), row.text(1)};
                                      }));
  WD_TRY(
      db->execute("UPDATE users SET last_login = ?2, last_address = ?3, failed_logins = 0, "
                  "locked_until = NULL WHERE id = ?1",
                  {id.text(), to_micros(clock_.now()), address}));
  WD_TRY(tx.commit());
  return before.value_or(LastLogin{});
}

Result<void> Users::rehash(const TenantScope& scope, const UserId& id, const std::string& outdated,
                           std::string_view password) {
  const std::string hash = WD_TRY(passwords_.hash(password, pepper(scope)));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("UPDATE users SET password_hash = ?2 WHERE id = ?1 AND password_hash = ?3",
                     {id.text(), hash, outdated}));
  return {};
}

Result<void> Users::note_wrong_code(const TenantScope& scope, const User& user) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return note_failure(*db, user, WD_TRY(policies_.rules(scope)));
}

/// Counts in the database, not from what was read: parallel guesses count each.
Result<void> Users::note_failure(Db& db, const User& user, const PasswordRules& rules) const {
  const std::string id = user.id.text();
  auto tx = WD_TRY(Tx::begin(db));
  WD_TRY(db.execute("UPDATE users SET failed_logins = failed_logins + 1 WHERE id = ?1", {id}));
  WD_TRY(db.execute("UPDATE users SET locked_until = ?2, failed_logins = 0 WHERE id = ?1 AND failed_logins >= ?3",
                    {id, to_micros(clock_.now() + std::chrono::seconds(rules.lock_s)), rules.lock_after}));
  WD_TRY(tx.commit());
  return {};
}

/// One after another, each as dear as a login; at most 24.
Result<void> Users::check_history(const TenantScope& scope, const UserId& id, std::string_view next,
                                  const PasswordRules& rules) {
  const auto hashes = WD_TRY(last_hashes(*WD_TRY(tenants_.config(scope).acquire()), id, rules.history));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (!WD_TRY(passwords_.is_match(next, hashes[i], pepper(scope)))) continue;
    if (i == 0) return fail(ErrorCode::Invalid, "/new: the same as before");
    return fail(ErrorCode::Invalid, "/new: one of the last " + std::to_string(rules.history) + " passwords");
  }
  return {};
}

Result<void> Users::change_password(const TenantScope& scope, const UserId& id, std::string_view current,
                                    std::string_view next) {
  const User user = WD_TRY(find(scope, id));
  WD_TRY(check_has_password(user));
  // The same check as at login, so that a stolen session cannot guess the password any faster.
  const Credentials credentials = WD_TRY(check(scope, user.username, current));
  if (!credentials.is_right) return fail(ErrorCode::Invalid, "/current: wrong, or the account is locked for a while");
  const PasswordRules rules = WD_TRY(policies_.rules(scope));
  const Timestamp now = clock_.now();
  if (!user.must_change_password && now - user.password_changed < std::chrono::hours(rules.min_age_hours)) {
    return fail(ErrorCode::Invalid, "/new: the password was changed less than " + std::to_string(rules.min_age_hours) +
                                        " hours ago; if somebody else knows it, ask an administrator");
  }
  WD_TRY(policies_.check(scope, next, personal_words(user), "/new"));
  WD_TRY(check_history(scope, id, next, rules));
  const std::string hash = WD_TRY(passwords_.hash(next, pepper(scope)));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(remember_hash(*db, id));
  WD_TRY(
      db->execute("UPDATE users SET password_hash = ?2, must_change_password = 0, password_changed = ?3 WHERE id = ?1",
                  {id.text(), hash, to_micros(now)}));
  WD_TRY(audit_.append_in(*db, scope, {"user.password", "user:" + id.text(), AuditOutcome::Success, {}}));
  WD_TRY(tx.commit());
  return {};
}

/// A password that somebody else has set.
Result<void> Users::put_password(Db& db, const UserId& id, const std::string& hash) const {
  WD_TRY(remember_hash(db, id));
  WD_TRY(
      db.execute("UPDATE users SET password_hash = ?2, must_change_password = 1, password_changed = ?3, "
                 "failed_logins = 0, locked_until = NULL WHERE id = ?1",
                 {id.text(), hash, to_micros(clock_.now())}));
  return {};
}

/// The one in force is right no longer, and is not taken again.
Result<void> Users::put_no_password(Db& db, const UserId& id) const {
  WD_TRY(remember_hash(db, id));
  WD_TRY(
      db.execute("UPDATE users SET password_hash = ?2, must_change_password = 1, version = version + 1 WHERE id = ?1",
                 {id.text(), std::string(kNoPassword)}));
  return {};
}

Result<InvitedUser> Users::recover(const TenantScope& scope, std::string_view username) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto secret = WD_TRY(find_secret(*db, "username", std::string(username)));
  if (!secret) return fail(ErrorCode::NotFound, "no such user");
  WD_TRY(check_has_password(WD_TRY(find_in(*db, scope, secret->id))));
  WD_TRY(put_no_password(*db, secret->id));
  WD_TRY(db->execute("UPDATE users SET disabled = 0, failed_logins = 0, locked_until = NULL WHERE id = ?1",
                     {secret->id.text()}));
  InvitedUser recovered;
  recovered.user = WD_TRY(find_in(*db, scope, secret->id));
  recovered.link = WD_TRY(put_link(*db, scope, secret->id));
  WD_TRY(audit_.append_in(*db, scope, {"user.password.reset", "user:" + secret->id.text(), AuditOutcome::Success, {}}));
  WD_TRY(tx.commit());
  return recovered;
}

}  // namespace warder::manager
