#include "manager/identity/external_users.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/identity/user_secrets.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxSubject = 512;
constexpr std::size_t kMaxUsername = 128;
constexpr std::size_t kMaxDisplayName = 200;
constexpr std::size_t kMaxEmail = 254;
constexpr std::size_t kMaxGroups = 2000;
constexpr std::size_t kMaxStoredBytes = 4 << 20;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

/// '/' is between a tenant and a name at login.
Result<void> check_person(const ExternalPerson& person) {
  if (person.subject.empty() || person.subject.size() > kMaxSubject || has_control(person.subject))
    return fail(ErrorCode::Invalid, "the identity provider's name for the person is empty, too long or not text");
  const bool is_name = !person.username.empty() && person.username.size() <= kMaxUsername &&
                       person.username.find_first_of("/ ") == std::string::npos && !has_control(person.username);
  if (!is_name) return fail(ErrorCode::Invalid, "the user name of the identity provider cannot be one here");
  if (person.groups.size() > kMaxGroups) return fail(ErrorCode::Invalid, "the identity provider says too many groups");
  return {};
}

std::optional<std::string> usable_email(const ExternalPerson& person) {
  if (!person.email || person.email->empty() || person.email->size() > kMaxEmail || has_control(*person.email))
    return std::nullopt;
  return person.email;
}

void take_over(User& user, const ExternalPerson& person, MappedRoles roles) {
  user.username = person.username;
  const bool has_name = !person.display_name.empty() && !has_control(person.display_name);
  user.display_name = cut_utf8(has_name ? person.display_name : person.username, kMaxDisplayName);
  user.email = usable_email(person);
  user.roles = std::move(roles.roles);
  user.scoped_roles = std::move(roles.scoped_roles);
}

bool is_same(const User& a, const User& b) {
  return a.username == b.username && a.display_name == b.display_name && a.email == b.email && a.roles == b.roles &&
         a.scoped_roles == b.scoped_roles && a.disabled == b.disabled;
}

json::array changed_between(const User& before, const User& after) {
  json::array changed;
  if (before.username != after.username) changed.emplace_back("username");
  if (before.display_name != after.display_name) changed.emplace_back("display_name");
  if (before.email != after.email) changed.emplace_back("email");
  if (before.roles != after.roles) changed.emplace_back("roles");
  if (before.scoped_roles != after.scoped_roles) changed.emplace_back("scoped_roles");
  if (before.disabled != after.disabled) changed.emplace_back("disabled");
  return changed;
}

std::string groups_text(const std::vector<std::string>& groups) {
  json::array array;
  for (const std::string& group : groups) array.emplace_back(json::string(group));
  return canonical_json(array);
}

Result<std::vector<std::string>> read_groups(const std::string& text) {
  const json::value value = WD_TRY(parse_json(text, kMaxStoredBytes).in("stored groups"));
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "stored groups: not an array");
  std::vector<std::string> groups;
  for (const json::value& group : value.get_array()) {
    if (!group.is_string()) return fail(ErrorCode::Corrupt, "stored groups: not a text");
    groups.emplace_back(group.get_string());
  }
  return groups;
}

/// In any case of ASCII letters: nobody comes in who looks like somebody else in a log.
Result<bool> is_name_of_another(Db& db, const std::string& username, const UserId& user) {
  const auto other =
      WD_TRY(read_row(db, "SELECT id FROM users WHERE LOWER(username) = LOWER(?1) AND id <> ?2",
                      {username, user.text()}, [](const Row& row) -> Result<std::string> { return row.text(0); }));
  return other.has_value();
}

AuditRecord record_of(std::string_view action, const UserId& user, json::object detail) {
  return {std::string(action), "user:" + user.text(), AuditOutcome::Success, std::move(detail)};
}

std::string joined(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text.append(text.empty() ? "" : ",").append(role);
  return text;
}

}  // namespace

/// What is stored of somebody.
struct ExternalUsers::Known {
  UserId user;
  bool is_gone = false;  // disabled because the provider said so
  std::string groups;
};

/// How an admission ended: with a user, or refused for a reason that the audit log gets too.
struct ExternalUsers::Admission {
  std::optional<User> user{};
  bool ends_sessions = false;
  std::string_view reason{};  // "no-role"
  std::optional<Error> refusal{};
};

Result<std::optional<ExternalUsers::Known>> ExternalUsers::find_known(Db& db, const IdentityProviderId& provider,
                                                                      std::string_view subject) {
  const auto read = [](const Row& row) -> Result<Known> {
    return Known{WD_TRY(parse_id<UserId>(row.text(0))), !row.is_null(1), row.text(2)};
  };
  return read_row(
      db, "SELECT user_id, gone_since, member_of FROM external_identities WHERE provider_id = ?1 AND subject = ?2",
      {provider.text(), std::string(subject)}, read);
}

