// The people of a tenant: who they are, which roles they have, and whether they may log in now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/identity_providers.h"
#include "manager/identity/password_policies.h"
#include "manager/identity/passwords.h"
#include "manager/identity/role_store.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

/// The identity provider that somebody is known from. Such a user has no password here; names, mail and roles are what
/// the provider says.
struct UserSource {
  IdentityProviderId provider;
  std::string name;
  bool is_enabled = false;  // otherwise the user counts as disabled
};

struct User {
  UserId id;
  std::string username;
  std::string display_name;              // contact data: sealed where it is stored
  std::optional<std::string> email;      // likewise
  std::optional<std::string> telephone;  // likewise
  std::vector<std::string> roles;        // for the whole tenant
  std::vector<ScopedRole> scoped_roles;  // for a part of the fleet
  std::string locale = "en";
  bool disabled = false;
  bool must_change_password = false;
  Timestamp created;
  Timestamp password_changed;
  std::optional<Timestamp> last_login;
  std::int64_t version = 1;            // of what an administrator can change
  std::optional<UserSource> source{};  // nothing: known here alone

  [[nodiscard]] bool may_log_in() const { return !disabled && (!source || source->is_enabled); }
};

struct UserDraft {
  std::string username;
  std::string display_name;
  std::optional<std::string> email;
  std::string password;  // not looked at for who is invited
  std::vector<std::string> roles;
  std::string locale = "en";
  std::vector<ScopedRole> scoped_roles{};
  std::optional<std::string> telephone{};
};

/// What is absent stays.
struct UserChange {
  std::optional<std::string> display_name;
  std::optional<std::optional<std::string>> email;
  std::optional<std::vector<std::string>> roles;
  std::optional<std::vector<ScopedRole>> scoped_roles;
  std::optional<std::string> locale;
  std::optional<bool> disabled;
  std::optional<std::optional<std::string>> telephone;
};

struct UserPage {
  std::vector<User> items;
  std::optional<std::string> next_cursor;
};

/// For somebody to choose a password with, once; whoever has it can.
struct ResetLink {
  std::string token;  // "<tenant>.<secret>"; only the secret's hash is stored
  Timestamp expires;
};

/// Of the console's page, with the token behind the '#', where no server's log sees it.
std::string path_of(const ResetLink& link);

struct InvitedUser {
  User user;
  ResetLink link;
};

struct LastLogin {
  std::optional<Timestamp> time;
  std::string address;  // empty: not known
};

/// When the password must be changed; nothing where passwords stay or there is none.
std::optional<Timestamp> password_expiry(const User& user, const PasswordRules& rules);

/// How a password check ended.
struct Credentials {
  User user;
  bool is_right = false;
  bool is_locked = false;
};

/// Thread-safe. Every change is an audit entry of the same transaction. `etag` is the one read, or "*"; an old one is
/// Stale. Nobody gives rights above the own ones, nor changes or removes somebody who has more: Forbidden.
class Users {
 public:
  Users(Tenants& tenants, AuditLog& audit, Passwords& passwords, PasswordPolicies& policies, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), passwords_(passwords), policies_(policies), clock_(clock) {}

  Result<UserPage> list(const TenantScope& scope, std::size_t limit, std::string_view cursor);
  Result<User> find(const TenantScope& scope, const UserId& id);
  /// Those with exactly this address, in any case of ASCII letters.
  Result<std::vector<User>> find_by_email(const TenantScope& scope, std::string_view email);

  /// A password that somebody else has set must be changed at the first login. Conflict: the name is taken.
  Result<User> create(const TenantScope& scope, const UserDraft& draft);
  /// Likewise, for somebody who chooses the first password alone, by a link: nobody else ever knows it.
  Result<InvitedUser> invite(const TenantScope& scope, const UserDraft& draft);
  /// Forbidden: own roles or own account; Conflict: nobody known here would be left with full access, or what comes
  /// from an identity provider.
  Result<User> update(const TenantScope& scope, const UserId& id, std::string_view etag, const UserChange& change);
  Result<void> remove(const TenantScope& scope, const UserId& id, std::string_view etag);

