#include "manager/identity/users.h"

#include <algorithm>

#include "base/text.h"
#include "manager/identity/contacts.h"
#include "manager/identity/role_store.h"
#include "manager/identity/rows.h"
#include "manager/identity/user_secrets.h"

namespace warder::manager {

namespace {

constexpr std::string_view kColumns =
    "SELECT users.id, username, display_name, email, roles, locale, disabled, must_change_password, users.created, "
    "last_login, users.version, COALESCE(password_changed, users.created), x.provider_id, COALESCE(p.name, ''), "
    "COALESCE(p.enabled, 0) FROM users LEFT JOIN external_identities x ON x.user_id = users.id "
    "LEFT JOIN identity_providers p ON p.id = x.provider_id ";

std::string joined(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text.append(text.empty() ? "" : ",").append(role);
  return text;
}

bool is_actor(const TenantScope& scope, const UserId& id) {
  return scope.actor() == "user:" + id.text();
}

bool has_full_access(const std::vector<std::string>& roles) {
  return std::ranges::find(roles, kFullAccess) != roles.end();
}

AuditRecord record_of(std::string_view action, const UserId& id, boost::json::object detail = {}) {
  return {std::string(action), "user:" + id.text(), AuditOutcome::Success, std::move(detail)};
}

/// The names of what a change touches, never the values: names and addresses have no place in the audit log.
boost::json::object detail_of(const UserChange& change) {
  boost::json::array changed;
  if (change.display_name) changed.emplace_back("display_name");
  if (change.email) changed.emplace_back("email");
  if (change.roles) changed.emplace_back("roles");
  if (change.scoped_roles) changed.emplace_back("scoped_roles");
  if (change.locale) changed.emplace_back("locale");
  if (change.disabled) changed.emplace_back("disabled");
  if (change.telephone) changed.emplace_back("telephone");
  boost::json::object detail{{"changed", std::move(changed)}};
  if (change.roles) detail["roles"] = joined(*change.roles);
  if (change.disabled) detail["disabled"] = *change.disabled;
  return detail;
}

tl::unexpected<Error> no_user() {
  return fail(ErrorCode::NotFound, "no such user");
}

/// Counted in the transaction that adds the user.
Result<void> check_room(Db& db, const TenantTerms& terms) {
  if (!terms.max_users) return {};
  const auto users = WD_TRY(read_row(db, "SELECT COUNT(*) FROM users", {},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (users.value_or(0) < *terms.max_users) return {};
  return fail(ErrorCode::Forbidden, "the tenant has its " + std::to_string(*terms.max_users) +
                                        " users; remove one, or have the number raised");
}

/// An administrator's change of what the identity provider would set again.
Result<void> check_not_from_source(const UserChange& change) {
  const auto refused = [](std::string_view member) {
    return fail(ErrorCode::Conflict, std::string(member) + ": comes from the identity provider");
  };
  if (change.display_name) return refused("/display_name");
  if (change.email) return refused("/email");
  if (change.roles) return refused("/roles");
  if (change.scoped_roles) return refused("/scoped_roles");
  return {};
}

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

User user_of(const UserDraft& draft, Timestamp now) {
  User user;
  user.created = now;
  user.password_changed = now;
  user.id = make_id<UserId>(now);
  user.username = draft.username;
  user.display_name = draft.display_name.empty() ? draft.username : draft.display_name;
  user.email = draft.email;
  user.telephone = draft.telephone;
  user.roles = draft.roles;
  user.scoped_roles = draft.scoped_roles;
  user.locale = draft.locale;
  user.must_change_password = true;
  return user;
}

}  // namespace

std::string Users::pepper(const TenantScope& scope) const {
  return std::string(as_text(tenants_.derive_key(scope, "password-pepper")));
}

Result<User> Users::read_user(const TenantScope& scope, const Row& row) const {
  User user;
  const std::string id = row.text(0);
  user.id = WD_TRY(parse_id<UserId>(id));
  user.username = row.text(1);
  user.display_name = WD_TRY(tenants_.open_text(scope, {"users", id, "display_name"}, row.bytes(2)));
  if (!row.is_null(3)) user.email = WD_TRY(tenants_.open_text(scope, {"users", id, "email"}, row.bytes(3)));
  const std::string roles = row.text(4);
  for (const std::string_view role : split(roles, ',')) user.roles.emplace_back(role);
  user.locale = row.text(5);
  user.disabled = row.integer(6) != 0;
  user.must_change_password = row.integer(7) != 0;
  user.created = from_micros(row.integer(8));
  user.last_login = optional_time_at(row, 9);
  user.version = row.integer(10);
  user.password_changed = from_micros(row.integer(11));
  if (!row.is_null(12))
    user.source = UserSource{WD_TRY(parse_id<IdentityProviderId>(row.text(12))), row.text(13), row.integer(14) != 0};
  return user;
}

Result<User> Users::find_in(Db& db, const TenantScope& scope, const UserId& id) const {
  const auto user = WD_TRY(read_row(db, std::string(kColumns) + "WHERE users.id = ?1", {id.text()},
                                    [&](const Row& row) { return read_user(scope, row); }));
  if (!user) return no_user();
  User found = *user;
  found.scoped_roles = WD_TRY(read_scoped_roles(db, id.text()));
  found.telephone = WD_TRY(read_telephone(db, tenants_, scope, id.text()));
  return found;
}

Result<UserPage> Users::list(const TenantScope& scope, std::size_t limit, std::string_view cursor) {
  const std::string after = WD_TRY(key_of_cursor(cursor));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  UserPage page;
  page.items = WD_TRY(read_rows(*db, std::string(kColumns) + "WHERE username > ?1 ORDER BY username LIMIT ?2",
                                {after, static_cast<std::int64_t>(limit + 1)},
                                [&](const Row& row) { return read_user(scope, row); }));
  for (User& user : page.items) {
    user.scoped_roles = WD_TRY(read_scoped_roles(*db, user.id.text()));
    user.telephone = WD_TRY(read_telephone(*db, tenants_, scope, user.id.text()));
  }
  if (page.items.size() > limit) {
    page.items.pop_back();
    page.next_cursor = cursor_of(page.items.back().username);
  }
  return page;
}

Result<User> Users::find(const TenantScope& scope, const UserId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, scope, id);
}

Result<std::vector<User>> Users::find_by_email(const TenantScope& scope, std::string_view email) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  std::vector<User> users;
  for (const std::string& id : WD_TRY(users_with_email(*db, tenants_, scope, email)))
    users.push_back(WD_TRY(find_in(*db, scope, WD_TRY(parse_id<UserId>(id)))));
  return users;
}

/// In a transaction of the caller's.
Result<User> Users::add(Db& db, const TenantScope& scope, const UserDraft& draft, const std::string& hash) const {
  User user = user_of(draft, clock_.now());
  WD_TRY(insert(db, scope, user, hash));
  WD_TRY(check_assignable(db, scope, draft.roles, draft.scoped_roles));
  WD_TRY(audit_.append_in(
      db, scope, record_of("user.create", user.id, {{"username", user.username}, {"roles", joined(user.roles)}})));
  return user;
}

Result<User> Users::create(const TenantScope& scope, const UserDraft& draft) {
  WD_TRY(policies_.check(scope, draft.password, personal_words(user_of(draft, clock_.now())), "/password"));
  const std::string hash = WD_TRY(passwords_.hash(draft.password, pepper(scope)));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  User user = WD_TRY(add(*db, scope, draft, hash));
  WD_TRY(tx.commit());
  return user;
}

Result<InvitedUser> Users::invite(const TenantScope& scope, const UserDraft& draft) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  InvitedUser invited;
  invited.user = WD_TRY(add(*db, scope, draft, std::string(kNoPassword)));
  invited.link = WD_TRY(put_link(*db, scope, invited.user.id));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.password.link", invited.user.id)));
  WD_TRY(tx.commit());
  return invited;
}

