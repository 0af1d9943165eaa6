// Two signed texts that people carry by hand. An enrolment token ("wdt1_…") brings a new agent to its manager; a
// maintenance token ("wdm1_…") lets one agent be stopped or uninstalled. Both are
// <prefix><base64url(JSON)>_<base64url(Ed25519 signature of the JSON)>, at most kMaxTokenBytes, strict in every byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "model/ids.h"

namespace warder::protocol {

inline constexpr std::size_t kMaxTokenBytes = 8192;

/// What an enrolment token says: {id, secret, urls, ca_sha256, tenant, group, policy, exp}.
struct EnrolClaims {
  TokenId id;
  std::string secret;             // the manager keeps its SHA-256 only
  std::vector<std::string> urls;  // "https://host:port" of gateways, in order of preference; 1..8
  std::string ca_sha256;          // fingerprint of the manager's CA, 64 lower-case hex digits
  TenantId tenant;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
  Timestamp expires;
  friend bool operator==(const EnrolClaims&, const EnrolClaims&) = default;
};

std::string make_enrol_token(const EnrolClaims& claims, const crypto::SigningKey& key);
/// The agent's side: form and limits only. The agent has no key to check the signature with; it trusts the token
/// because an administrator handed it over.
Result<EnrolClaims> parse_enrol_token(std::string_view text);
/// The manager's side. Unauthenticated when the signature is not the key's or the token has expired at `now`.
Result<EnrolClaims> verify_enrol_token(std::string_view text, const crypto::PublicKey& key, Timestamp now);

/// What a maintenance token says: {id, agent, tenant, iat, exp}.
struct MaintenanceClaims {
  TokenId id;
  AgentId agent;
  TenantId tenant;
  Timestamp issued;
  Timestamp expires;
  friend bool operator==(const MaintenanceClaims&, const MaintenanceClaims&) = default;
};

std::string make_maintenance_token(const MaintenanceClaims& claims, const crypto::SigningKey& key);
/// `public_key` is the tenant's, which the agent got when it enrolled ("maintenance_key", base64url). Forbidden when
/// the token is for another agent; Unauthenticated when it is forged, expired or from the future by more than five
/// minutes.
Result<MaintenanceClaims> verify_maintenance_token(std::string_view text, const crypto::PublicKey& public_key,
                                                   const AgentId& agent, Timestamp now);

/// 32 bytes in base64url, as in the enrolment answer.
Result<crypto::PublicKey> parse_public_key(std::string_view base64url);

/// The URI by which a certificate names an agent: "warder://tenant/<uuid>/agent/<uuid>".
std::string agent_uri(const TenantId& tenant, const AgentId& agent);
struct AgentName {
  TenantId tenant;
  AgentId agent;
};
Result<AgentName> parse_agent_uri(std::string_view uri);

}  // namespace warder::protocol
