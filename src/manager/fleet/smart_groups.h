// Groups of hosts by a filter: who belongs is worked out when it is asked, so no copy can be stale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/fleet/agents.h"

namespace warder::manager {

using SmartGroupId = Id<struct SmartGroupTag>;

struct SmartGroupDraft {
  std::string name;
  std::string filter;  // over hosts (host_fields.h); not empty
};

struct SmartGroup {
  SmartGroupId id;
  SmartGroupDraft draft;
  Timestamp created{};
  std::int64_t version = 1;
  [[nodiscard]] std::string etag() const;
};

inline constexpr std::size_t kMaxSmartGroups = 200;  // of a tenant

/// Thread-safe. Every change is an audit entry of the same transaction. What a filter matches may depend on what hosts
/// say of themselves, so no right and no scope can be given by a smart group: whoever uses one reaches no host that
/// they do not reach without it. Whoever has a part of the fleet sees and uses them, and changes none (Forbidden).
class SmartGroups {
 public:
  SmartGroups(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name.
  Result<std::vector<SmartGroup>> list(const TenantScope& scope);
  Result<SmartGroup> find(const TenantScope& scope, const SmartGroupId& id);
  /// Invalid with the pointer of the member; Conflict for a name that is taken.
  Result<SmartGroup> create(const TenantScope& scope, const SmartGroupDraft& draft);
  Result<SmartGroup> update(const TenantScope& scope, const SmartGroupId& id, std::string_view etag,
                            const SmartGroupDraft& draft);
  Result<void> remove(const TenantScope& scope, const SmartGroupId& id, std::string_view etag);

 private:
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const SmartGroup& group);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
