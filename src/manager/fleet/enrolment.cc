#include "manager/fleet/enrolment.h"

#include <algorithm>

#include "base/json.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "manager/fleet/visibility.h"
#include "manager/policies/sql.h"
#include "protocol/token.h"

namespace warder::manager {
namespace {

constexpr std::string_view kEnrolKey = "enrolment";
constexpr std::string_view kMaintenanceKey = "maintenance";
constexpr std::size_t kSecretBytes = 32;
/// Certificates hold from a little before they are made, for hosts whose clock is behind.
constexpr std::chrono::hours kBackdated{1};
constexpr std::string_view kSelect =
    "SELECT id, name, group_id, policy_id, created, expires, uses_left, revoked FROM enrol_tokens WHERE ";

Result<EnrolToken> read_token(const Row& row) {
  EnrolToken token;
  token.id = WD_TRY(parse_id<TokenId>(row.text(0)));
  token.name = row.text(1);
  token.group = WD_TRY(optional_id<GroupId>(row, 2));
  token.policy = WD_TRY(optional_id<PolicyId>(row, 3));
  token.created = from_micros(row.integer(4));
  token.expires = from_micros(row.integer(5));
  token.uses_left = row.integer(6);
  token.revoked = row.integer(7) != 0;
  return token;
}

Result<void> check_reference(Db& db, std::string_view sql, const DbValue& id, std::string_view message) {
  if (std::holds_alternative<std::nullptr_t>(id)) return {};
  const auto found =
      WD_TRY(select_one(db, sql, {id}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (!found) return fail(ErrorCode::Invalid, std::string{message});
  return {};
}

/// Counted in the transaction that adds the agent.
Result<void> check_room(Db& db, const TenantTerms& terms) {
  if (!terms.max_agents) return {};
  const auto agents = WD_TRY(select_one(db, "SELECT COUNT(*) FROM agents", {},
                                        [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (agents.value_or(0) < *terms.max_agents) return {};
  return fail(ErrorCode::Forbidden, "the tenant has its " + std::to_string(*terms.max_agents) +
                                        " agents; remove one, or have the number raised");
}

tl::unexpected<Error> bad_token() {
  return fail(ErrorCode::Unauthenticated,
              "the enrolment token does not hold: it is unknown, used up, expired or revoked");
}

// Takes one use; the hash in the condition makes guessing an id useless.
Result<EnrolToken> use_token(Db& db, const protocol::EnrolClaims& claims, Timestamp now) {
  const std::int64_t changed =
      WD_TRY(db.execute("UPDATE enrol_tokens SET uses_left = uses_left - 1 WHERE id = ?1 AND secret_sha256 = ?2 "
                        "AND revoked = 0 AND uses_left > 0 AND expires > ?3",
                        {claims.id.text(), to_hex(crypto::sha256(as_bytes(claims.secret))), to_micros(now)}));
  if (changed == 0) return bad_token();
  auto token = WD_TRY(select_one(db, std::string{kSelect} + "id = ?1", {claims.id.text()}, read_token));
  if (!token) return bad_token();
  return std::move(*token);
}

}  // namespace

Enrolment::Enrolment(Tenants& tenants, AuditLog& audit, Agents& agents, const crypto::CertificateAuthority& authority,
                     const host::Clock& clock, EnrolmentOptions options)
    : tenants_(tenants),
      audit_(audit),
      agents_(agents),
      authority_(authority),
      clock_(clock),
      options_(std::move(options)) {}

// The tenant's key for a purpose, made on first use.
Result<crypto::SigningKey> Enrolment::signing_key(const TenantScope& scope, std::string_view purpose) {
  const SealedPlace place{"fleet_keys", purpose, "seed"};
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [&]() {
    return select_one(*db, "SELECT seed FROM fleet_keys WHERE purpose = ?1", {std::string{purpose}},
                      [](const Row& row) -> Result<Bytes> { return row.bytes(0); });
  };
  auto box = WD_TRY(read());
  if (!box) {
    const Bytes seed = crypto::SigningKey::generate().seed();
    WD_TRY(db->execute("INSERT INTO fleet_keys (purpose, seed) VALUES (?1, ?2) ON CONFLICT (purpose) DO NOTHING",
                       {std::string{purpose}, tenants_.seal_text(scope, place, as_text(seed))}));
    box = WD_TRY(read());  // another thread's may have won
  }
  const std::string seed = WD_TRY(tenants_.open_text(scope, place, *box));
  return crypto::SigningKey::from_seed(as_bytes(seed));
}

Result<Page<EnrolToken>> Enrolment::list(const TenantScope& scope, const PageRequest& page) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  std::string before = WD_TRY(read_cursor(page.cursor));
  if (before.empty()) before = "g";  // after every hexadecimal id
  Page<EnrolToken> result;
  std::vector<DbValue> values{before, static_cast<std::int64_t>(page.limit) + 1};
  std::string where = "id < ?1";
  if (!scope.is_whole()) {
    const std::set<std::string>& groups = scope.reach().groups;
    where += " AND " + in_json_array("group_id", 3, db->dialect());
    values.emplace_back(json::serialize(json::array(groups.begin(), groups.end())));
  }
  result.items = WD_TRY(select(*db, std::string{kSelect} + where + " ORDER BY id DESC LIMIT ?2", values, read_token));
  finish_page(result, page.limit, [](const EnrolToken& token) { return token.id.text(); });
  return result;
}

Result<EnrolToken> Enrolment::create(const TenantScope& scope, const EnrolTokenDraft& draft) {
  WD_TRY(check_target(scope, draft.group));
  if (draft.policy) WD_TRY(check_target(scope, draft.policy));
  const crypto::SigningKey key = WD_TRY(signing_key(scope, kEnrolKey));
  const std::string secret = to_base64url(random_bytes(kSecretBytes));
  EnrolToken token;
  token.id = new_id<TokenId>(clock_.now());
  token.name = draft.name;
  token.group = draft.group;
  token.policy = draft.policy;
  token.created = clock_.now();
  // Whole seconds, as in the token.
  token.expires = std::chrono::ceil<std::chrono::seconds>(token.created) + draft.expires_in;
  token.uses_left = draft.uses;
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_reference(*db, "SELECT 1 FROM agent_groups WHERE id = ?1", to_db(draft.group),
                         "/group_id: there is no such group"));
  WD_TRY(check_reference(*db, "SELECT 1 FROM policies WHERE id = ?1", to_db(draft.policy),
                         "/policy_id: there is no such policy"));
  WD_TRY(db->execute(
      "INSERT INTO enrol_tokens (id, name, secret_sha256, group_id, policy_id, created, expires, uses_left, "
      "revoked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)",
      {token.id.text(), token.name, to_hex(crypto::sha256(as_bytes(secret))), to_db(token.group), to_db(token.policy),
       to_micros(token.created), to_micros(token.expires), token.uses_left}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"enrol-token.create",
                           "enrol-token:" + token.id.text(),
                           AuditOutcome::Success,
                           {{"name", token.name}, {"uses", token.uses_left}, {"expires", to_rfc3339(token.expires)}}}));
  WD_TRY(tx.commit());
  token.token = protocol::make_enrol_token({token.id, secret, options_.gateway_urls, authority_.fingerprint(),
                                            scope.tenant(), token.group, token.policy, token.expires},
                                           key);
  return token;
}

Result<void> Enrolment::revoke(const TenantScope& scope, const TokenId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  const std::string missing = "enrolment token " + id.text() + " does not exist";
  const auto token = WD_TRY(select_one(*db, std::string{kSelect} + "id = ?1", {id.text()}, read_token));
  if (!token) return fail(ErrorCode::NotFound, missing);
  if (!scope.is_whole() && (!token->group || !scope.reach().groups.contains(token->group->text())))
    return scope.hide(missing);
  WD_TRY(db->execute("UPDATE enrol_tokens SET revoked = 1 WHERE id = ?1", {id.text()}));
  WD_TRY(audit_.append_in(*db, scope, {"enrol-token.revoke", "enrol-token:" + id.text(), AuditOutcome::Success, {}}));
  return tx.commit();
}

Result<std::string> Enrolment::issue(const TenantScope& scope, const AgentId& agent, ByteView csr_der,
                                     Timestamp expires) const {
  crypto::CertificateSpec spec;
  spec.common_name = agent.text();
  spec.uris = {protocol::agent_uri(scope.tenant(), agent)};
  spec.not_before = clock_.now() - kBackdated;
  spec.not_after = expires;
  return authority_.issue(csr_der, spec);
}

Result<Enrolled> Enrolment::enrol(const TenantScope& scope, const EnrolRequest& request) {
  const crypto::PublicKey key = WD_TRY(signing_key(scope, kEnrolKey)).public_key();
  const auto claims = protocol::verify_enrol_token(request.token, key, clock_.now());
  if (!claims || claims->tenant != scope.tenant()) return bad_token();
  WD_TRY(tenants_.check_served(scope.tenant()));
  Enrolled result;
  result.agent = new_id<AgentId>(clock_.now());
  result.ca_pem = authority_.certificate_pem();
  result.maintenance_key = WD_TRY(maintenance_key(scope));
  const Timestamp expires = clock_.now() + options_.certificate_life;

  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  const EnrolToken token = WD_TRY(use_token(*db, *claims, clock_.now()));
  WD_TRY(check_room(*db, WD_TRY(tenants_.find(scope.tenant())).terms));
  // Inside the transaction: a request that cannot be signed costs the token nothing.
  result.certificate_pem = WD_TRY(issue(scope, result.agent, request.csr_der, expires).in("/csr"));
  WD_TRY(agents_.add(*db, {result.agent, request.hostname, token.group, token.policy, expires}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"agent.enrol",
                           "agent:" + result.agent.text(),
                           AuditOutcome::Success,
                           {{"hostname", request.hostname}, {"enrol-token", token.id.text()}}}));
  WD_TRY(tx.commit());
  return result;
}

Result<std::string> Enrolment::renew(const TenantScope& scope, const AgentId& agent, ByteView csr_der) {
  WD_TRY(agents_.policy_of(scope, agent));  // NotFound once it was removed
  const Timestamp expires = clock_.now() + options_.certificate_life;
  std::string pem = WD_TRY(issue(scope, agent, csr_der, expires));
  WD_TRY(audit_.append(scope, "agent.certificate.renew", "agent:" + agent.text(), AuditOutcome::Success,
                       {{"expires", to_rfc3339(expires)}}));
  agents_.record_certificate(scope, agent, expires);
  return pem;
}

Result<MaintenanceToken> Enrolment::maintenance_token(const TenantScope& scope, const AgentId& agent) {
  WD_TRY(agents_.find(scope, agent));
  const crypto::SigningKey key = WD_TRY(signing_key(scope, kMaintenanceKey));
  const Timestamp now = std::chrono::floor<std::chrono::seconds>(clock_.now());
  const protocol::MaintenanceClaims claims{new_id<TokenId>(now), agent, scope.tenant(), now,
                                           now + options_.maintenance_life};
  WD_TRY(audit_.append(scope, "maintenance-token.create", "agent:" + agent.text(), AuditOutcome::Success,
                       {{"token", claims.id.text()}, {"expires", to_rfc3339(claims.expires)}}));
  return MaintenanceToken{protocol::make_maintenance_token(claims, key), claims.expires};
}

Result<crypto::PublicKey> Enrolment::maintenance_key(const TenantScope& scope) {
  return WD_TRY(signing_key(scope, kMaintenanceKey)).public_key();
}

}  // namespace warder::manager
