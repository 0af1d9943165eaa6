// The part of Identity that holds who comes in against the tenant's access policy.
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

AccessFacts facts_of(const User& user, std::string method, const std::optional<IpAddress>& peer) {
  AccessFacts facts{user.roles, std::move(method), peer};
  for (const ScopedRole& scoped : user.scoped_roles) facts.roles.push_back(scoped.role);
  return facts;
}

}  // namespace

Result<bool> Identity::is_login_outside(const TenantScope& scope, const User& user, const FirstProof& first) {
  const AccessPolicy policy = WD_TRY(access_policies_.in_force(scope));
  if (!decide(policy, facts_of(user, first.method, first.peer)).is_outside) return false;
  WD_TRY(audit_.append(scope, "session.login", "user:" + user.id.text(), AuditOutcome::Denied,
                       {{"peer", first.peer.text()}, {"method", first.method}, {"reason", "network"}}));
  return true;
}

/// A code that was given is looked at all the same; one that a rule demands beside the certificate is asked for.
Result<bool> Identity::is_certificate_enough(const TenantScope& scope, const User& user, const FirstProof& first,
                                             const std::string& method) {
  if (first.passkey != nullptr || !first.code.empty()) return false;
  return !decide(WD_TRY(access_policies_.in_force(scope)), facts_of(user, method, first.peer)).lacking.has_value();
}

Result<AccessDecision> Identity::check_access(const TenantScope& scope, const User& user, const SessionRecord& session,
                                              const std::optional<IpAddress>& peer) const {
  const AccessPolicy policy = WD_TRY(access_policies_.in_force(scope));
  AccessFacts facts = facts_of(user, session.method, peer);
  facts.has_session = session.id != SessionId{};
  const AccessDecision decision = decide(policy, facts);
  if (!decision.is_outside) return decision;
  const std::string object = "user:" + user.id.text();
  // One that goes on trying fills no log.
  if (limiter_.take(peer.value_or(IpAddress()), "outside " + user.id.text())) {
    WD_TRY(audit_.append(
        scope, "access.denied", object, AuditOutcome::Denied,
        {{"peer", peer ? peer->text() : std::string()}, {"session", session.id.text()}, {"reason", "network"}}));
  }
  return fail(ErrorCode::Forbidden, "your tenant allows your access from other networks only");
}

/// Of a session that may do nothing but bring the proof. An API key was made in one that had it.
Result<bool> Identity::lacks_proof(const TenantScope& scope, const User& user, const SessionRecord& session,
                                   const AccessDecision& access) const {
  if (session.id == SessionId{}) return false;
  if (access.lacking) return true;
  if (!proofs_of(session.method).empty()) return false;
  if (!WD_TRY(password_policies_.in_force(scope)).wants_second_factor(facts_of(user, {}, {}).roles)) return false;
  return !WD_TRY(second_factors_.state(scope, user.id)).has_any();
}

Result<AccessPolicy> Identity::set_access_policy(const TenantScope& scope, const Principal& principal,
                                                 std::string_view etag, AccessChoice choice) {
  for (const AccessRule& rule : choice.rules)
    for (const std::string& role : rule.roles) WD_TRY(roles_.find(scope, role).in("/rules"));
  const auto session = WD_TRY(sessions_.find_by_id(principal.session));
  // Who acts in another tenant under a grant has no access of its own there.
  if (!principal.home) {
    const User user = WD_TRY(users_.find(scope, principal.user));
    AccessFacts facts = facts_of(user, session ? session->method : std::string(), principal.peer);
    facts.has_session = session.has_value();
    const AccessDecision own = decide({choice.rules, 0}, facts);
    if (own.is_outside) {
      WD_TRY(audit_.append(scope, "access-policy.set", "access-policy", AuditOutcome::Denied,
                           {{"reason", "would-lock-out"}}));
      return fail(ErrorCode::Conflict, "/rules: you would be outside of the networks yourself");
    }
    if (own.lacking) {
      WD_TRY(audit_.append(scope, "access-policy.set", "access-policy", AuditOutcome::Denied,
                           {{"reason", "would-lock-out"}}));
      return fail(ErrorCode::Conflict, "/rules: log in with " + *own.lacking + " yourself first");
    }
  }
  return access_policies_.set(scope, etag, std::move(choice));
}

}  // namespace warder::manager
