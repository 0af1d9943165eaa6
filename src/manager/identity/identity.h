// Who asks: logging in and out, and from a cookie, a bearer token or an agent's certificate to a Principal and the
// TenantScope that opens the stores.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "crypto/pki.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/directory/directory_access.h"
#include "manager/directory/kerberos.h"
#include "manager/identity/access_grants.h"
#include "manager/identity/access_policy.h"
#include "manager/identity/api_keys.h"
#include "manager/identity/approvals.h"
#include "manager/identity/client_certificates.h"
#include "manager/identity/directory_sync.h"
#include "manager/identity/external_users.h"
#include "manager/identity/identity_providers.h"
#include "manager/identity/login_limiter.h"
#include "manager/identity/passkeys.h"
#include "manager/identity/password_policies.h"
#include "manager/identity/passwords.h"
#include "manager/identity/principal.h"
#include "manager/identity/role_store.h"
#include "manager/identity/scim_directory.h"
#include "manager/identity/second_factors.h"
#include "manager/identity/sessions.h"
#include "manager/identity/users.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct LoginRequest {
  std::string username;  // "name" for the first tenant, "tenant/name" for another
  std::string password;
  bool is_bearer = false;
  IpAddress peer;
  std::string code{};                        // the second factor; empty at first
  std::optional<AssertionAnswer> passkey{};  // instead of a code
  ShownCertificatePtr certificate{};         // what the connection has shown
};

/// Behind a session's method: its provider has proven a second factor.
inline constexpr std::string_view kProviderProof = "+mfa";

/// A login that an identity provider has proven.
struct ExternalLogin {
  TenantId tenant;
  ExternalPerson person;
  std::string method;              // "oidc", "ldap", …
  bool has_second_factor = false;  // proven by the provider, whose settings say that this counts
  bool is_bearer = false;
  IpAddress peer;
  std::string code{};                        // of the second factor; empty at first
  std::optional<AssertionAnswer> passkey{};  // instead of a code
  ShownCertificatePtr certificate{};         // what the connection has shown
};

/// A Kerberos ticket, as a browser or a program shows it.
struct TicketLogin {
  std::string tenant;  // its name
  Bytes token;
  bool is_bearer = false;
  IpAddress peer;
  std::string code{};                        // of the second factor; empty at first
  std::optional<AssertionAnswer> passkey{};  // instead of a code
  ShownCertificatePtr certificate{};         // what the connection has shown
};

/// A client certificate and nothing else.
struct CertificateLogin {
  std::string tenant;  // its name
  bool is_bearer = false;
  IpAddress peer;
  ShownCertificatePtr certificate;           // what the connection has shown
  std::string code{};                        // of the second factor; empty at first
  std::optional<AssertionAnswer> passkey{};  // instead of a code
};

struct NewUserCertificate {
  UserId user;
  std::string_view name;
  std::string_view pem;
};

/// From where a request comes, and the certificate that its connection has shown.
struct RequestOrigin {
  std::optional<IpAddress> peer;
  ShownCertificatePtr certificate{};
};

struct LoggedIn {
  std::string token;
  Principal principal;
  bool needs_code = false;  // the first proof is right, and nothing else is there: ask again with the code
  std::optional<PasskeyRequest> passkey{};  // or with the answer to this
};

/// By which somebody who is logged in shows anew who they are.
struct OwnProof {
  std::string_view password;
  std::string_view code{};                   // where there is a second factor
  const AssertionAnswer* passkey = nullptr;  // instead of a code
};

/// For the browser to make a passkey with.
struct PasskeyCreation {
  PasskeyRequest request;  // the credentials are those that the authenticator must not have already
  Bytes user_handle;
  std::string username;
  std::string display_name;
};

struct LoggedInByTicket {
  LoggedIn login;
  Bytes answer;  // by which the client sees that it is us
};

struct OwnSecondFactor {
  SecondFactorState state;
  bool is_demanded = false;

  /// Forbidden when one is demanded and so many others are not enough.
  [[nodiscard]] Result<void> check_spare(std::int64_t others) const;
};

/// Somebody, and a scope of theirs.
struct UserScope {
  User user;
  TenantScope scope;
};

struct IdentityOptions {
  SessionLimits sessions;  // the operator's, beside what the tenants' rules say: the shorter one holds
  LoginLimits logins;
  crypto::PasswordCost password_cost;
  std::shared_ptr<DirectoryAccess> directories = make_directory_access();
  std::shared_ptr<const KerberosAcceptor> kerberos{};  // none: no tickets are taken
  std::shared_ptr<const KnownWords> known_words = std::make_shared<const KnownWords>();
  std::optional<RelyingParty> relying_party{};    // nothing: no passkeys
  std::optional<PasswordRules> password_floor{};  // what no tenant may go below
};

