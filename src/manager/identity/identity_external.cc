// The part of Identity about users whom an identity provider knows.
#include "manager/identity/identity.h"

namespace warder::manager {

Result<TenantScope> Identity::scope_of_provider(const TenantId& tenant, const IdentityProviderId& provider) const {
  return scopes_.make(tenant, provider.is_nil() ? "anonymous" : "identity-provider:" + provider.text());
}

Result<LoggedIn> Identity::log_in_external(const ExternalLogin& login) {
  const std::string provider = "identity-provider:" + login.person.provider.text();
  WD_TRY(limiter_.take(login.peer, provider + " " + login.person.subject));
  const TenantScope admitting = WD_TRY(scopes_.make(login.tenant, provider));
  if (const auto served = tenants_.check_served(login.tenant); !served) {
    WD_TRY(refuse_external(admitting, login, "user:unknown", "tenant-suspended"));
    return fail(served.error());
  }
  const auto linked = WD_TRY(scim_directory_.find_linked(admitting, login.person));
  const User user = linked ? *linked : WD_TRY(external_users_.admit(admitting, login.person));
  const std::string object = "user:" + user.id.text();
  const TenantScope scope = WD_TRY(scopes_.make(login.tenant, object));
  if (!user.may_log_in()) {
    WD_TRY(refuse_external(scope, login, object, "disabled"));
    return fail(ErrorCode::Forbidden, "this user is disabled");
  }
  if (WD_TRY(users_.is_locked(scope, user.id))) {
    WD_TRY(refuse_external(scope, login, object, "locked"));
    return fail(ErrorCode::Forbidden, "the account is locked for a while");
  }
  const std::string method = login.method + std::string(login.has_second_factor ? kProviderProof : "");
  return start_session(scope, user,
                       {login.peer, login.is_bearer, login.code, login.passkey ? &*login.passkey : nullptr, method,
                        login.has_second_factor, login.certificate});
}

Result<void> Identity::refuse_external(const TenantScope& scope, const ExternalLogin& login, std::string_view object,
                                       std::string_view reason) {
  WD_TRY(audit_.append(scope, "session.login", std::string(object), AuditOutcome::Denied,
                       {{"peer", login.peer.text()}, {"reason", reason}, {"method", login.method}}));
  return {};
}

Result<IdentityProvider> Identity::update_identity_provider(const TenantScope& scope, const IdentityProviderId& id,
                                                            std::string_view etag,
                                                            const IdentityProviderChange& change) {
  IdentityProvider provider = WD_TRY(identity_providers_.update(scope, id, etag, change));
  if (!provider.is_enabled) WD_TRY(external_users_.end_sessions(scope, id));
  if (provider.is_enabled && (change.mappings || change.is_enabled)) WD_TRY(external_users_.remap(scope, id));
  if (provider.is_enabled && provider.kind == "scim") WD_TRY(scim_directory_.settle_all(scope, provider));
  return provider;
}

}  // namespace warder::manager
