#include "manager/gateway/inventory_intake.h"

#include "base/bytes.h"
#include "engines/inventory/snapshot.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxBytes = 16 << 20;  // of one list, on the wire
constexpr std::size_t kDigestBytes = 32;

inventory::Item from_wire(const protocol::InventoryItem& wire) {
  inventory::Item item{wire.key(), wire.name(), wire.version(), {}};
  for (const protocol::InventoryAttribute& attribute : wire.attributes())
    item.attributes.emplace_back(attribute.key(), attribute.value());
  return item;
}

}  // namespace

Result<void> InventoryIntake::add(const protocol::InventoryUpdate& update) {
  bytes_ += update.ByteSizeLong();
  if (bytes_ > kMaxBytes) return fail(ErrorCode::TooLarge, "an inventory list of more than 16 MB");
  for (const protocol::InventoryItem& wire : update.set()) {
    change_->delta.set.push_back(from_wire(wire));
    WD_TRY(inventory::check(change_->delta.set.back()));
  }
  for (const std::string& key : update.removed()) change_->delta.removed.push_back(key);
  if (change_->delta.set.size() + change_->delta.removed.size() > inventory::kMaxItems)
    return fail(ErrorCode::TooLarge, "too many inventory items");
  if (update.last()) {
    if (update.digest().size() != kDigestBytes) return fail(ErrorCode::Invalid, "an inventory list without a digest");
    change_->digest = to_hex(as_bytes(update.digest()));
    change_->collected = from_micros(update.collected_us());
  }
  return {};
}

Result<std::optional<InventoryChange>> InventoryIntake::take(const protocol::InventoryUpdate& update) {
  const auto kind = inventory::kind_of(update.kind());
  if (update.part() == 0) {
    change_.reset();
    if (!kind) return fail(ErrorCode::Invalid, "an inventory list of a kind that this manager does not know");
    change_.emplace();
    change_->kind = *kind;
    change_->base = to_hex(as_bytes(update.base()));
    next_part_ = 0;
    bytes_ = 0;
  }
  if (!change_ || update.part() != next_part_ || kind != change_->kind) {
    change_.reset();
    return fail(ErrorCode::Invalid, "a part of an inventory list is missing");
  }
  next_part_ += 1;
  if (auto added = add(update); !added) {
    change_.reset();
    return fail(std::move(added).error());
  }
  if (!update.last()) return std::optional<InventoryChange>{};
  return std::exchange(change_, std::nullopt);
}

}  // namespace warder::manager