/// Thread-safe.
class Identity {
 public:
  Identity(Tenants& tenants, AuditLog& audit, const host::Clock& clock, IdentityOptions options = {});

  /// By a password: that of a user known here, or else one in a directory of the tenant (docs/directories.md).
  /// Unauthenticated with one and the same text whatever was wrong; TooMany when this peer or this name tries too
  /// often.
  Result<LoggedIn> log_in(const LoginRequest& request);
  /// The same for somebody whom a provider knows; as ExternalUsers::admit, and Forbidden, with the reason, when the
  /// user is disabled or locked here or the tenant is suspended. Unauthenticated for a wrong code.
  Result<LoggedIn> log_in_external(const ExternalLogin& login);
  /// Forbidden from where the tenant's access policy does not allow it; without a peer that is everywhere it limits.
  /// Likewise without the certificate of a session that one has proven; Unauthenticated when that holds no more.
  Result<Principal> authenticate(std::string_view token, bool is_bearer, const RequestOrigin& origin = {});
  /// By a ticket of the realm of one of the tenant's directories. NotFound where no tickets are taken; otherwise
  /// Unauthenticated as for passwords, and the audit log says why.
  Result<LoggedInByTicket> log_in_by_ticket(const TicketLogin& login);
  [[nodiscard]] bool takes_tickets() const noexcept { return options_.kerberos != nullptr; }
  /// Of an API key that comes from this address. Unauthenticated when it does not hold; the audit log says why.
  Result<Principal> authenticate_key(std::string_view key, const IpAddress& peer);
  Result<void> log_out(const Principal& principal);
  /// Ends the user's other sessions.
  Result<void> change_password(const Principal& principal, std::string_view current, std::string_view next);
  /// When the user must change it; nothing where passwords stay.
  [[nodiscard]] Result<std::optional<Timestamp>> password_expiry_of(const TenantScope& scope, const User& user) const;
  /// The principal's user's, newest first.
  Result<std::vector<SessionRecord>> sessions_of(const Principal& principal);
  /// One of them. NotFound when there is no such one.
  Result<void> end_session(const Principal& principal, const SessionId& id);
  /// Present and past ones of the tenant's users.
  Result<PastSessionPage> session_history(const TenantScope& scope, const PastSessionQuery& query);
  /// One of somebody else. NotFound when the tenant has no such one; Forbidden as for links.
  Result<void> end_user_session(const TenantScope& scope, const SessionId& id);
  /// All of somebody else's. Forbidden as for links.
  Result<void> end_user_sessions(const TenantScope& scope, const UserId& user);
  /// Ends the sessions whose time is over and writes down every end that is not in the audit log yet. Call it every few
  /// seconds.
  Result<void> keep_sessions();
  /// Of the user, before the one that began this session.
  Result<LastLogin> previous_login(const Principal& principal);
  /// Whether the session or the key has not been ended meanwhile: for long answers.
  bool is_in_force(const Principal& principal);
  /// See AccessPolicies. Conflict, and nothing changes, when the principal could not come in by them as it has now.
  Result<AccessPolicy> set_access_policy(const TenantScope& scope, const Principal& principal, std::string_view etag,
                                         AccessChoice choice);
  /// See Users; ends all sessions of the user.
  Result<ResetLink> mark_compromised(const TenantScope& scope, const UserId& user);
  /// The user chooses a password by a link, without being logged in; ends the user's sessions. Invalid, at "/token"
  /// with one and the same text whatever was wrong with the link, at "/new" when the password breaks a rule; TooMany.
  Result<void> redeem_reset_link(std::string_view token, std::string_view next, const IpAddress& peer);
  /// A challenge for log_in_with_passkey(). Conflict where there are no passkeys.
  Result<PasskeyRequest> begin_passkey_login();
  /// Without a name and a password, with a verified user. As log_in().
  Result<LoggedIn> log_in_with_passkey(const AssertionAnswer& answer, const IpAddress& peer,
                                       const ShownCertificatePtr& certificate = nullptr);
  /// Where the tenant's access policy says that a certificate is enough. Unauthenticated with one and the same text
  /// whatever was wrong; the audit log says why.
  Result<LoggedIn> log_in_with_certificate(const CertificateLogin& login);
  /// See ClientCertificates::add. Forbidden as for links; for one's own Invalid unless the proof holds.
  Result<UserCertificate> add_user_certificate(const TenantScope& scope, const Principal& principal,
                                               const NewUserCertificate& made, const OwnProof* proof);
  /// Sessions that it has proven are refused from now on.
  Result<void> remove_user_certificate(const TenantScope& scope, const Principal& principal,
                                       const UserCertificateId& id);
  Result<OwnSecondFactor> second_factor_of(const Principal& principal);
  /// The first step to codes by time. Invalid unless the proof holds, so that a stolen session is not enough. Otherwise
  /// as SecondFactors::begin.
  Result<TotpSetup> begin_second_factor(const Principal& principal, const OwnProof& proof);
  /// See SecondFactors::confirm; ends the user's other sessions.
  Result<std::vector<std::string>> confirm_second_factor(const Principal& principal, std::string_view code);
  /// Invalid unless the proof holds; Forbidden where a factor is demanded and none would be left.
  Result<void> remove_second_factor(const Principal& principal, const OwnProof& proof);
  /// Invalid unless the proof holds. New ones in place of all before.
  Result<std::vector<std::string>> renew_recovery_codes(const Principal& principal, const OwnProof& proof);
  Result<std::vector<Passkey>> passkeys_of(const Principal& principal);
  /// A challenge for the passkey of an OwnProof.
  Result<PasskeyRequest> request_own_passkey(const Principal& principal);
  /// The first step to a passkey. Invalid unless the proof holds.
  Result<PasskeyCreation> begin_passkey(const Principal& principal, const OwnProof& proof);
  /// Invalid unless the answer holds; ends the user's other sessions.
  Result<AddedPasskey> add_passkey(const Principal& principal, std::string_view name, const RegistrationAnswer& answer);
  /// NotFound; otherwise as for codes by time.
  Result<void> remove_passkey(const Principal& principal, const PasskeyId& id, const OwnProof& proof);
  /// For somebody who has lost it; ends that user's sessions. Forbidden as for links.
  Result<void> reset_second_factor(const TenantScope& scope, const UserId& user);
  /// See IdentityProviders; its users get the roles of the new mappings at once, and lose their sessions when it is
  /// disabled.
  Result<IdentityProvider> update_identity_provider(const TenantScope& scope, const IdentityProviderId& id,
                                                    std::string_view etag, const IdentityProviderChange& change);
  /// See Users; ends the user's sessions.
  Result<ResetLink> recover(const TenantScope& scope, std::string_view username);
  /// Ends the sessions of a user who was disabled, removed, or whose roles or password somebody changed.
  Result<void> end_sessions(const TenantScope& scope, const UserId& user, SessionEnd why = SessionEnd::UserChanged);

