#include "manager/identity/identity.h"

#include "base/text.h"
#include "manager/identity/refusals.h"

namespace warder::manager {

namespace {

constexpr std::string_view kAgentUri = "warder://tenant/";

/// Rights over the other tenants: only somebody of the first one has them.
bool is_operators(std::string_view right) {
  return right.starts_with("tenants:") || right == "access-grants:request";
}

std::string_view suffix_of(CodeProof proof) {
  switch (proof) {
    case CodeProof::Totp:
      return "+totp";
    case CodeProof::RecoveryCode:
      return "+recovery-code";
    case CodeProof::Passkey:
      return "+passkey";
    case CodeProof::NotNeeded:
    case CodeProof::Missing:
    case CodeProof::Wrong:
      break;
  }
  return "";
}

std::string object_of_key(const ApiKey& key) {
  return "api-key:" + key.id.text();
}

}  // namespace

Identity::Identity(Tenants& tenants, AuditLog& audit, const host::Clock& clock, IdentityOptions options)
    : tenants_(tenants),
      audit_(audit),
      scopes_(tenants),
      clock_(clock),
      options_(std::move(options)),
      passwords_(4, std::chrono::seconds(5), options_.password_cost),
      password_policies_(tenants, audit, clock, options_.known_words, options_.password_floor),
      access_policies_(tenants, audit, clock),
      client_certificates_(tenants, audit, clock),
      users_(tenants, audit, passwords_, password_policies_, clock),
      second_factors_(tenants, audit, clock),
      passkeys_(tenants, audit, clock, options_.relying_party),
      roles_(tenants, audit),
      api_keys_(tenants, audit, users_, clock),
      sessions_(tenants, clock, [this](const TenantId& tenant) { return limits_of(tenant); }),
      identity_providers_(tenants, audit, clock),
      external_users_(tenants, audit, users_, clock,
                      [this](const TenantScope& scope, const UserId& user) { return end_sessions(scope, user); }),
      directory_sync_({tenants, audit, identity_providers_, external_users_, *options_.directories, clock}),
      scim_directory_(tenants, audit, users_, identity_providers_, external_users_, clock),
      approvals_(tenants, audit, clock),
      access_grants_(tenants, audit, clock),
      limiter_(clock, options_.logins) {}

Result<LoggedIn> Identity::log_in(const LoginRequest& request) {
  WD_TRY(limiter_.take(request.peer, request.username));
  const std::size_t slash = request.username.find('/');
  const std::string username = slash == std::string::npos ? request.username : request.username.substr(slash + 1);
  const auto tenant =
      tenants_.find_by_name(slash == std::string::npos ? std::string(kFirstTenant) : request.username.substr(0, slash));
  if (!tenant) {
    WD_TRY(passwords_.is_match(request.password, {}, {}));  // takes as long as for a tenant that exists
    return refuse_login();
  }
  const TenantScope anonymous = WD_TRY(scopes_.make(tenant->id, "anonymous"));
  const auto credentials = users_.check(anonymous, username, request.password);
  if (!credentials && credentials.error().code != ErrorCode::NotFound) return fail(credentials.error());
  if (!credentials || !credentials->is_right || !credentials->user.may_log_in())
    return log_in_by_directory(anonymous, request, username, credentials ? std::optional(*credentials) : std::nullopt);
  const User& user = credentials->user;
  const TenantScope scope = WD_TRY(scopes_.make(tenant->id, "user:" + user.id.text()));
  if (const auto served = tenants_.check_served(tenant->id); !served) {
    WD_TRY(audit_.append(scope, "session.login", "user:" + user.id.text(), AuditOutcome::Denied,
                         {{"peer", request.peer.text()}, {"reason", "tenant-suspended"}}));
    return fail(served.error());
  }
  return start_session(scope, user,
                       {request.peer, request.is_bearer, request.code, request.passkey ? &*request.passkey : nullptr,
                        "password", false, request.certificate});
}

/// The last step of every login.
Result<LoggedIn> Identity::start_session(const TenantScope& scope, const User& user, const FirstProof& first) {
  if (WD_TRY(is_login_outside(scope, user, first))) return refuse_login();
  const CertificateProof certificate = WD_TRY(certificate_proof(scope, user, first));
  const bool is_by_certificate = first.method == "certificate";
  if (is_by_certificate && certificate.fingerprint.empty()) {
    WD_TRY(audit_.append(scope, "session.login", "user:" + user.id.text(), AuditOutcome::Denied,
                         {{"peer", first.peer.text()}, {"method", first.method}, {"reason", certificate.refusal}}));
    return refuse_login();
  }
  std::string method = first.method;
  if (!is_by_certificate && !certificate.fingerprint.empty()) method += "+certificate";
  const bool is_enough = !certificate.fingerprint.empty() && WD_TRY(is_certificate_enough(scope, user, first, method));
  const CodeProof second = WD_TRY(check_code(scope, first, user, is_enough));
  if (second == CodeProof::Missing) return ask_for_code(scope, user);
  method += suffix_of(second);
  const LastLogin before = WD_TRY(users_.note_login(scope, user.id, first.peer.text()));
  const NewSession session =
      WD_TRY(sessions_.start(scope.tenant(), user.id, first.is_bearer,
                             {first.peer.text(), before.time, before.address, method, certificate.fingerprint}));
  WD_TRY(note_ends(session.ended));
  boost::json::object detail{{"session", session.record.id.text()},
                             {"peer", first.peer.text()},
                             {"kind", first.is_bearer ? "bearer" : "browser"},
                             {"method", method}};
  if (!certificate.fingerprint.empty()) detail["certificate"] = certificate.fingerprint;
  if (!certificate.refusal.empty()) detail["certificate_refused"] = certificate.refusal;
  WD_TRY(audit_.append(scope, "session.login", "user:" + user.id.text(), AuditOutcome::Success, std::move(detail)));
  return LoggedIn{session.token, WD_TRY(principal_of(session.record, session.token, {first.peer, first.certificate}))};
}

Result<CodeProof> Identity::refuse_code(const TenantScope& scope, const FirstProof& first, const User& user,
                                        std::string_view reason) {
  WD_TRY(users_.note_wrong_code(scope, user));
  WD_TRY(audit_.append(scope, "session.login", "user:" + user.id.text(), AuditOutcome::Denied,
                       {{"peer", first.peer.text()}, {"reason", reason}}));
  return refuse_login();
}

Result<SessionLimits> Identity::limits_of(const TenantId& tenant) const {
  const TenantScope scope = WD_TRY(scopes_.make(tenant, "anonymous"));
  const PasswordRules rules = WD_TRY(password_policies_.rules(scope));
  return SessionLimits{std::min(options_.sessions.idle, std::chrono::seconds(rules.idle_s)),
                       std::min(options_.sessions.absolute, std::chrono::seconds(rules.session_s)), rules.max_sessions};
}

Result<std::optional<Timestamp>> Identity::password_expiry_of(const TenantScope& scope, const User& user) const {
  return password_expiry(user, WD_TRY(password_policies_.rules(scope)));
}

Result<Principal> Identity::authenticate(std::string_view token, bool is_bearer, const RequestOrigin& origin) {
  const SessionRecord session = WD_TRY(sessions_.find(token, is_bearer));
  auto principal = principal_of(session, token, origin);
  if (!principal && principal.error().code == ErrorCode::NotFound) {
    return fail(ErrorCode::Unauthenticated, "log in first");
  }
  return principal;
}

Result<Principal> Identity::authenticate_key(std::string_view key, const IpAddress& peer) {
  const ApiKeyUse use = WD_TRY(api_keys_.use(key, peer));
  const auto refused_key = [] { return fail(ErrorCode::Unauthenticated, "this API key does not hold"); };
  if (!use.refusal.empty()) {
    // A program that goes on trying fills no log.
    if (limiter_.take(peer, object_of_key(use.key))) {
      const TenantScope scope = WD_TRY(scopes_.make(use.key.tenant, object_of_key(use.key)));
      WD_TRY(audit_.append(scope, "api-key.use", object_of_key(use.key), AuditOutcome::Denied,
                           {{"peer", peer.text()}, {"reason", use.refusal}}));
    }
    return refused_key();
  }
  auto principal = principal_of({{}, use.key.tenant, use.key.user, true, use.key.expires}, key, {peer});
  if (!principal && principal.error().code == ErrorCode::NotFound) return refused_key();
  if (!principal) return principal;
  Grants allowed;
  for (const std::string& right : use.key.rights) allowed[right].everything = true;
  principal->grants = intersection(principal->grants, allowed);
  std::erase_if(principal->rights, [&](const std::string& right) { return !principal->grants.contains(right); });
  principal->api_key = use.key.id;
  principal->provider = use.key.provider;
  return principal;
}

Result<Principal> Identity::principal_of(const SessionRecord& session, std::string_view token,
                                         const RequestOrigin& origin) const {
  const TenantScope scope = WD_TRY(scopes_.make(session.tenant, "user:" + session.user.text()));
  const User user = WD_TRY(users_.find(scope, session.user));
  if (!user.may_log_in()) return fail(ErrorCode::Unauthenticated, "log in first");
  WD_TRY(tenants_.check_served(session.tenant));
  const AccessDecision access = WD_TRY(check_access(scope, user, session, origin.peer));
  WD_TRY(check_session_certificate(scope, user, session, origin));
  Principal principal;
  principal.peer = origin.peer;
  principal.certificate = origin.certificate;
  principal.user = user.id;
  principal.username = user.username;
  principal.tenant = session.tenant;
  principal.roles = user.roles;
  principal.grants = WD_TRY(grants_of(*WD_TRY(tenants_.config(scope).acquire()), user.roles, user.scoped_roles));
  // The grants keep what only counts in the first tenant, so that full access covers full access everywhere.
  for (const auto& [right, reach] : principal.grants) principal.rights.insert(right);
  if (WD_TRY(tenants_.find(session.tenant)).name != kFirstTenant) std::erase_if(principal.rights, is_operators);
  principal.session = session.id;
  principal.expires = session.expires;
  principal.is_bearer = session.is_bearer;
  // A password's age ends sessions' use of it; an API key has an age of its own.
  const auto overdue = session.id == SessionId{} ? std::nullopt : WD_TRY(password_expiry_of(scope, user));
  principal.must_change_password = user.must_change_password || (overdue && *overdue < clock_.now());
  principal.must_enrol = WD_TRY(lacks_proof(scope, user, session, access));
  if (!session.is_bearer) principal.csrf_token = csrf_token_of(token);
  return principal;
}

Result<void> Identity::change_password(const Principal& principal, std::string_view current, std::string_view next) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  WD_TRY(users_.change_password(scope, principal.user, current, next));
  return note_ends(
      WD_TRY(sessions_.end_all(principal.user, principal.session, {SessionEnd::PasswordChanged, scope.actor()})));
}

