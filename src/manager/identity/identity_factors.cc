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
  const AccessDecision by_password_alone =
      decide(WD_TRY(access_policies_.in_force(scope)), {roles, "password", principal.peer});
  return OwnSecondFactor{
      WD_TRY(second_factors_.state(scope, principal.user)),
      by_password_alone.lacking.has_value() || WD_TRY(password_policies_.in_force(scope)).wants_second_factor(roles)};
}

Result<void> OwnSecondFactor::check_spare(std::int64_t others) const {
  if (!is_demanded || others > 0) return {};
  return fail(ErrorCode::Forbidden, "a second factor is demanded of you; set up another first");
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

Result<TotpSetup> Identity::begin_second_factor(const Principal& principal, const OwnProof& proof) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  WD_TRY(check_own_proof(scope, principal, proof));
  return second_factors_.begin(scope, principal.user, principal.username);
}

Result<std::vector<std::string>> Identity::confirm_second_factor(const Principal& principal, std::string_view code) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  auto codes = WD_TRY(second_factors_.confirm(scope, principal.user, code));
  WD_TRY(note_new_factor(scope, principal, "+totp"));
  return codes;
}

/// The session has proven it just now; others of the user have not.
Result<void> Identity::note_new_factor(const TenantScope& scope, const Principal& principal, std::string_view factor) {
  if (const auto session = WD_TRY(sessions_.find_by_id(principal.session))) {
    std::string method = session->method.substr(0, session->method.find('+'));
    if (session->method.find("+certificate") != std::string::npos) method += "+certificate";
    WD_TRY(sessions_.set_method(session->id, method + std::string(factor)));
  }
  return note_ends(
      WD_TRY(sessions_.end_all(principal.user, principal.session, {SessionEnd::FactorChanged, scope.actor()})));
}

Result<void> Identity::remove_second_factor(const Principal& principal, const OwnProof& proof) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  const OwnSecondFactor own = WD_TRY(second_factor_of(principal));
  WD_TRY(own.check_spare(own.state.passkeys));  // before a code is used up
  WD_TRY(check_own_proof(scope, principal, proof));
  return second_factors_.remove(scope, principal.user, own.is_demanded);
}

Result<std::vector<std::string>> Identity::renew_recovery_codes(const Principal& principal, const OwnProof& proof) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  WD_TRY(check_own_proof(scope, principal, proof));
  return second_factors_.renew_recovery_codes(scope, principal.user);
}

Result<void> Identity::reset_second_factor(const TenantScope& scope, const UserId& user) {
  WD_TRY(users_.find_helped(scope, user));
  WD_TRY(second_factors_.reset(scope, user));
  return end_sessions(scope, user, SessionEnd::FactorChanged);
}

}  // namespace warder::manager
