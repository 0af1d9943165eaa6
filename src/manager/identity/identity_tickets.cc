// The part of Identity about Kerberos tickets.
#include "manager/identity/identity.h"
#include "manager/identity/provider_ldap.h"
#include "manager/identity/refusals.h"

namespace warder::manager {

/// A realm's tickets are of people in the one directory that names the realm; the first that does, by name.
Result<Identity::DirectoryFinding> Identity::find_ticket_holder(const TenantScope& scope,
                                                                const std::string& principal) {
  const std::size_t at = principal.rfind('@');
  const std::string realm = at == std::string::npos ? std::string() : principal.substr(at + 1);
  for (const IdentityProvider& provider : WD_TRY(identity_providers_.list(scope))) {
    if (provider.kind != "ldap" || !provider.is_enabled) continue;
    const LdapSettings own = WD_TRY(read_ldap_settings(provider.settings));
    if (realm.empty() || own.kerberos_realm != realm) continue;
    const DirectorySettings settings = directory_settings(own, WD_TRY(identity_providers_.secret(scope, provider.id)));
    const auto person = options_.directories->find_principal(settings, principal, clock_.now());
    if (person) return DirectoryFinding{.person = external_person(provider.id, *person)};
    const ErrorCode code = person.error().code;
    return DirectoryFinding{.reason = code == ErrorCode::Unauthenticated ? "unknown-user"
                                      : code == ErrorCode::Forbidden     ? "disabled-in-directory"
                                                                         : "directory-unavailable"};
  }
  return DirectoryFinding{.reason = "unknown-realm"};
}

Result<LoggedInByTicket> Identity::log_in_by_ticket(const TicketLogin& login) {
  if (!options_.kerberos) return fail(ErrorCode::NotFound, "no Kerberos tickets are taken here");
  WD_TRY(limiter_.take(login.peer, "ticket " + login.tenant));
  const auto tenant = tenants_.find_by_name(login.tenant.empty() ? std::string(kFirstTenant) : login.tenant);
  if (!tenant) return refuse_login();
  const TenantScope scope = WD_TRY(scopes_.make(tenant->id, "anonymous"));
  const auto proof = options_.kerberos->accept(login.token);
  const DirectoryFinding finding =
      proof ? WD_TRY(find_ticket_holder(scope, proof->principal)) : DirectoryFinding{.reason = "bad-ticket"};
  if (!finding.person) {
    WD_TRY(audit_.append(scope, "session.login", "user:unknown", AuditOutcome::Denied,
                         {{"peer", login.peer.text()}, {"reason", finding.reason}, {"method", "kerberos"}}));
    return refuse_login();
  }
  auto logged_in = log_in_external({tenant->id, *finding.person, "kerberos", false, login.is_bearer, login.peer,
                                    login.code, login.passkey, login.certificate});
  if (!logged_in && is_login_refusal(logged_in.error().code)) return refuse_login();
  return LoggedInByTicket{WD_TRY(std::move(logged_in)), proof->answer};
}

}  // namespace warder::manager