Result<User> ExternalUsers::admit(const TenantScope& scope, const ExternalPerson& person) {
  Admission admission;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const auto provider = WD_TRY(find_identity_provider(*db, person.provider));
    if (!provider || !provider->is_enabled) return fail(ErrorCode::Invalid, "no such identity provider in use");
    auto tried = admit_in(*db, scope, *provider, person);
    if (!tried) {
      if (tried.error().code != ErrorCode::Conflict && tried.error().code != ErrorCode::Forbidden &&
          tried.error().code != ErrorCode::Invalid)
        return fail(tried.error());
      admission = {.reason = tried.error().code == ErrorCode::Conflict    ? "name-taken"
                             : tried.error().code == ErrorCode::Forbidden ? "no-room"
                                                                          : "unusable",
                   .refusal = tried.error()};
    } else {
      admission = std::move(*tried);
      WD_TRY(tx.commit());
    }
  }
  if (admission.ends_sessions && admission.user) WD_TRY(end_sessions_(scope, admission.user->id));
  if (!admission.refusal) return std::move(*admission.user);
  WD_TRY(audit_.append(scope, "user.admit", "identity-provider:" + person.provider.text(), AuditOutcome::Denied,
                       {{"reason", admission.reason}}));
  return fail(*admission.refusal);
}

Result<ExternalUsers::Admission> ExternalUsers::admit_in(Db& db, const TenantScope& scope,
                                                         const IdentityProvider& provider,
                                                         const ExternalPerson& person) {
  WD_TRY(check_person(person));
  const auto known = WD_TRY(find_known(db, provider.id, person.subject));
  return known ? change(db, scope, provider, person, *known) : add(db, scope, provider, person);
}

Result<ExternalUsers::Admission> ExternalUsers::add(Db& db, const TenantScope& scope, const IdentityProvider& provider,
                                                    const ExternalPerson& person) {
  MappedRoles roles = mapped_roles(provider, person.groups);
  if (roles.roles.empty() && roles.scoped_roles.empty())
    return Admission{.reason = "no-role",
                     .refusal = Error{ErrorCode::Forbidden, "no group of " + provider.name + " gives a role here"}};
  User user;
  user.created = clock_.now();
  user.password_changed = user.created;
  user.id = make_id<UserId>(user.created);
  user.disabled = person.is_disabled;
  take_over(user, person, std::move(roles));
  if (WD_TRY(is_name_of_another(db, user.username, user.id)))
    return fail(ErrorCode::Conflict, "another user has the name " + user.username + " here");
  const auto inserted = users_.insert(db, scope, user, std::string(kNoPassword));
  if (!inserted) return fail(inserted.error());
  const DbValue gone = user.disabled ? DbValue{to_micros(clock_.now())} : DbValue{nullptr};
  WD_TRY(
      db.execute("INSERT INTO external_identities (provider_id, subject, user_id, member_of, gone_since) "
                 "VALUES (?1, ?2, ?3, ?4, ?5)",
                 {provider.id.text(), person.subject, user.id.text(), groups_text(person.groups), gone}));
  WD_TRY(audit_.append_in(
      db, scope,
      record_of("user.create", user.id,
                {{"username", user.username}, {"roles", joined(user.roles)}, {"provider", provider.id.text()}})));
  return Admission{.user = WD_TRY(users_.find_in(db, scope, user.id))};
}

Result<ExternalUsers::Admission> ExternalUsers::change(Db& db, const TenantScope& scope,
                                                       const IdentityProvider& provider, const ExternalPerson& person,
                                                       const Known& known) {
  const User before = WD_TRY(users_.find_in(db, scope, known.user));
  MappedRoles roles = mapped_roles(provider, person.groups);
  const std::string groups = groups_text(person.groups);
  if (roles.roles.empty() && roles.scoped_roles.empty()) {
    if (!before.disabled) WD_TRY(disable(db, scope, before, "no-role"));
    WD_TRY(db.execute("UPDATE external_identities SET member_of = ?2 WHERE user_id = ?1", {before.id.text(), groups}));
    return Admission{.user = before,
                     .ends_sessions = true,
                     .reason = "no-role",
                     .refusal = Error{ErrorCode::Forbidden, "no group of " + provider.name + " gives a role here"}};
  }
  if (person.username != before.username && WD_TRY(is_name_of_another(db, person.username, before.id)))
    return fail(ErrorCode::Conflict, "another user has the name " + person.username + " here");
  User user = before;
  take_over(user, person, std::move(roles));
  // Back with the provider's word only who went by it.
  user.disabled = person.is_disabled || (before.disabled && !known.is_gone);
  const bool goes = user.disabled && !before.disabled;
  const bool comes = !user.disabled && before.disabled;
  if (!is_same(before, user)) {
    ++user.version;
    WD_TRY(db.execute("UPDATE users SET username = ?2 WHERE id = ?1", {user.id.text(), user.username}));
    WD_TRY(users_.store(db, scope, user));
    json::object detail{{"changed", changed_between(before, user)}, {"provider", provider.id.text()}};
    if (before.roles != user.roles) detail["roles"] = joined(user.roles);
    if (goes || comes) detail["disabled"] = user.disabled;
    WD_TRY(audit_.append_in(db, scope, record_of("user.update", user.id, std::move(detail))));
  }
  if (groups != known.groups)
    WD_TRY(db.execute("UPDATE external_identities SET member_of = ?2 WHERE user_id = ?1", {user.id.text(), groups}));
  if (goes || comes)
    WD_TRY(db.execute("UPDATE external_identities SET gone_since = ?2 WHERE user_id = ?1",
                      {user.id.text(), goes ? DbValue{to_micros(clock_.now())} : DbValue{nullptr}}));
  const bool has_other_roles = before.roles != user.roles || before.scoped_roles != user.scoped_roles;
  return Admission{.user = user, .ends_sessions = has_other_roles || goes};
}

