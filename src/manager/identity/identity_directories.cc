// The part of Identity about passwords that directories know.
#include "base/random.h"
#include "manager/identity/identity.h"
#include "manager/identity/provider_ldap.h"
#include "manager/identity/refusals.h"

namespace warder::manager {

namespace {

/// Asks for somebody who is not there, so that a refusal takes as long for every name.
void ask_in_vain(DirectoryAccess& directories, const DirectorySettings& settings, Timestamp now) {
  static_cast<void>(directories.authenticate(settings, to_hex(random_bytes(8)), to_hex(random_bytes(16)), now));
}

std::string_view reason_of(const std::optional<Credentials>& known) {
  if (!known) return "unknown-user";  // the name is not kept: it may be a password in the wrong field
  if (known->is_locked) return "locked";
  if (known->user.disabled) return "disabled";
  return known->user.source ? "external" : "wrong-password";
}

}  // namespace

/// A user known here, and who comes from another provider, is looked for in no directory.
Result<Identity::DirectoryFinding> Identity::ask_directories(const TenantScope& scope, const std::string& username,
                                                             const std::string& password,
                                                             const std::optional<Credentials>& known) {
  DirectoryFinding finding{.reason = reason_of(known)};
  const bool is_locked = known && WD_TRY(users_.is_locked(scope, known->user.id));
  if (is_locked) finding.reason = "locked";
  DirectoryAccess& directories = *options_.directories;
  for (const IdentityProvider& provider : WD_TRY(identity_providers_.list(scope))) {
    if (provider.kind != "ldap" || !provider.is_enabled) continue;
    const LdapSettings own = WD_TRY(read_ldap_settings(provider.settings));
    const DirectorySettings settings = directory_settings(own, WD_TRY(identity_providers_.secret(scope, provider.id)));
    const bool is_asked = !known || (known->user.source && known->user.source->provider == provider.id && !is_locked);
    if (!is_asked) {
      ask_in_vain(directories, settings, clock_.now());
      continue;
    }
    const auto person = directories.authenticate(settings, username, password, clock_.now());
    if (person) return DirectoryFinding{.person = external_person(provider.id, *person)};
    const ErrorCode code = person.error().code;
    if (code == ErrorCode::Forbidden) finding.reason = "disabled-in-directory";
    if (code != ErrorCode::Forbidden && code != ErrorCode::Unauthenticated) finding.reason = "directory-unavailable";
    if (known && code == ErrorCode::Unauthenticated) {
      finding.reason = "wrong-password";
      finding.is_wrong_password = true;
    }
  }
  return finding;
}

Result<LoggedIn> Identity::log_in_by_directory(const TenantScope& scope, const LoginRequest& request,
                                               const std::string& username, const std::optional<Credentials>& known) {
  const DirectoryFinding finding = WD_TRY(ask_directories(scope, username, request.password, known));
  if (finding.person) {
    auto logged_in = log_in_external({scope.tenant(), *finding.person, "ldap", false, request.is_bearer, request.peer,
                                      request.code, request.passkey, request.certificate});
    if (!logged_in && is_login_refusal(logged_in.error().code)) return refuse_login();
    return logged_in;
  }
  if (finding.is_wrong_password) WD_TRY(users_.note_wrong_code(scope, known->user));
  const std::string object = known ? "user:" + known->user.id.text() : "user:unknown";
  WD_TRY(audit_.append(scope, "session.login", object, AuditOutcome::Denied,
                       {{"peer", request.peer.text()}, {"reason", finding.reason}}));
  return refuse_login();
}

}  // namespace warder::manager
