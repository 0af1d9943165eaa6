// What each agent's host has, as the agent says: lists of items by kind, kept up to date by changes, searched over the
// whole fleet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "engines/inventory/recommend.h"
#include "engines/inventory/snapshot.h"
#include "host/clock.h"
#include "manager/policies/page.h"
#include "manager/store/db.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

/// One list of one agent.
struct InventoryList {
  inventory::Kind kind{};
  std::string digest;  // hex, of the whole list
  std::int64_t items = 0;
  Timestamp collected;  // by the agent's clock
  Timestamp received;
};

struct InventoryChange {
  inventory::Kind kind{};
  std::string base;  // digest of the list that is changed; empty: `delta.set` is the whole list
  inventory::Delta delta;
  std::string digest;  // of the list afterwards
  Timestamp collected;
};

struct StoredItem {
  AgentId agent;
  std::string hostname;
  inventory::Item item;
  Timestamp first_seen;
  Timestamp changed;
};

struct InventoryFilter {
  std::optional<AgentId> agent{};
  std::string name{};     // exact
  std::string version{};  // exact
  std::string text{};     // anywhere in name or attributes, ignoring case
};

/// On how many hosts a thing of this name and version is.
struct InventoryVersion {
  std::string name;
  std::string version;
  std::int64_t hosts = 0;
};

/// Thread-safe. Changes are durable when the call returns.
class InventoryStore {
 public:
  InventoryStore(Tenants& tenants, const host::Clock& clock) : tenants_(tenants), clock_(clock) {}

  /// All lists of an agent, in order of their kind; empty where it has sent none.
  Result<std::vector<InventoryList>> lists(const TenantScope& scope, const AgentId& agent);
  /// Conflict, and nothing is changed, when the list is not the one that the change begins with or the result has
  /// another digest than the agent says. NotFound when the agent was removed.
  Result<void> apply(const TenantScope& scope, const AgentId& agent, const InventoryChange& change);

  /// By name, host and key.
  Result<Page<StoredItem>> list(const TenantScope& scope, inventory::Kind kind, const InventoryFilter& filter,
                                const PageRequest& page);
  /// By name and version.
  Result<Page<InventoryVersion>> versions(const TenantScope& scope, inventory::Kind kind, const InventoryFilter& filter,
                                          const PageRequest& page);
  /// Everything of one agent: what recommendations ask. Kinds that it has never sent are absent.
  Result<inventory::Snapshot> snapshot(const TenantScope& scope, const AgentId& agent);

 private:
  Result<void> write(Db& db, const AgentId& agent, const InventoryChange& change, const inventory::Delta& delta,
                     std::size_t items);

  Tenants& tenants_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
