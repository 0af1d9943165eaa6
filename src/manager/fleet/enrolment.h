// How a host becomes an agent: tokens that administrators make, and the certificates that agents get for them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/pki.h"
#include "crypto/sign.h"
#include "manager/fleet/agents.h"
#include "manager/tenancy/tenant_scope.h"

namespace warder::manager {

struct EnrolToken {
  TokenId id;
  std::string name;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
  Timestamp created;
  Timestamp expires;
  std::int64_t uses_left = 0;
  bool revoked = false;
  std::string token;  // only from create(): the manager keeps a hash of its secret
};

struct EnrolTokenDraft {
  std::string name;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
  std::chrono::seconds expires_in{24 * 3600};
  std::int64_t uses = 1;
};

struct EnrolRequest {
  std::string token;
  Bytes csr_der;
  std::string hostname;
};

/// What POST /enrol answers.
struct Enrolled {
  AgentId agent;
  std::string certificate_pem;
  std::string ca_pem;
  crypto::PublicKey maintenance_key{};
};

struct MaintenanceToken {
  std::string token;
  Timestamp expires;
};

struct EnrolmentOptions {
  std::vector<std::string> gateway_urls;  // written into tokens
  std::chrono::seconds certificate_life{30 * 24 * 3600};
  std::chrono::seconds maintenance_life{15 * 60};
};

/// Thread-safe.
class Enrolment {
 public:
  Enrolment(Tenants& tenants, AuditLog& audit, Agents& agents, const crypto::CertificateAuthority& authority,
            const host::Clock& clock, EnrolmentOptions options);

  Result<Page<EnrolToken>> list(const TenantScope& scope, const PageRequest& page);
  Result<EnrolToken> create(const TenantScope& scope, const EnrolTokenDraft& draft);
  Result<void> revoke(const TenantScope& scope, const TokenId& id);

  /// Takes one use of the token and makes the agent, both or neither. `scope` is of the tenant that the token names.
  /// Unauthenticated for every token that does not hold, without telling why to the peer.
  Result<Enrolled> enrol(const TenantScope& scope, const EnrolRequest& request);
  /// A new certificate for the same agent; the old one stays valid until it expires.
  Result<std::string> renew(const TenantScope& scope, const AgentId& agent, ByteView csr_der);

  Result<MaintenanceToken> maintenance_token(const TenantScope& scope, const AgentId& agent);
  /// The key that verifies maintenance tokens of this tenant.
  Result<crypto::PublicKey> maintenance_key(const TenantScope& scope);

 private:
  Result<crypto::SigningKey> signing_key(const TenantScope& scope, std::string_view purpose);
  Result<std::string> issue(const TenantScope& scope, const AgentId& agent, ByteView csr_der, Timestamp expires) const;

  Tenants& tenants_;
  AuditLog& audit_;
  Agents& agents_;
  const crypto::CertificateAuthority& authority_;
  const host::Clock& clock_;
  EnrolmentOptions options_;
};

}  // namespace warder::manager
