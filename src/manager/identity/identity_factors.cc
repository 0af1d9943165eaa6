// The part of Identity about second factors: everybody's own, and taking one away from who has lost it.
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {
constexpr std::chrono::minutes kFreshLogin{10};
}

Result<OwnSecondFactor> Identity::second_factor_of(const Principal& principal) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  std::vector<std::string> roles = principal.roles;
  for (const ScopedRole& scoped : WD_TRY(users_.find(scope, principal.user)).scoped_roles) roles.push_back(scoped.role);
  return OwnSecondFactor{WD_TRY(second_factors_.state(scope, principal.user)),
                         WD_TRY(password_policies_.in_force(scope)).wants_second_factor(roles)};
}

/// Counts and locks as at login. Who has no password here has just logged in, so that a stolen session is not enough.
Result<void> Identity::check_own_password(const TenantScope& scope, const Principal& principal,
                                          std::string_view password) {
  if (WD_TRY(users_.find(scope, principal.user)).source) {
    const auto session = WD_TRY(sessions_.find_by_id(principal.session));
    if (session && clock_.now() - session->created < kFreshLogin) return {};
    return fail(ErrorCode::Forbidden, "log in anew first: this is for who has done so in the last ten minutes");
  }
  if (WD_TRY(users_.check(scope, principal.username, password)).is_right) return {};
  return fail(ErrorCode::Invalid, "/password: wrong, or the account is locked for a while");
}

Result<TotpSetup> Identity::begin_second_factor(const Principal& principal, std::string_view password) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  WD_TRY(check_own_password(scope, principal, password));
  return second_factors_.begin(scope, principal.user, principal.username);
}

Result<std::vector<std::string>> Identity::confirm_second_factor(const Principal& principal, std::string_view code) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  auto codes = WD_TRY(second_factors_.confirm(scope, principal.user, code));
  WD_TRY(note_ends(
      WD_TRY(sessions_.end_all(principal.user, principal.session, {SessionEnd::FactorChanged, scope.actor()}))));
  return codes;
}

Result<void> Identity::remove_second_factor(const Principal& principal, std::string_view password,
                                            std::string_view code) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  if (WD_TRY(second_factor_of(principal)).is_demanded)
    return fail(ErrorCode::Forbidden, "a second factor is demanded of you; an administrator can replace it");
  WD_TRY(check_own_password(scope, principal, password));
  if (WD_TRY(second_factors_.prove(scope, principal.user, code)) == CodeProof::Wrong) {
    WD_TRY(users_.note_wrong_code(scope, WD_TRY(users_.find(scope, principal.user))));
    return fail(ErrorCode::Invalid, "/code: wrong, or used already");
  }
  return second_factors_.remove(scope, principal.user);
}

Result<void> Identity::reset_second_factor(const TenantScope& scope, const UserId& user) {
  WD_TRY(users_.find_helped(scope, user));
  WD_TRY(second_factors_.remove(scope, user));
  return end_sessions(scope, user, SessionEnd::FactorChanged);
}

}  // namespace warder::manager