Result<LastLogin> Identity::previous_login(const Principal& principal) {
  const auto record = WD_TRY(sessions_.find_by_id(principal.session));
  return record ? LastLogin{record->previous_login, record->previous_address} : LastLogin{};
}

bool Identity::is_in_force(const Principal& principal) {
  if (principal.api_key) {
    const auto scope = scope_of(principal);
    const auto key = scope ? api_keys_.find(*scope, *principal.api_key) : Result<ApiKey>(fail(scope.error()));
    return key && !key->is_revoked && key->expires > clock_.now();
  }
  const auto record = sessions_.find_by_id(principal.session);
  if (!record || !*record || (*record)->expires <= clock_.now()) return false;
  const auto scope = scopes_.make((*record)->tenant, "user:" + principal.user.text());
  const auto user = scope ? users_.find(*scope, principal.user) : Result<User>(fail(scope.error()));
  return user && check_access(*scope, *user, **record, principal.peer).has_value() &&
         check_session_certificate(*scope, *user, **record, {principal.peer, principal.certificate}).has_value();
}

Result<ResetLink> Identity::mark_compromised(const TenantScope& scope, const UserId& user) {
  ResetLink link = WD_TRY(users_.mark_compromised(scope, user));
  WD_TRY(end_sessions(scope, user, SessionEnd::Compromised));
  return link;
}

