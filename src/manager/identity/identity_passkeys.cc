// The part of Identity about passkeys: logging in with one, and everybody's own.
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

std::string owner_of(const TenantScope& scope, const UserId& user) {
  return scope.tenant().text() + " " + user.text();
}

std::vector<Bytes> ids_of(const std::vector<Passkey>& passkeys) {
  std::vector<Bytes> ids;
  for (const Passkey& passkey : passkeys) ids.push_back(passkey.credential.id);
  return ids;
}

/// Bound to the session, so that what was signed for one is worth nothing in another.
PasskeyUse own_use(PasskeyPurpose purpose, const Principal& principal) {
  return {purpose, principal.session.text(), purpose == PasskeyPurpose::Register};
}

tl::unexpected<Error> refused() {
  return fail(ErrorCode::Unauthenticated, "the passkey does not hold here");
}

}  // namespace

/// Whose key signs challenges: at a login without a name nobody knows the tenant yet.
Result<TenantScope> Identity::first_scope() const {
  return scopes_.make(WD_TRY(tenants_.find_by_name(kFirstTenant)).id, "job:passkeys");
}

PasskeyUse Identity::second_factor_use(const TenantScope& scope, const User& user) {
  return {PasskeyPurpose::SecondFactor, owner_of(scope, user.id), false};
}

Result<PasskeyRequest> Identity::begin_passkey_login() {
  return passkeys_.request(WD_TRY(first_scope()), {PasskeyPurpose::LogIn, {}, true});
}

Result<LoggedIn> Identity::log_in_with_passkey(const AssertionAnswer& answer, const IpAddress& peer,
                                               const ShownCertificatePtr& certificate) {
  WD_TRY(limiter_.take(peer, to_base64url(answer.user_handle)));
  const auto owner = owner_of_handle(answer.user_handle);
  if (!owner || !tenants_.find(owner->tenant)) return refused();
  const std::string object = "user:" + owner->user.text();
  const TenantScope scope = WD_TRY(scopes_.make(owner->tenant, object));
  const auto user = users_.find(scope, owner->user);
  if (!user && user.error().code != ErrorCode::NotFound) return fail(user.error());
  if (!user) return refused();
  const auto deny = [&](std::string_view reason, std::string_view detail = {}) -> Result<void> {
    WD_TRY(audit_.append(scope, "session.login", object, AuditOutcome::Denied,
                         {{"peer", peer.text()}, {"method", "passkey"}, {"reason", reason}, {"detail", detail}}));
    return {};
  };
  const auto proven =
      passkeys_.prove(WD_TRY(first_scope()), {PasskeyPurpose::LogIn, {}, true}, scope, user->id, answer);
  if (!proven) {
    WD_TRY(deny("wrong-passkey", proven.error().message));
    if (proven.error().code != ErrorCode::Invalid && proven.error().code != ErrorCode::Corrupt)
      return fail(proven.error());
    return refused();
  }
  // Whom a provider knows logs in there: only it can say that they are still admitted.
  if (!user->may_log_in() || user->source) {
    WD_TRY(deny(user->source ? "external" : "disabled"));
    return refused();
  }
  if (const auto served = tenants_.check_served(owner->tenant); !served) {
    WD_TRY(deny("tenant-suspended"));
    return fail(served.error());
  }
  return start_session(scope, *user, {peer, false, {}, nullptr, "passkey", true, certificate});
}

/// A wrong one is the refusal that everything else has.
Result<CodeProof> Identity::check_code(const TenantScope& scope, const FirstProof& first, const User& user,
                                       bool is_enough) {
  if (is_enough || first.has_second_factor || !WD_TRY(second_factors_.state(scope, user.id)).has_any())
    return CodeProof::NotNeeded;
  if (first.passkey != nullptr) {
    const auto proven =
        passkeys_.prove(WD_TRY(first_scope()), second_factor_use(scope, user), scope, user.id, *first.passkey);
    if (proven) return CodeProof::Passkey;
    return refuse_code(scope, first, user, "wrong-passkey");
  }
  if (first.code.empty()) return CodeProof::Missing;
  const CodeProof code = WD_TRY(second_factors_.prove(scope, user.id, first.code));
  if (code != CodeProof::Wrong) return code;
  return refuse_code(scope, first, user, "wrong-code");
}

