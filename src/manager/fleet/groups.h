// Groups of agents: a tree; a group's policy goes for its agents and for the groups below that have none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "manager/fleet/agents.h"

namespace warder::manager {

struct Group {
  GroupId id;
  std::string name;
  std::optional<GroupId> parent;
  std::optional<PolicyId> policy;
  std::int64_t agents = 0;  // in this group itself
  std::int64_t version = 1;
  std::optional<std::int64_t> asset_value{};  // of its agents that have none of their own
  [[nodiscard]] std::string etag() const;
};

struct GroupDraft {
  std::string name;
  std::optional<GroupId> parent;
  std::optional<PolicyId> policy;
  std::optional<std::optional<std::int64_t>> asset_value{};  // absent: as it is
};

/// Thread-safe. Every change is an audit entry and is published on the bus.
class Groups {
 public:
  Groups(Tenants& tenants, AuditLog& audit, ChangeBus& bus, const host::Clock& clock);

  Result<Page<Group>> list(const TenantScope& scope, const PageRequest& page);
  Result<Group> find(const TenantScope& scope, const GroupId& id);
  Result<Group> create(const TenantScope& scope, const GroupDraft& draft);
  /// Invalid when the parent is the group itself or below it.
  Result<Group> update(const TenantScope& scope, const GroupId& id, std::string_view etag, const GroupDraft& draft);
  /// Conflict when agents, groups or enrolment tokens use it.
  Result<void> remove(const TenantScope& scope, const GroupId& id, std::string_view etag);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  ChangeBus& bus_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