Result<void> Identity::redeem_reset_link(std::string_view token, std::string_view next, const IpAddress& peer) {
  const auto refused_link = [] {
    return fail(ErrorCode::Invalid, "/token: the link does not hold: it was used, is too old, or is not whole");
  };
  WD_TRY(limiter_.take(peer, token));
  const std::size_t dot = token.find('.');
  const auto tenant = parse_id<TenantId>(token.substr(0, dot));
  if (dot == std::string_view::npos || !tenant || !tenants_.check_served(*tenant)) return refused_link();
  const auto scope = scopes_.make(*tenant, "anonymous");
  if (!scope) return refused_link();
  const auto user = users_.redeem_reset_link(*scope, token.substr(dot + 1), next);
  if (!user && user.error().code == ErrorCode::NotFound) {
    WD_TRY(audit_.append(*scope, "user.password", "user:unknown", AuditOutcome::Denied,
                         {{"peer", peer.text()}, {"reason", "link"}}));
    return refused_link();
  }
  if (!user) return fail(user.error());
  return end_sessions(*scope, *user, SessionEnd::PasswordChanged);
}

Result<ResetLink> Identity::recover(const TenantScope& scope, std::string_view username) {
  const InvitedUser recovered = WD_TRY(users_.recover(scope, username));
  WD_TRY(end_sessions(scope, recovered.user.id, SessionEnd::PasswordChanged));
  return recovered.link;
}

