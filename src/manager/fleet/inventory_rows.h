// Inventory items as rows. For this folder only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/fleet/inventory_store.h"

namespace warder::manager {

std::string attributes_text(const inventory::Attributes& attributes);
/// Corrupt when the column does not hold what attributes_text makes.
Result<inventory::Attributes> read_attributes(std::string_view text);

/// The rows of one list, sorted by key.
Result<std::vector<inventory::Item>> read_items(Db& db, const AgentId& agent, inventory::Kind kind);

inline std::int64_t number(inventory::Kind kind) {
  return static_cast<std::int64_t>(kind);
}

}  // namespace warder::manager
