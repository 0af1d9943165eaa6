// Who comes in, from where, and what the operator sees of its tenants.
#include <algorithm>
#include <map>
#include <set>

#include "manager/identity/passwords.h"
#include "manager/identity/provider_ldap.h"
#include "manager/identity/provider_oidc.h"
#include "manager/identity/roles.h"
#include "manager/identity/rows.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

constexpr std::string_view kProbe = "trust-probe";
constexpr std::size_t kMostAddresses = 3;
constexpr std::string_view kElsewhere = "192.0.2.1";  // of documentation (RFC 5737): nobody comes from there

Result<void> remove_probe(const CheckParts& parts, const TenantScope& scope) {
  const UserPage users = WD_TRY(parts.identity.users().list(scope, 100, {}));
  for (const User& user : users.items)
    if (user.username == kProbe) WD_TRY(parts.identity.users().remove(scope, user.id, "*"));
  return {};
}

/// The addresses that somebody's sessions in force came from.
using Addresses = std::map<UserId, std::set<std::string>>;

Result<Addresses> addresses_of(const CheckParts& parts, const TenantScope& scope) {
  Addresses addresses;
  PastSessionQuery query;
  query.limit = 1000;
  const PastSessionPage page = WD_TRY(parts.identity.session_history(scope, query));
  for (const PastSession& each : page.items)
    if (!each.ended) addresses[each.session.user].insert(each.session.address);
  return addresses;
}

/// By the tenant's consent, or by two operators who did not ask for it.
bool is_agreed(const AccessGrant& grant) {
  if (grant.consent) return true;
  std::set<UserId> others(grant.approvers.begin(), grant.approvers.end());
  others.erase(grant.operator_user);
  return others.size() >= 2;
}

/// Somebody whom nobody has granted anything.
Principal stranger(const TenantId& first, Timestamp now) {
  Principal who;
  who.user = make_id<UserId>(now);
  who.username = kProbe;
  who.tenant = first;
  return who;
}

Result<std::string> try_oidc(const CheckParts& parts, const IdentityProvider& provider) {
  const OidcSettings settings = WD_TRY(read_oidc_settings(provider.settings));
  const auto answers = parts.sso.check_answers(settings.issuer);
  return answers ? std::string() : answers.error().message;
}

Result<std::string> try_directory(const CheckParts& parts, const TenantScope& scope, const IdentityProvider& provider) {
  const auto last = WD_TRY(parts.identity.directory_sync().last(scope, provider.id));
  if (!last) return fail(ErrorCode::Unavailable, provider.name + ": was not followed yet");
  const LdapSettings settings = WD_TRY(read_ldap_settings(provider.settings));
  const auto longest = 2 * std::chrono::seconds(settings.sync_interval_s) + std::chrono::minutes(5);
  if (last->error.empty() && last->time + longest < parts.clock.now()) return std::string("was not followed for long");
  return last->error;
}

}  // namespace

Result<CheckOutcome> check_compromised(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const auto canary = parts.tenants.find_by_name(kCanary);
  if (!canary) return fail(ErrorCode::Unavailable, "the canary tenant is not there yet");
  const TenantScope scope = WD_TRY(parts.scopes.make(canary->id, "job:trust"));
  Users& users = parts.identity.users();
  WD_TRY(remove_probe(parts, scope));
  UserDraft draft;
  draft.username = kProbe;
  draft.password = make_password();
  draft.roles = {std::string(kAuditor)};
  const User user = WD_TRY(users.create(scope, draft));
  const bool was_right = WD_TRY(users.check(scope, kProbe, draft.password)).is_right;
  WD_TRY(users.mark_compromised(scope, user.id));
  const bool is_right = WD_TRY(users.check(scope, kProbe, draft.password)).is_right;
  WD_TRY(remove_probe(parts, scope));
  if (!was_right) return fail(ErrorCode::Unavailable, "the probe's password was never right");
  if (is_right) return failed("a password that is marked as known to others is still right");
  return passed("a password that is marked as known to others is refused at once");
}

Result<CheckOutcome> check_sharing(const CheckParts& parts, const std::stop_token& /*stop*/) {
  std::size_t people = 0;
  for (const TenantScope& scope : every_tenant(parts)) {
    for (const auto& [user, addresses] : WD_TRY(addresses_of(parts, scope))) {
      ++people;
      if (addresses.size() > kMostAddresses)
        return failed("tenant " + scope.tenant().text() + ": user " + user.text() + " is logged in from " +
                      std::to_string(addresses.size()) + " addresses at once");
    }
  }
  if (people == 0) return fail(ErrorCode::Unavailable, "nobody is logged in");
  return passed(std::to_string(people) + " people, nobody from more than three addresses");
}

Result<CheckOutcome> check_networks(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const AccessPolicy policy = WD_TRY(parts.identity.access_policies().find(first));
  AccessFacts facts;
  facts.address = WD_TRY(parse_ip(kElsewhere));
  std::string cursor;
  do {
    const UserPage page = WD_TRY(parts.identity.users().list(first, 500, cursor));
    for (const User& user : page.items) {
      if (!user.may_log_in()) continue;
      facts.roles = user.roles;
      if (!decide(policy, facts).is_outside)
        return failed("user " + user.id.text() + " is let in from an address that nobody works at");
    }
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  PastSessionQuery query;
  query.limit = 1000;
  for (const PastSession& each : WD_TRY(parts.identity.session_history(first, query)).items)
    if (each.session.address.empty()) return failed("a session is known without the address it came from");
  return passed("operators come in from their networks only, and it is written down from where");
}

Result<CheckOutcome> check_operator_access(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const Timestamp now = parts.clock.now();
  for (const Tenant& tenant : parts.tenants.list()) {
    if (tenant.id == first.tenant() || tenant.terms.status != TenantStatus::Active) continue;
    const auto got = parts.identity.access_grants().act(stranger(first.tenant(), now), tenant.name, "trust.probe");
    if (got) return failed("tenant " + tenant.id.text() + ": an operator without a grant is let in");
    if (got.error().code != ErrorCode::Forbidden) return tl::unexpected(got.error());
  }
  std::size_t active = 0;
  for (const AccessGrant& grant : WD_TRY(parts.identity.access_grants().list(first.tenant()))) {
    if (grant.state(now) != AccessGrantState::Active) continue;
    if (!is_agreed(grant)) return failed("grant " + grant.id.text() + ": nobody but who asked has agreed to it");
    if (grant.expires > grant.created + AccessGrants::kLongest)
      return failed("grant " + grant.id.text() + " lasts too long");
    if (grant.reason.empty()) return failed("grant " + grant.id.text() + " has no reason");
    ++active;
  }
  return passed("without a grant operators are refused; " + std::to_string(active) + " grants hold, each agreed to");
}

Result<CheckOutcome> check_single_sign_on(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  std::size_t count = 0;
  for (const IdentityProvider& provider : WD_TRY(parts.identity.identity_providers().list(first))) {
    if (!provider.is_enabled || (provider.kind != "oidc" && provider.kind != "ldap")) continue;
    const std::string trouble =
        provider.kind == "oidc" ? WD_TRY(try_oidc(parts, provider)) : WD_TRY(try_directory(parts, first, provider));
    if (!trouble.empty()) return failed(provider.name + ": " + trouble);
    ++count;
  }
  if (count == 0) return failed("the operator has no identity provider");
  return passed(std::to_string(count) + " identity providers answer");
}

}  // namespace warder::manager
