// Content packs of a tenant: imported once, verified whole, one active version of each name, handed to agents in
// pieces.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"
#include "pack/pack.h"

namespace warder::manager {

struct ContentPack {
  std::string digest;  // SHA-256 of the pack, hex
  std::string name;
  std::string version;
  std::string signer;
  std::int64_t bytes = 0;
  Timestamp imported;
  bool active = false;
};

struct ContentPage {
  std::vector<ContentPack> items;  // newest import first
  std::optional<std::string> next_cursor;
};

struct ContentPiece {
  Bytes data;
  bool last = false;
};

/// Thread-safe. Every change is an audit entry in the same transaction, refusals included.
class Content {
 public:
  /// `changed` is called after the packs that agents should have changed; may be empty.
  Content(Tenants& tenants, AuditLog& audit, const host::Clock& clock, pack::TrustPolicy trust,
          std::function<void(const TenantId&)> changed = {});

  /// Stores a verified pack, not yet active. One that is here already is returned as it is. Invalid or TooLarge when it
  /// does not verify.
  Result<ContentPack> import_pack(const TenantScope& scope, ByteView bytes);
  Result<ContentPage> list(const TenantScope& scope, std::size_t limit, std::string_view cursor);
  /// The active version of its name from now on. Also how to go back to an older one.
  Result<ContentPack> activate(const TenantScope& scope, std::string_view digest);
  /// Activates the version of `name` that was active before the present one.
  Result<ContentPack> roll_back(const TenantScope& scope, std::string_view name);

  /// The packs that an agent should have: today the tenant's active ones, whichever agent asks.
  Result<std::vector<ContentPack>> wanted(const TenantScope& scope, const AgentId& agent);
  /// Up to `max_bytes` from `offset` of an active pack, or of a chunk of signatures as it is stored. NotFound for
  /// others: an agent gets no pack that is not active.
  Result<ContentPiece> fetch(const TenantScope& scope, std::string_view digest, std::uint64_t offset,
                             std::size_t max_bytes = 1 << 20);

  /// Whose packs are taken, the manager's own among them; agents learn these keys when they enrol.
  [[nodiscard]] Result<std::vector<pack::TrustedKey>> trusted_keys(const TenantScope& scope) const;
  /// With which the manager signs what it makes for this tenant. It is derived from the tenant's data key.
  [[nodiscard]] Result<crypto::SigningKey> own_key(const TenantScope& scope) const;

 private:
  Result<ContentPack> activate_in(Db& db, const TenantScope& scope, const ContentPack& pack, std::string_view action);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const pack::TrustPolicy trust_;
  const std::function<void(const TenantId&)> changed_;
};

/// The table of config.db.
FeatureSchema content_schema();

}  // namespace warder::manager