/// Conflict when the name is taken; Forbidden when there is no room for another.
Result<void> Users::insert(Db& db, const TenantScope& scope, const User& user, const std::string& hash) const {
  const auto taken = WD_TRY(read_row(db, "SELECT id FROM users WHERE username = ?1", {user.username},
                                     [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (taken) return fail(ErrorCode::Conflict, "/username: the name is taken");
  WD_TRY(check_room(db, WD_TRY(tenants_.find(scope.tenant())).terms));
  WD_TRY(
      db.execute("INSERT INTO users (id, username, display_name, password_hash, roles, locale, disabled, "
                 "must_change_password, created, failed_logins, version, password_changed) "
                 "VALUES (?1, ?2, ?3, ?4, '', ?5, 0, 1, ?6, 0, 1, ?6)",
                 {user.id.text(), user.username, Bytes{}, hash, user.locale, to_micros(user.created)}));
  return store(db, scope, user);
}

/// Writes what an administrator can change.
Result<void> Users::store(Db& db, const TenantScope& scope, const User& user) const {
  const std::string id = user.id.text();
  const DbValue email =
      user.email ? DbValue{tenants_.seal_text(scope, {"users", id, "email"}, *user.email)} : DbValue{nullptr};
  WD_TRY(db.execute(
      "UPDATE users SET display_name = ?2, email = ?3, roles = ?4, locale = ?5, disabled = ?6, "
      "must_change_password = ?7, version = ?8 WHERE id = ?1",
      {id, tenants_.seal_text(scope, {"users", id, "display_name"}, user.display_name), email, joined(user.roles),
       user.locale, std::int64_t{user.disabled}, std::int64_t{user.must_change_password}, user.version}));
  WD_TRY(write_contact(db, tenants_, scope, id, user.email, user.telephone));
  return write_scoped_roles(db, id, user.scoped_roles);
}

/// Called before `user` is disabled, removed or loses full access.
Result<void> Users::check_may_lose_power(Db& db, const TenantScope& scope, const User& user) const {
  if (is_actor(scope, user.id)) {
    return fail(ErrorCode::Forbidden, "nobody changes the own roles or account; ask another administrator");
  }
  // Only who is known here counts: an identity provider that is down or misconfigured must lock nobody out for good.
  if (!has_full_access(user.roles) || user.disabled || user.source) return {};
  const auto roles =
      WD_TRY(read_rows(db,
                       "SELECT roles FROM users WHERE disabled = 0 AND id <> ?1 "
                       "AND id NOT IN (SELECT user_id FROM external_identities)",
                       {user.id.text()}, [](const Row& row) -> Result<std::string> { return row.text(0); }));
  const bool is_last = std::ranges::none_of(roles, [](const std::string& text) {
    const auto names = split(text, ',');
    return std::ranges::find(names, kFullAccess) != names.end();
  });
  if (is_last) return fail(ErrorCode::Conflict, "the last user with full access");
  return {};
}

Result<User> Users::update(const TenantScope& scope, const UserId& id, std::string_view etag,
                           const UserChange& change) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  User user = WD_TRY(find_in(*db, scope, id));
  if (etag != "*" && etag != etag_text(user.version)) {
    return fail(ErrorCode::Stale, "the user was changed since you read it; read it again");
  }
  WD_TRY(check_covers(*db, scope, user.roles, user.scoped_roles));
  if (user.source) WD_TRY(check_not_from_source(change));
  if ((change.roles && *change.roles != user.roles) || (change.disabled && *change.disabled != user.disabled) ||
      (change.scoped_roles && *change.scoped_roles != user.scoped_roles)) {
    WD_TRY(check_may_lose_power(*db, scope, user));
  }
  if (change.display_name) user.display_name = *change.display_name;
  if (change.email) user.email = *change.email;
  if (change.telephone) user.telephone = *change.telephone;
  if (change.roles) user.roles = *change.roles;
  if (change.scoped_roles) user.scoped_roles = *change.scoped_roles;
  if (change.roles || change.scoped_roles) WD_TRY(check_assignable(*db, scope, user.roles, user.scoped_roles));
  if (change.locale) user.locale = *change.locale;
  if (change.disabled) user.disabled = *change.disabled;
  ++user.version;
  WD_TRY(store(*db, scope, user));
  // Who disables or enables somebody here has the last word until the provider speaks again.
  if (change.disabled && user.source)
    WD_TRY(db->execute("UPDATE external_identities SET gone_since = NULL WHERE user_id = ?1", {id.text()}));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.update", id, detail_of(change))));
  WD_TRY(tx.commit());
  return user;
}

Result<void> Users::remove(const TenantScope& scope, const UserId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const User user = WD_TRY(find_in(*db, scope, id));
  if (etag != "*" && etag != etag_text(user.version)) {
    return fail(ErrorCode::Stale, "the user was changed since you read it; read it again");
  }
  WD_TRY(check_covers(*db, scope, user.roles, user.scoped_roles));
  WD_TRY(check_may_lose_power(*db, scope, user));
  WD_TRY(remove_contact(*db, id.text()));
  WD_TRY(write_scoped_roles(*db, id.text(), {}));
  WD_TRY(db->execute("DELETE FROM password_history WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM password_resets WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM totp_factors WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM recovery_codes WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM external_identities WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM passkeys WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM user_certificates WHERE user_id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM users WHERE id = ?1", {id.text()}));
  WD_TRY(audit_.append_in(*db, scope, record_of("user.delete", id, {{"username", user.username}})));
  WD_TRY(tx.commit());
  return {};
}

FeatureSchema users_schema() {
  return {
      "users",
      {{1,
        "users",
        {"CREATE TABLE users (id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name BLOB NOT NULL, "
         "email BLOB, password_hash TEXT NOT NULL, roles TEXT NOT NULL, locale TEXT NOT NULL, "
         "disabled INTEGER NOT NULL, must_change_password INTEGER NOT NULL, created BIGINT NOT NULL, "
         "last_login BIGINT, failed_logins INTEGER NOT NULL, locked_until BIGINT, version BIGINT NOT NULL)"}},
       {2,
        "age and history of passwords",
        {"ALTER TABLE users ADD COLUMN password_changed BIGINT",
         "CREATE TABLE password_history (user_id TEXT NOT NULL, made BIGINT NOT NULL, hash TEXT NOT NULL, "
         "PRIMARY KEY (user_id, hash))"}},
       {3,
        "links for new passwords, place of the last login",
        {"ALTER TABLE users ADD COLUMN last_address TEXT",
         "CREATE TABLE password_resets (token_hash BLOB PRIMARY KEY, user_id TEXT NOT NULL, created BIGINT NOT NULL, "
         "expires BIGINT NOT NULL)"}}},
      {{"users", "id", PersonalData::Identifier},
       {"users", "username", PersonalData::Identifier},
       {"users", "display_name", PersonalData::Contact, "id"},
       {"users", "email", PersonalData::Contact, "id"},
       {"users", "password_hash", PersonalData::Secret},
       {"users", "roles", PersonalData::None},
       {"users", "locale", PersonalData::None},
       {"users", "disabled", PersonalData::None},
       {"users", "must_change_password", PersonalData::None},
       {"users", "created", PersonalData::Identifier},
       {"users", "last_login", PersonalData::Identifier},
       {"users", "failed_logins", PersonalData::Identifier},
       {"users", "locked_until", PersonalData::Identifier},
       {"users", "version", PersonalData::None},
       {"users", "password_changed", PersonalData::Identifier},
       {"users", "last_address", PersonalData::Identifier},
       {"password_resets", "token_hash", PersonalData::Secret},
       {"password_resets", "user_id", PersonalData::Identifier},
       {"password_resets", "created", PersonalData::None},
       {"password_resets", "expires", PersonalData::None},
       {"password_history", "user_id", PersonalData::Identifier},
       {"password_history", "made", PersonalData::Identifier},
       {"password_history", "hash", PersonalData::Secret}},
  };
}

}  // namespace warder::manager
