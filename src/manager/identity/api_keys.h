// API keys: what programs log in with. docs/api-keys.md is the manual.
//
// A key is "wardr_key_", 40 random letters and digits and 6 that are a checksum of them, so that scanners for secrets
// know one without asking: wardr_key_[0-9A-Za-z]{46}. Only its SHA-256 is stored.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/principal.h"
#include "manager/identity/users.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

inline constexpr std::string_view kApiKeyPrefix = "wardr_key_";

struct ApiKey {
  ApiKeyId id;
  TenantId tenant;
  UserId user;  // its owner
  std::string name;
  std::string hint;                // how it begins
  Rights rights;                   // at most; what it has is what its owner has of these when it is used
  std::vector<IpPrefix> networks;  // it may come from; empty: from anywhere
  Timestamp created;
  Timestamp expires;
  std::optional<Timestamp> last_used;  // to the minute
  std::string last_address;
  bool is_revoked = false;
  std::optional<IdentityProviderId> provider{};  // whose people it is for
};

struct ApiKeyDraft {
  std::string name;
  UserId user;
  Rights rights;
  std::vector<IpPrefix> networks;
  std::chrono::seconds expires_in{90 * 24 * 3600};
  std::optional<IdentityProviderId> provider{};  // only beside the one right "scim:write"
};

struct NewApiKey {
  ApiKey key;
  std::string text;  // shown once
};

struct ApiKeyPage {
  std::vector<ApiKey> items;  // newest first
  std::optional<std::string> next_cursor;
};

/// How a key was received.
struct ApiKeyUse {
  ApiKey key;
  std::string refusal;  // why it does not hold; empty: it does
};

/// Thread-safe. Every change is an audit entry, made before the change holds.
class ApiKeys {
 public:
  ApiKeys(Tenants& tenants, AuditLog& audit, Users& users, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), users_(users), clock_(clock) {}

  Result<ApiKeyPage> list(const TenantScope& scope, std::size_t limit, std::string_view cursor);
  Result<ApiKey> find(const TenantScope& scope, const ApiKeyId& id);
  /// Invalid for an unknown owner or right; Forbidden for a right that the owner or the actor does not have.
  Result<NewApiKey> create(const TenantScope& scope, const ApiKeyDraft& draft);
  /// Whoever may change keys may end each of them. Ending one twice is fine.
  Result<void> revoke(const TenantScope& scope, const ApiKeyId& id);

  /// Unauthenticated when there is no such key; a mistyped one is not even looked for.
  Result<ApiKeyUse> use(std::string_view text, const IpAddress& peer);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  Users& users_;
  const host::Clock& clock_;
};

/// Whether it has the form of a key and its checksum is right.
bool is_api_key(std::string_view text) noexcept;
std::string make_api_key();

/// The table of control.db.
FeatureSchema api_keys_schema();

}  // namespace warder::manager
