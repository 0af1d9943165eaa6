// Lists and counts over the whole fleet.
#include "base/text.h"
#include "manager/fleet/inventory_rows.h"
#include "manager/fleet/visibility.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

/// Between the parts of a cursor; no item's text holds it.
constexpr char kCursorSeparator = '\n';

std::vector<std::string> cursor_parts(const std::string& cursor, std::size_t count) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(cursor, kCursorSeparator)) parts.emplace_back(part);
  parts.resize(count);
  return parts;
}

std::string like_pattern(std::string_view text) {
  if (text.empty()) return {};
  std::string pattern = "%";
  for (const char c : to_lower_ascii(text)) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

// ?1 kind, ?2 agent, ?3 name, ?4 version, ?5 pattern; empty: any.
constexpr std::string_view kMatches =
    "i.kind = ?1 AND (?2 = '' OR i.agent_id = ?2) AND (?3 = '' OR i.name = ?3) AND (?4 = '' OR i.version = ?4) "
    "AND (?5 = '' OR LOWER(i.name) LIKE ?5 ESCAPE '\\' OR LOWER(i.attributes) LIKE ?5 ESCAPE '\\')";

std::vector<DbValue> match_values(inventory::Kind kind, const InventoryFilter& filter) {
  return {number(kind), filter.agent ? filter.agent->text() : std::string{}, filter.name, filter.version,
          like_pattern(filter.text)};
}

Result<StoredItem> read_item(const Row& row) {
  StoredItem item;
  item.agent = WD_TRY(parse_id<AgentId>(row.text(0)));
  item.hostname = row.text(1);
  item.item = {row.text(2), row.text(3), row.text(4), WD_TRY(read_attributes(row.text(5)))};
  item.first_seen = from_micros(row.integer(6));
  item.changed = from_micros(row.integer(7));
  return item;
}

Result<InventoryVersion> read_version(const Row& row) {
  return InventoryVersion{row.text(0), row.text(1), row.integer(2)};
}

}  // namespace

Result<Page<StoredItem>> InventoryStore::list(const TenantScope& scope, inventory::Kind kind,
                                              const InventoryFilter& filter, const PageRequest& page) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto after = cursor_parts(WD_TRY(read_cursor(page.cursor)), 3);
  auto values = match_values(kind, filter);
  values.insert(values.end(), {after[0], after[1], after[2], static_cast<std::int64_t>(page.limit) + 1});
  const VisibleAgents visible = WD_TRY(VisibleAgents::of(*db, scope));
  if (!visible.are_all()) values.emplace_back(visible.value());
  const std::string sql =
      "SELECT i.agent_id, a.hostname, i.item_key, i.name, i.version, i.attributes, i.first_seen, i.changed "
      "FROM inventory_items i JOIN agents a ON a.id = i.agent_id WHERE " +
      std::string(kMatches) +
      " AND (i.name > ?6 OR (i.name = ?6 AND (i.agent_id > ?7 OR (i.agent_id = ?7 AND i.item_key > ?8))))" +
      visible.condition("i.agent_id", 10, db->dialect()) + " ORDER BY i.name, i.agent_id, i.item_key LIMIT ?9";
  Page<StoredItem> result;
  result.items = WD_TRY(select(*db, sql, values, read_item));
  finish_page(result, page.limit, [](const StoredItem& item) {
    return item.item.name + kCursorSeparator + item.agent.text() + kCursorSeparator + item.item.key;
  });
  return result;
}

Result<Page<InventoryVersion>> InventoryStore::versions(const TenantScope& scope, inventory::Kind kind,
                                                        const InventoryFilter& filter, const PageRequest& page) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto after = cursor_parts(WD_TRY(read_cursor(page.cursor)), 2);
  auto values = match_values(kind, filter);
  values.insert(values.end(), {after[0], after[1], static_cast<std::int64_t>(page.limit) + 1});
  const VisibleAgents visible = WD_TRY(VisibleAgents::of(*db, scope));
  if (!visible.are_all()) values.emplace_back(visible.value());
  const std::string sql = "SELECT i.name, i.version, COUNT(DISTINCT i.agent_id) FROM inventory_items i WHERE " +
                          std::string(kMatches) + " AND (i.name > ?6 OR (i.name = ?6 AND i.version > ?7))" +
                          visible.condition("i.agent_id", 9, db->dialect()) +
                          " GROUP BY i.name, i.version ORDER BY i.name, i.version LIMIT ?8";
  Page<InventoryVersion> result;
  result.items = WD_TRY(select(*db, sql, values, read_version));
  finish_page(result, page.limit,
              [](const InventoryVersion& version) { return version.name + kCursorSeparator + version.version; });
  return result;
}

}  // namespace warder::manager