Result<TenantScope> Identity::scope_of(const Principal& principal, std::string_view right) const {
  const auto granted = principal.grants.find(right);
  return scopes_.make(principal.tenant, (principal.home ? "operator:" : "user:") + principal.user.text(),
                      {principal.grants, granted == principal.grants.end() ? Reach{} : granted->second, {}});
}

Result<UserScope> Identity::scope_for(const TenantScope& scope, const UserId& id, std::string_view right) const {
  User user = WD_TRY(users_.find(scope, id));
  if (!user.may_log_in()) return fail(ErrorCode::Forbidden, "the user may not log in");
  Grants grants = WD_TRY(grants_of(*WD_TRY(tenants_.config(scope).acquire()), user.roles, user.scoped_roles));
  const auto granted = grants.find(right);
  if (granted == grants.end())
    return fail(ErrorCode::Forbidden, "the user's roles do not include " + std::string(right));
  const Reach reach = granted->second;
  TenantScope made = WD_TRY(scopes_.make(scope.tenant(), "user:" + id.text(), {std::move(grants), reach, {}}));
  return UserScope{std::move(user), std::move(made)};
}

Result<TenantScope> Identity::scope_for_agent(const crypto::PeerCertificate& certificate) const {
  const AgentName agent = WD_TRY(agent_of(certificate));
  return scopes_.make(agent.tenant, "agent:" + agent.agent.text());
}

void Identity::record_denial(const Principal& principal, std::string_view operation, std::string_view reason) {
  const auto scope = scope_of(principal);
  if (!scope) return;
  // The request is refused in any case; a log that cannot be written shows in the audit verification and readiness.
  static_cast<void>(audit_.append(*scope, "access.denied", std::string("operation:").append(operation),
                                  AuditOutcome::Denied, {{"reason", reason}}));
}

Result<AgentName> agent_of(const crypto::PeerCertificate& certificate) {
  const auto not_an_agent = [] { return fail(ErrorCode::Unauthenticated, "the certificate is not an agent's"); };
  if (certificate.uris.size() != 1 || !certificate.uris.front().starts_with(kAgentUri)) return not_an_agent();
  const std::string_view rest = std::string_view(certificate.uris.front()).substr(kAgentUri.size());
  const auto parts = split(rest, '/');
  if (parts.size() != 3 || parts[1] != "agent") return not_an_agent();
  const auto tenant = parse_id<TenantId>(parts[0]);
  const auto agent = parse_id<AgentId>(parts[2]);
  if (!tenant || !agent) return not_an_agent();
  return AgentName{*tenant, *agent};
}

}  // namespace warder::manager