Result<LoggedIn> Identity::ask_for_code(const TenantScope& scope, const User& user) {
  LoggedIn asked{{}, {}, true};
  const auto passkeys = WD_TRY(passkeys_.list(scope, user.id));
  if (passkeys.empty() || !passkeys_.are_available()) return asked;
  asked.passkey = WD_TRY(passkeys_.request(WD_TRY(first_scope()), second_factor_use(scope, user)));
  asked.passkey->credentials = ids_of(passkeys);
  return asked;
}

Result<std::vector<Passkey>> Identity::passkeys_of(const Principal& principal) {
  return passkeys_.list(WD_TRY(scope_of(principal)), principal.user);
}

Result<PasskeyRequest> Identity::request_own_passkey(const Principal& principal) {
  PasskeyRequest request =
      WD_TRY(passkeys_.request(WD_TRY(first_scope()), own_use(PasskeyPurpose::Confirm, principal)));
  request.credentials = ids_of(WD_TRY(passkeys_of(principal)));
  return request;
}

Result<PasskeyCreation> Identity::begin_passkey(const Principal& principal, const OwnProof& proof) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  const User user = WD_TRY(users_.find(scope, principal.user));
  WD_TRY(check_own_proof(scope, principal, proof));
  PasskeyRequest request =
      WD_TRY(passkeys_.request(WD_TRY(first_scope()), own_use(PasskeyPurpose::Register, principal)));
  request.credentials = ids_of(WD_TRY(passkeys_.list(scope, user.id)));
  return PasskeyCreation{std::move(request), user_handle_of(scope.tenant(), user.id), user.username, user.display_name};
}

Result<AddedPasskey> Identity::add_passkey(const Principal& principal, std::string_view name,
                                           const RegistrationAnswer& answer) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  const Credential credential =
      WD_TRY(passkeys_.check_registration(WD_TRY(first_scope()), own_use(PasskeyPurpose::Register, principal), answer));
  AddedPasskey added = WD_TRY(second_factors_.add_passkey(passkeys_, scope, principal.user, name, credential));
  WD_TRY(note_new_factor(scope, principal, "+passkey"));
  return added;
}

Result<void> Identity::remove_passkey(const Principal& principal, const PasskeyId& id, const OwnProof& proof) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  const OwnSecondFactor own = WD_TRY(second_factor_of(principal));
  WD_TRY(own.check_spare(own.state.passkeys - 1 + (own.state.since ? 1 : 0)));
  WD_TRY(check_own_proof(scope, principal, proof));
  return second_factors_.remove_passkey(passkeys_, scope, principal.user, id, own.is_demanded);
}

/// Counts as a wrong code does at login.
Result<void> Identity::check_own_proof(const TenantScope& scope, const Principal& principal, const OwnProof& proof) {
  WD_TRY(check_own_password(scope, principal, proof.password));
  if (!WD_TRY(second_factors_.state(scope, principal.user)).has_any()) return {};
  if (proof.passkey == nullptr && proof.code.empty())
    return fail(ErrorCode::Invalid, "/code: your second factor is asked for, too");
  Error wrong{ErrorCode::Invalid, "/code: wrong, or used already"};
  if (proof.passkey != nullptr) {
    const auto proven = passkeys_.prove(WD_TRY(first_scope()), own_use(PasskeyPurpose::Confirm, principal), scope,
                                        principal.user, *proof.passkey);
    if (proven) return {};
    wrong = {ErrorCode::Invalid, "/passkey: " + proven.error().message};
  } else if (WD_TRY(second_factors_.prove(scope, principal.user, proof.code)) != CodeProof::Wrong) {
    return {};
  }
  WD_TRY(users_.note_wrong_code(scope, WD_TRY(users_.find(scope, principal.user))));
  return tl::unexpected(wrong);
}

}  // namespace warder::manager
