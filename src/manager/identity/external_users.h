// Users whom an identity provider knows: they come in when it names them, have the roles that it and the mappings give,
// and go when it says so. Login protocols, directories and provisioning stand on this.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manager/identity/identity_providers.h"
#include "manager/identity/users.h"

namespace warder::manager {

/// What a provider says about somebody, after the protocol has proven that it is the provider who says so.
struct ExternalPerson {
  IdentityProviderId provider;
  std::string subject;  // the provider's name for the person, for good
  std::string username;
  std::string display_name;
  std::optional<std::string> email;
  std::vector<std::string> groups;
  bool is_disabled = false;
};

struct ExternalIdentity {
  std::string subject;
  UserId user;
  std::string username;
  bool is_disabled = false;
};

/// Thread-safe. Every change and every refusal is an audit entry.
class ExternalUsers {
 public:
  /// `end_sessions`: all of a user's.
  using EndSessions = std::function<Result<void>(const TenantScope&, const UserId&)>;
  ExternalUsers(Tenants& tenants, AuditLog& audit, Users& users, const host::Clock& clock, EndSessions end_sessions)
      : tenants_(tenants), audit_(audit), users_(users), clock_(clock), end_sessions_(std::move(end_sessions)) {}

  /// Makes the user at the first time, and otherwise takes over names, mail and roles; ends the sessions of who gets
  /// other roles. `disabled` in what it returns: the person may not log in; who was disabled here stays so.
  /// Forbidden when no mapping gives a role, and then who was there is disabled, or when the tenant has no room;
  /// Conflict when somebody else has the user name: nobody takes over a user by an equal name or address. Invalid when
  /// the provider is none, is disabled, or says what cannot be: an empty subject, a user name that is none.
  Result<User> admit(const TenantScope& scope, const ExternalPerson& person);
  /// The provider knows the person no more: disables the user and ends all sessions. NotFound when there is none.
  Result<void> leave(const TenantScope& scope, const IdentityProviderId& provider, std::string_view subject,
                     std::string_view why);
  /// By subject: for synchronisation.
  Result<std::vector<ExternalIdentity>> list(const TenantScope& scope, const IdentityProviderId& provider);
  Result<std::optional<User>> find(const TenantScope& scope, const IdentityProviderId& provider,
                                   std::string_view subject);
  /// Whether somebody who is disabled is so because the provider said it.
  Result<bool> is_gone(const TenantScope& scope, const IdentityProviderId& provider, std::string_view subject);
  /// After a change of the provider's mappings: its users get the roles of the groups that they were last known in.
  Result<void> remap(const TenantScope& scope, const IdentityProviderId& provider);
  /// Of a provider that was disabled.
  Result<void> end_sessions(const TenantScope& scope, const IdentityProviderId& provider);

 private:
  struct Known;
  struct Admission;
  static Result<std::optional<Known>> find_known(Db& db, const IdentityProviderId& provider, std::string_view subject);
  Result<Admission> admit_in(Db& db, const TenantScope& scope, const IdentityProvider& provider,
                             const ExternalPerson& person);
  Result<Admission> add(Db& db, const TenantScope& scope, const IdentityProvider& provider,
                        const ExternalPerson& person);
  Result<Admission> change(Db& db, const TenantScope& scope, const IdentityProvider& provider,
                           const ExternalPerson& person, const Known& known);
  Result<void> disable(Db& db, const TenantScope& scope, User user, std::string_view why);

  Tenants& tenants_;
  AuditLog& audit_;
  Users& users_;
  const host::Clock& clock_;
  EndSessions end_sessions_;
};

}  // namespace warder::manager