  /// Checks a password and keeps the count of failures: after as many in a row as the rules allow the account is locked
  /// for a while, and then even the right one is refused. NotFound, after as much time, when there is no such user.
  Result<Credentials> check(const TenantScope& scope, std::string_view username, std::string_view password);
  /// By its owner; checks the rules, among them the former passwords and the least age, and clears
  /// must_change_password.
  Result<void> change_password(const TenantScope& scope, const UserId& id, std::string_view current,
                               std::string_view next);
  /// Whether wrong codes or passwords have locked the account for a while.
  Result<bool> is_locked(const TenantScope& scope, const UserId& id);
  /// How many accounts are locked now.
  Result<std::int64_t> count_locked(const TenantScope& scope);
  /// A second factor that was not right counts as a wrong password does.
  Result<void> note_wrong_code(const TenantScope& scope, const User& user);
  /// Writes down that somebody has logged in now, from where, and returns the time before. The count of failures begins
  /// anew only here, after every factor.
  Result<LastLogin> note_login(const TenantScope& scope, const UserId& id, const std::string& address);

  /// For a day, in place of earlier ones, to be handed over by who asks. Forbidden for oneself and for somebody with
  /// more rights.
  Result<ResetLink> make_reset_link(const TenantScope& scope, const UserId& id);
  /// Somebody else may know the password: it is no longer right, and the user chooses another by the link. End the
  /// sessions afterwards. Forbidden as above; both are Conflict for who has no password here.
  Result<ResetLink> mark_compromised(const TenantScope& scope, const UserId& id);
  /// Forbidden as above: before somebody's second factor is taken away.
  Result<User> find_helped(const TenantScope& scope, const UserId& id);
  /// `secret` of a link. NotFound when it does not hold, for whatever reason; Invalid when the password breaks a rule,
  /// and the link stays.
  Result<UserId> redeem_reset_link(const TenantScope& scope, std::string_view secret, std::string_view next);

  /// From the command line, for who has lost everything: the password is no longer right, the account is unlocked and
  /// enabled, and another is chosen by the link. End the sessions afterwards.
  Result<InvitedUser> recover(const TenantScope& scope, std::string_view username);

 private:
  friend class ExternalUsers;  // adds and changes users in transactions of its own, without a password

  [[nodiscard]] std::string pepper(const TenantScope& scope) const;
  [[nodiscard]] Result<User> read_user(const TenantScope& scope, const Row& row) const;
  Result<User> find_in(Db& db, const TenantScope& scope, const UserId& id) const;
  Result<void> check_may_lose_power(Db& db, const TenantScope& scope, const User& user) const;
  Result<void> insert(Db& db, const TenantScope& scope, const User& user, const std::string& hash) const;
  Result<void> store(Db& db, const TenantScope& scope, const User& user) const;
  Result<User> add(Db& db, const TenantScope& scope, const UserDraft& draft, const std::string& hash) const;
  Result<void> note_failure(Db& db, const User& user, const PasswordRules& rules) const;
  Result<void> rehash(const TenantScope& scope, const UserId& id, const std::string& outdated,
                      std::string_view password);
  Result<void> check_history(const TenantScope& scope, const UserId& id, std::string_view next,
                             const PasswordRules& rules);
  Result<void> put_password(Db& db, const UserId& id, const std::string& hash) const;
  Result<ResetLink> put_link(Db& db, const TenantScope& scope, const UserId& id) const;
  Result<User> find_to_help(Db& db, const TenantScope& scope, const UserId& id) const;
  Result<void> put_no_password(Db& db, const UserId& id) const;
  static std::vector<std::string> personal_words(const User& user);

  Tenants& tenants_;
  AuditLog& audit_;
  Passwords& passwords_;
  PasswordPolicies& policies_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema users_schema();

}  // namespace warder::manager
