// The part of Identity about client certificates: logging in with one, and sessions that one has proven.
#include "manager/identity/identity.h"
#include "manager/identity/refusals.h"

namespace warder::manager {

namespace {
constexpr std::string_view kMethod = "certificate";
}

/// The fingerprint, when the certificate proves the user; nothing otherwise, and why when there was one.
Result<Identity::CertificateProof> Identity::certificate_proof(const TenantScope& scope, const User& user,
                                                               const FirstProof& first) {
  if (!first.certificate) return CertificateProof{};
  const std::string_view refusal = WD_TRY(client_certificates_.refusal(scope, user.id, *first.certificate));
  if (!refusal.empty()) return CertificateProof{{}, refusal};
  return CertificateProof{first.certificate->says.fingerprint, {}};
}

Result<LoggedIn> Identity::log_in_with_certificate(const CertificateLogin& login) {
  if (!login.certificate) return fail(ErrorCode::Unauthenticated, "no client certificate was shown");
  WD_TRY(limiter_.take(login.peer, "certificate " + login.certificate->says.fingerprint));
  const auto tenant = tenants_.find_by_name(login.tenant.empty() ? std::string(kFirstTenant) : login.tenant);
  if (!tenant) return refuse_login();
  const TenantScope anonymous = WD_TRY(scopes_.make(tenant->id, "anonymous"));
  const auto deny = [&](const TenantScope& scope, const std::string& object, std::string_view reason) -> Result<void> {
    WD_TRY(audit_.append(scope, "session.login", object, AuditOutcome::Denied,
                         {{"peer", login.peer.text()},
                          {"method", kMethod},
                          {"reason", reason},
                          {"certificate", login.certificate->says.fingerprint}}));
    return {};
  };
  const auto owner = WD_TRY(client_certificates_.owner_of(anonymous, *login.certificate));
  const auto user = owner ? users_.find(anonymous, *owner) : Result<User>(fail(ErrorCode::NotFound, "nobody's"));
  if (!user && user.error().code != ErrorCode::NotFound) return fail(user.error());
  if (!user) {
    WD_TRY(deny(anonymous, "user:unknown", "unknown-certificate"));
    return refuse_login();
  }
  const std::string object = "user:" + user->id.text();
  const TenantScope scope = WD_TRY(scopes_.make(tenant->id, object));
  const bool is_allowed = WD_TRY(access_policies_.in_force(scope)).certificate_alone;
  // Whom a provider knows logs in there: only it can say that they are still admitted.
  if (!is_allowed || !user->may_log_in() || user->source) {
    WD_TRY(deny(scope, object, !is_allowed ? "not-alone" : user->source ? "external" : "disabled"));
    return refuse_login();
  }
  if (const auto served = tenants_.check_served(tenant->id); !served) {
    WD_TRY(deny(scope, object, "tenant-suspended"));
    return fail(served.error());
  }
  return start_session(scope, *user,
                       {login.peer, login.is_bearer, login.code, login.passkey ? &*login.passkey : nullptr,
                        std::string(kMethod), false, login.certificate});
}

/// A session that a certificate has proven is of who holds the certificate: each of its requests shows it.
Result<void> Identity::check_session_certificate(const TenantScope& scope, const User& user,
                                                 const SessionRecord& session, const RequestOrigin& origin) const {
  if (session.certificate.empty()) return {};
  const bool is_shown = origin.certificate && origin.certificate->says.fingerprint == session.certificate;
  const std::string_view refusal =
      is_shown ? WD_TRY(client_certificates_.refusal(scope, user.id, *origin.certificate)) : "certificate-not-shown";
  if (refusal.empty()) return {};
  const IpAddress peer = origin.peer.value_or(IpAddress());
  // One that goes on trying fills no log.
  if (limiter_.take(peer, "certificate of " + session.id.text())) {
    WD_TRY(audit_.append(
        scope, "access.denied", "user:" + user.id.text(), AuditOutcome::Denied,
        {{"peer", origin.peer ? peer.text() : std::string()}, {"session", session.id.text()}, {"reason", refusal}}));
  }
  if (!is_shown)
    return fail(ErrorCode::Forbidden, "this session holds only with the client certificate that it was begun with");
  return fail(ErrorCode::Unauthenticated,
              "the client certificate holds no more (" + std::string(refusal) + "): log in again");
}

Result<UserCertificate> Identity::add_user_certificate(const TenantScope& scope, const Principal& principal,
                                                       const NewUserCertificate& made, const OwnProof* proof) {
  if (made.user != principal.user || principal.home) {
    WD_TRY(users_.find_helped(scope, made.user));
  } else {
    // Or a stolen session would be worth a way in.
    if (proof == nullptr) return fail(ErrorCode::Invalid, "/password: for your own certificate, prove who you are");
    WD_TRY(check_own_proof(scope, principal, *proof));
  }
  return client_certificates_.add(scope, made.user, made.name, made.pem);
}

Result<void> Identity::remove_user_certificate(const TenantScope& scope, const Principal& principal,
                                               const UserCertificateId& id) {
  const UserCertificate certificate = WD_TRY(client_certificates_.find(scope, id));
  if (certificate.user != principal.user || principal.home) WD_TRY(users_.find_helped(scope, certificate.user));
  return client_certificates_.remove(scope, id);
}

}  // namespace warder::manager
