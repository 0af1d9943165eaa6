// The inventory lists that one agent sends, put together from their parts. For this folder only.
#pragma once

#include <optional>
#include <string>

#include "manager/fleet/inventory_store.h"
#include "protocol/agent.pb.h"

namespace warder::manager {

/// Single-threaded.
class InventoryIntake {
 public:
  /// A whole change once its last part is here. Invalid when the parts do not fit together or hold what no inventory
  /// has; what was there of the list is forgotten.
  Result<std::optional<InventoryChange>> take(const protocol::InventoryUpdate& update);

 private:
  Result<void> add(const protocol::InventoryUpdate& update);

  std::optional<InventoryChange> change_;
  std::uint32_t next_part_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace warder::manager