  /// For an operation that needs `right`: its reach is where the principal has it, and none at all for "self".
  [[nodiscard]] Result<TenantScope> scope_of(const Principal& principal, std::string_view right = "self") const;
  /// For what is made on a user's behalf while the user is away: as the user could have it now by logging in. NotFound
  /// when the user is gone; Forbidden, with the reason, when the user may not log in or lacks the right.
  [[nodiscard]] Result<UserScope> scope_for(const TenantScope& scope, const UserId& user, std::string_view right) const;
  /// For what an identity provider says, and for who is not known yet: then `provider` is nil.
  [[nodiscard]] Result<TenantScope> scope_of_provider(const TenantId& tenant, const IdentityProviderId& provider) const;
  /// "warder://tenant/<tenant>/agent/<agent>" in the certificate's URI names; the scope's actor is "agent:<id>".
  [[nodiscard]] Result<TenantScope> scope_for_agent(const crypto::PeerCertificate& certificate) const;
  /// Writes the refusal into the audit log.
  void record_denial(const Principal& principal, std::string_view operation, std::string_view reason);

  [[nodiscard]] bool has_passkeys() const noexcept { return passkeys_.are_available(); }
  [[nodiscard]] Tenants& tenants() noexcept { return tenants_; }
  [[nodiscard]] Users& users() noexcept { return users_; }
  [[nodiscard]] PasswordPolicies& password_policies() noexcept { return password_policies_; }
  [[nodiscard]] ClientCertificates& client_certificates() noexcept { return client_certificates_; }
  [[nodiscard]] AccessPolicies& access_policies() noexcept { return access_policies_; }
  [[nodiscard]] Roles& roles() noexcept { return roles_; }
  [[nodiscard]] IdentityProviders& identity_providers() noexcept { return identity_providers_; }
  [[nodiscard]] DirectorySync& directory_sync() noexcept { return directory_sync_; }
  [[nodiscard]] ExternalUsers& external_users() noexcept { return external_users_; }
  [[nodiscard]] ScimDirectory& scim_directory() noexcept { return scim_directory_; }
  [[nodiscard]] ApiKeys& api_keys() noexcept { return api_keys_; }
  [[nodiscard]] Approvals& approvals() noexcept { return approvals_; }
  [[nodiscard]] AccessGrants& access_grants() noexcept { return access_grants_; }

