#include "manager/fleet/inventory_rows.h"

#include <algorithm>

#include "base/json.h"
#include "manager/policies/sql.h"

namespace warder::manager {

std::string attributes_text(const inventory::Attributes& attributes) {
  json::object object;
  for (const auto& [key, value] : attributes) object[key] = value;
  return canonical_json(object);
}

Result<inventory::Attributes> read_attributes(std::string_view text) {
  const json::value parsed = WD_TRY(parse_json(text));
  if (!parsed.is_object()) return fail(ErrorCode::Corrupt, "inventory_items.attributes: not an object");
  inventory::Attributes attributes;
  for (const auto& member : parsed.get_object()) {
    if (!member.value().is_string()) return fail(ErrorCode::Corrupt, "inventory_items.attributes: not text");
    attributes.emplace_back(member.key(), member.value().get_string());
  }
  std::ranges::sort(attributes);
  return attributes;
}

Result<std::vector<inventory::Item>> read_items(Db& db, const AgentId& agent, inventory::Kind kind) {
  auto items = WD_TRY(
      select(db,
             "SELECT item_key, name, version, attributes FROM inventory_items "
             "WHERE agent_id = ?1 AND kind = ?2",
             {agent.text(), number(kind)}, [](const Row& row) -> Result<inventory::Item> {
               return inventory::Item{row.text(0), row.text(1), row.text(2), WD_TRY(read_attributes(row.text(3)))};
             }));
  std::ranges::sort(items, {}, &inventory::Item::key);  // by bytes, whatever the database's collation
  return items;
}

}  // namespace warder::manager
