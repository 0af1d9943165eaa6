// The part of Users for who cannot log in, or should not: one-time links to choose a password, and passwords that
// somebody else may know.
#include "base/random.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"
#include "manager/identity/user_secrets.h"
#include "manager/identity/users.h"

namespace warder::manager {

namespace {

constexpr std::chrono::hours kLinkHolds{24};

Bytes hash_of(std::string_view secret) {
  const crypto::Digest digest = crypto::sha256(as_bytes(secret));
  return {digest.begin(), digest.end()};
}

struct Pending {
  UserId user;
  Timestamp expires;
};

Result<std::optional<Pending>> find_pending(Db& db, std::string_view secret) {
  const auto read = [](const Row& row) -> Result<Pending> {
    return Pending{WD_TRY(parse_id<UserId>(row.text(0))), from_micros(row.integer(1))};
  };
  return read_row(db, "SELECT user_id, expires FROM password_resets WHERE token_hash = ?1", {hash_of(secret)}, read);
}

tl::unexpected<Error> not_held() {
  return fail(ErrorCode::NotFound, "no such link");
}

}  // namespace

std::string path_of(const ResetLink& link) {
  return "/reset#" + link.token;
}

/// In a transaction of the caller's; the links of before hold no more.
Result<ResetLink> Users::put_link(Db& db, const TenantScope& scope, const UserId& id) const {
  const Timestamp now = clock_.now();
  const std::string secret = to_base64url(random_bytes(32));
  const ResetLink link{scope.tenant().text() + "." + secret, now + kLinkHolds};
  WD_TRY(db.execute("DELETE FROM password_resets WHERE user_id = ?1 OR expires <= ?2", {id.text(), to_micros(now)}));
  WD_TRY(db.execute("INSERT INTO password_resets (token_hash, user_id, created, expires) VALUES (?1, ?2, ?3, ?4)",
                    {hash_of(secret), id.text(), to_micros(now), to_micros(link.expires)}));
  return link;
}

/// Whoever hands out a link could use it: only for somebody with no more rights, and not for oneself, or a stolen
/// session would be worth a password.
Result<User> Users::find_to_help(Db& db, const TenantScope& scope, const UserId& id) const {
  User user = WD_TRY(find_in(db, scope, id));
  if (scope.actor() == "user:" + id.text())
    return fail(ErrorCode::Forbidden, "not for oneself: change the password, or ask another administrator");
  WD_TRY(check_covers(db, scope, user.roles, user.scoped_roles));
  return user;
}

Result<User> Users::find_helped(const TenantScope& scope, const UserId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_to_help(*db, scope, id);
}

Result<ResetLink> Users::make_reset_link(const TenantScope& scope, const UserId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_has_password(WD_TRY(find_to_help(*db, scope, id))));
  ResetLink link = WD_TRY(put_link(*db, scope, id));
  WD_TRY(audit_.append_in(*db, scope, {"user.password.link", "user:" + id.text(), AuditOutcome::Success, {}}));
  WD_TRY(tx.commit());
  return link;
}

Result<ResetLink> Users::mark_compromised(const TenantScope& scope, const UserId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_has_password(WD_TRY(find_to_help(*db, scope, id))));
  WD_TRY(put_no_password(*db, id));
  ResetLink link = WD_TRY(put_link(*db, scope, id));
  WD_TRY(audit_.append_in(*db, scope, {"user.compromised", "user:" + id.text(), AuditOutcome::Success, {}}));
  WD_TRY(tx.commit());
  return link;
}

Result<UserId> Users::redeem_reset_link(const TenantScope& scope, std::string_view secret, std::string_view next) {
  const Timestamp now = clock_.now();
  const auto pending = WD_TRY(find_pending(*WD_TRY(tenants_.config(scope).acquire()), secret));
  if (!pending || pending->expires <= now) return not_held();
  const User user = WD_TRY(find(scope, pending->user));
  if (user.disabled || user.source) return not_held();
  WD_TRY(policies_.check(scope, next, personal_words(user), "/new"));
  WD_TRY(check_history(scope, user.id, next, WD_TRY(policies_.rules(scope))));
  const std::string hash = WD_TRY(passwords_.hash(next, pepper(scope)));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  // Once: of two at the same moment the second finds nothing to remove.
  if (WD_TRY(db->execute("DELETE FROM password_resets WHERE token_hash = ?1", {hash_of(secret)})) == 0)
    return not_held();
  WD_TRY(put_password(*db, user.id, hash));
  WD_TRY(db->execute("UPDATE users SET must_change_password = 0 WHERE id = ?1", {user.id.text()}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"user.password", "user:" + user.id.text(), AuditOutcome::Success, {{"by", "link"}}}));
  WD_TRY(tx.commit());
  return user.id;
}

}  // namespace warder::manager