Result<void> ExternalUsers::disable(Db& db, const TenantScope& scope, User user, std::string_view why) {
  user.disabled = true;
  ++user.version;
  WD_TRY(users_.store(db, scope, user));
  WD_TRY(db.execute("UPDATE external_identities SET gone_since = ?2 WHERE user_id = ?1",
                    {user.id.text(), to_micros(clock_.now())}));
  WD_TRY(audit_.append_in(
      db, scope,
      record_of("user.update", user.id,
                {{"changed", json::array{"disabled"}}, {"disabled", true}, {"reason", std::string(why)}})));
  return {};
}

Result<void> ExternalUsers::leave(const TenantScope& scope, const IdentityProviderId& provider,
                                  std::string_view subject, std::string_view why) {
  UserId id;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const auto known = WD_TRY(find_known(*db, provider, subject));
    if (!known) return fail(ErrorCode::NotFound, "the identity provider has no such user");
    id = known->user;
    const User user = WD_TRY(users_.find_in(*db, scope, id));
    if (!user.disabled) WD_TRY(disable(*db, scope, user, why));
    WD_TRY(tx.commit());
  }
  return end_sessions_(scope, id);
}

Result<std::vector<ExternalIdentity>> ExternalUsers::list(const TenantScope& scope,
                                                          const IdentityProviderId& provider) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(
      *db,
      "SELECT x.subject, x.user_id, u.username, u.disabled FROM external_identities x "
      "JOIN users u ON u.id = x.user_id WHERE x.provider_id = ?1 ORDER BY x.subject",
      {provider.text()}, [](const Row& row) -> Result<ExternalIdentity> {
        return ExternalIdentity{row.text(0), WD_TRY(parse_id<UserId>(row.text(1))), row.text(2), row.integer(3) != 0};
      });
}

Result<std::optional<User>> ExternalUsers::find(const TenantScope& scope, const IdentityProviderId& provider,
                                                std::string_view subject) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto known = WD_TRY(find_known(*db, provider, subject));
  if (!known) return std::optional<User>{};
  return std::optional(WD_TRY(users_.find_in(*db, scope, known->user)));
}

Result<bool> ExternalUsers::is_gone(const TenantScope& scope, const IdentityProviderId& provider,
                                    std::string_view subject) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto known = WD_TRY(find_known(*db, provider, subject));
  return known && known->is_gone;
}

Result<void> ExternalUsers::remap(const TenantScope& scope, const IdentityProviderId& id) {
  for (const ExternalIdentity& identity : WD_TRY(list(scope, id))) {
    ExternalPerson person;
    person.provider = id;
    person.subject = identity.subject;
    {
      auto db = WD_TRY(tenants_.config(scope).acquire());
      const auto known = WD_TRY(find_known(*db, id, identity.subject));
      if (!known) continue;
      const User user = WD_TRY(users_.find_in(*db, scope, known->user));
      person.username = user.username;
      person.display_name = user.display_name;
      person.email = user.email;
      person.groups = WD_TRY(read_groups(known->groups));
      person.is_disabled = user.disabled;
    }
    const auto admitted = admit(scope, person);
    if (!admitted && admitted.error().code != ErrorCode::Forbidden) return fail(admitted.error());
  }
  return {};
}

Result<void> ExternalUsers::end_sessions(const TenantScope& scope, const IdentityProviderId& provider) {
  for (const ExternalIdentity& identity : WD_TRY(list(scope, provider))) WD_TRY(end_sessions_(scope, identity.user));
  return {};
}

}  // namespace warder::manager
