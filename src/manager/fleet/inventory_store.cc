#include "manager/fleet/inventory_store.h"

#include <algorithm>

#include "base/bytes.h"
#include "manager/fleet/inventory_rows.h"
#include "manager/fleet/visibility.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

using inventory::Delta;
using inventory::Item;

Result<InventoryList> read_list(const Row& row) {
  const auto kind = inventory::kind_of(static_cast<std::uint32_t>(row.integer(0)));
  if (!kind) return fail(ErrorCode::Corrupt, "inventory_lists.kind: not a kind");
  return InventoryList{*kind, row.text(1), row.integer(2), from_micros(row.integer(3)), from_micros(row.integer(4))};
}

constexpr std::string_view kLists =
    "SELECT kind, digest, items, collected, received FROM inventory_lists WHERE agent_id = ?1 ORDER BY kind";

bool has_duplicates(std::vector<Item>& sorted) {
  return std::ranges::adjacent_find(sorted, {}, &Item::key) != sorted.end();
}

struct Applied {
  std::vector<Item> after;
  Delta delta;  // from what is stored
};

Result<Applied> work_out(std::vector<Item> before, std::string_view stored_digest, const InventoryChange& change) {
  Applied applied;
  std::vector<Item> set = change.delta.set;
  std::ranges::sort(set, {}, &Item::key);
  if (has_duplicates(set)) return fail(ErrorCode::Invalid, "an inventory item is there twice");
  if (change.base.empty()) {
    applied.after = std::move(set);
    applied.delta = inventory::diff(before, applied.after);
  } else {
    if (change.base != stored_digest) return fail(ErrorCode::Conflict, "the list has changed meanwhile");
    applied.delta = {std::move(set), change.delta.removed};
    applied.after = inventory::apply_delta(before, applied.delta);
  }
  if (applied.after.size() > inventory::kMaxItems) return fail(ErrorCode::TooLarge, "too many inventory items");
  if (to_hex(inventory::digest(applied.after)) != change.digest)
    return fail(ErrorCode::Conflict, "the list does not have the digest that the agent says");
  return applied;
}

}  // namespace

Result<std::vector<InventoryList>> InventoryStore::lists(const TenantScope& scope, const AgentId& agent) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(check_visible(*db, scope, agent));
  return select(*db, kLists, {agent.text()}, read_list);
}

Result<void> InventoryStore::write(Db& db, const AgentId& agent, const InventoryChange& change, const Delta& delta,
                                   std::size_t items) {
  const std::int64_t now = to_micros(clock_.now());
  for (const std::string& key : delta.removed)
    WD_TRY(db.execute("DELETE FROM inventory_items WHERE agent_id = ?1 AND kind = ?2 AND item_key = ?3",
                      {agent.text(), number(change.kind), key}));
  for (const Item& item : delta.set) {
    WD_TRY(db.execute(
        "INSERT INTO inventory_items (agent_id, kind, item_key, name, version, attributes, first_seen, changed) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (agent_id, kind, item_key) DO UPDATE SET "
        "name = ?4, version = ?5, attributes = ?6, changed = ?7",
        {agent.text(), number(change.kind), item.key, item.name, item.version, attributes_text(item.attributes), now}));
  }
  WD_TRY(
      db.execute("INSERT INTO inventory_lists (agent_id, kind, digest, items, collected, received) VALUES (?1, ?2, ?3, "
                 "?4, ?5, ?6) "
                 "ON CONFLICT (agent_id, kind) DO UPDATE SET digest = ?3, items = ?4, collected = ?5, received = ?6",
                 {agent.text(), number(change.kind), change.digest, static_cast<std::int64_t>(items),
                  to_micros(change.collected), now}));
  return {};
}

Result<void> InventoryStore::apply(const TenantScope& scope, const AgentId& agent, const InventoryChange& change) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  const auto read_one = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  if (!WD_TRY(select_one(*db, "SELECT 1 FROM agents WHERE id = ?1", {agent.text()}, read_one)))
    return fail(ErrorCode::NotFound, "agent " + agent.text() + " does not exist");
  const auto digest = WD_TRY(select_one(*db, "SELECT digest FROM inventory_lists WHERE agent_id = ?1 AND kind = ?2",
                                        {agent.text(), number(change.kind)},
                                        [](const Row& row) -> Result<std::string> { return row.text(0); }));
  const Applied applied = WD_TRY(work_out(WD_TRY(read_items(*db, agent, change.kind)), digest.value_or(""), change));
  WD_TRY(write(*db, agent, change, applied.delta, applied.after.size()));
  return tx.commit();
}

Result<inventory::Snapshot> InventoryStore::snapshot(const TenantScope& scope, const AgentId& agent) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(check_visible(*db, scope, agent));
  inventory::Snapshot snapshot;
  for (const InventoryList& list : WD_TRY(select(*db, kLists, {agent.text()}, read_list)))
    snapshot.emplace(list.kind, WD_TRY(read_items(*db, agent, list.kind)));
  return snapshot;
}

}  // namespace warder::manager