 private:
  [[nodiscard]] Result<SessionLimits> limits_of(const TenantId& tenant) const;
  Result<Principal> principal_of(const SessionRecord& session, std::string_view token,
                                 const RequestOrigin& origin) const;
  Result<void> check_session_certificate(const TenantScope& scope, const User& user, const SessionRecord& session,
                                         const RequestOrigin& origin) const;
  /// Forbidden, and noted, outside of the networks.
  Result<AccessDecision> check_access(const TenantScope& scope, const User& user, const SessionRecord& session,
                                      const std::optional<IpAddress>& peer) const;
  [[nodiscard]] Result<bool> lacks_proof(const TenantScope& scope, const User& user, const SessionRecord& session,
                                         const AccessDecision& access) const;
  Result<void> note_ends(const std::vector<PastSession>& ended);
  /// What somebody has shown before a code is asked for.
  struct FirstProof {
    const IpAddress& peer;
    bool is_bearer;
    std::string_view code;
    const AssertionAnswer* passkey;
    std::string method;      // "password", "oidc+mfa", …
    bool has_second_factor;  // among it
    ShownCertificatePtr certificate{};
  };
  struct CertificateProof {
    std::string fingerprint;     // empty: none
    std::string_view refusal{};  // why what was shown is none
  };
  Result<CertificateProof> certificate_proof(const TenantScope& scope, const User& user, const FirstProof& first);
  Result<bool> is_certificate_enough(const TenantScope& scope, const User& user, const FirstProof& first,
                                     const std::string& method);
  Result<bool> is_login_outside(const TenantScope& scope, const User& user, const FirstProof& first);
  Result<CodeProof> check_code(const TenantScope& scope, const FirstProof& first, const User& user, bool is_enough);
  Result<CodeProof> refuse_code(const TenantScope& scope, const FirstProof& first, const User& user,
                                std::string_view reason);
  Result<LoggedIn> ask_for_code(const TenantScope& scope, const User& user);
  Result<LoggedIn> start_session(const TenantScope& scope, const User& user, const FirstProof& first);
  Result<void> refuse_external(const TenantScope& scope, const ExternalLogin& login, std::string_view object,
                               std::string_view reason);
  Result<void> check_own_password(const TenantScope& scope, const Principal& principal, std::string_view password);
  Result<void> check_own_proof(const TenantScope& scope, const Principal& principal, const OwnProof& proof);
  Result<void> note_new_factor(const TenantScope& scope, const Principal& principal, std::string_view factor);
  [[nodiscard]] Result<TenantScope> first_scope() const;
  static PasskeyUse second_factor_use(const TenantScope& scope, const User& user);
  struct DirectoryFinding {
    std::optional<ExternalPerson> person{};
    std::string_view reason{};  // why there is none
    bool is_wrong_password = false;
  };
  Result<LoggedIn> log_in_by_directory(const TenantScope& scope, const LoginRequest& request,
                                       const std::string& username, const std::optional<Credentials>& known);
  Result<DirectoryFinding> find_ticket_holder(const TenantScope& scope, const std::string& principal);
  Result<DirectoryFinding> ask_directories(const TenantScope& scope, const std::string& username,
                                           const std::string& password, const std::optional<Credentials>& known);

  Tenants& tenants_;
  AuditLog& audit_;
  ScopeMaker scopes_;
  const host::Clock& clock_;
  IdentityOptions options_;
  Passwords passwords_;
  mutable PasswordPolicies password_policies_;
  mutable AccessPolicies access_policies_;
  mutable ClientCertificates client_certificates_;
  mutable Users users_;
  mutable SecondFactors second_factors_;
  Passkeys passkeys_;
  Roles roles_;
  ApiKeys api_keys_;
  Sessions sessions_;
  IdentityProviders identity_providers_;
  ExternalUsers external_users_;
  DirectorySync directory_sync_;
  ScimDirectory scim_directory_;
  Approvals approvals_;
  AccessGrants access_grants_;
  mutable LoginLimiter limiter_;
};

struct AgentName {
  TenantId tenant;
  AgentId agent;
};
/// What an agent's certificate says it is. Unauthenticated when it has no such URI, or more than one.
Result<AgentName> agent_of(const crypto::PeerCertificate& certificate);

}  // namespace warder::manager
