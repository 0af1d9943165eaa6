#include "agent/inventory_sender.h"

#include "base/bytes.h"

namespace warder::agent {
namespace {

using inventory::Kind;

constexpr std::size_t kPartBytes = 192 << 10;
constexpr std::chrono::seconds kAckPatience{60};
constexpr std::chrono::minutes kRefusedPause{10};

std::string text_of(const crypto::Digest& digest) {
  return std::string(as_text(digest));
}

std::size_t size_of(const inventory::Item& item) {
  std::size_t bytes = item.key.size() + item.name.size() + item.version.size() + 16;
  for (const auto& [key, value] : item.attributes) bytes += key.size() + value.size() + 8;
  return bytes;
}

void to_wire(const inventory::Item& item, protocol::InventoryItem& out) {
  out.set_key(item.key);
  out.set_name(item.name);
  out.set_version(item.version);
  for (const auto& [key, value] : item.attributes) {
    protocol::InventoryAttribute& attribute = *out.add_attributes();
    attribute.set_key(key);
    attribute.set_value(value);
  }
}

}  // namespace

Result<std::vector<protocol::Envelope>> make_updates(Kind kind, const inventory::Delta& delta, std::string_view base,
                                                     const crypto::Digest& digest, std::int64_t collected_us) {
  std::vector<protocol::Envelope> parts;
  std::size_t bytes = kPartBytes;
  const auto part = [&](std::size_t more) -> protocol::InventoryUpdate& {
    if (parts.empty() || bytes + more > kPartBytes) {
      protocol::InventoryUpdate& update = *parts.emplace_back().mutable_inventory_update();
      update.set_kind(static_cast<std::uint32_t>(kind));
      update.set_part(static_cast<std::uint32_t>(parts.size() - 1));
      update.set_base(std::string(base));
      bytes = 0;
    }
    bytes += more;
    return *parts.back().mutable_inventory_update();
  };
  part(0);  // an empty list is told, too
  for (const inventory::Item& item : delta.set) to_wire(item, *part(size_of(item)).add_set());
  for (const std::string& key : delta.removed) part(key.size() + 4).add_removed(key);
  if (parts.size() > kMaxParts)
    return fail(ErrorCode::TooLarge, std::string(inventory::name(kind)) + ": the list is too large to be sent");
  protocol::InventoryUpdate& last = *parts.back().mutable_inventory_update();
  last.set_last(true);
  last.set_digest(text_of(digest));
  last.set_collected_us(collected_us);
  return parts;
}

void InventorySender::set(inventory::Snapshot snapshot, std::int64_t collected_us) {
  for (auto& [kind, items] : snapshot) {
    const crypto::Digest digest = inventory::digest(items);
    List& list = lists_[kind];
    list.collected_us = collected_us;
    if (list.items && list.digest == digest) continue;
    list.items = std::make_shared<const std::vector<inventory::Item>>(std::move(items));
    list.digest = digest;
    not_before_.erase(kind);
  }
}

void InventorySender::on_connected(const protocol::HelloAck& ack) {
  known_.emplace();
  in_flight_.reset();
  not_before_.clear();
  for (const protocol::InventoryState& state : ack.inventory())
    if (const auto kind = inventory::kind_of(state.kind())) (*known_)[*kind] = state.digest();
}

void InventorySender::on_ack(const protocol::InventoryAck& ack, Time now) {
  const auto kind = inventory::kind_of(ack.kind());
  if (!kind || !known_) return;
  (*known_)[*kind] = ack.digest();
  const bool is_answer = in_flight_ && in_flight_->kind == *kind;
  if (!is_answer) return;
  if (ack.digest() == text_of(in_flight_->list.digest)) acknowledged_[*kind] = std::move(in_flight_->list);
  if (!ack.refused().empty()) not_before_[*kind] = now + kRefusedPause;
  in_flight_.reset();
}

Result<void> InventorySender::step(Time now) {
  if (!known_ || (in_flight_ && now < in_flight_->until)) return {};
  in_flight_.reset();
  for (const auto& [kind, list] : lists_) {
    const auto pause = not_before_.find(kind);
    if (pause != not_before_.end() && now < pause->second) continue;
    const auto known = known_->find(kind);
    if (known != known_->end() && known->second == text_of(list.digest)) {
      acknowledged_[kind] = list;
      continue;
    }
    return send_list(kind, list, now);
  }
  return {};
}

Result<void> InventorySender::send_list(Kind kind, const List& list, Time now) {
  const auto base = acknowledged_.find(kind);
  const auto known = known_->find(kind);
  const bool has_base =
      base != acknowledged_.end() && known != known_->end() && known->second == text_of(base->second.digest);
  const inventory::Delta delta =
      has_base ? inventory::diff(*base->second.items, *list.items) : inventory::Delta{*list.items, {}};
  auto parts =
      make_updates(kind, delta, has_base ? std::string_view(known->second) : "", list.digest, list.collected_us);
  is_overfull_ = !parts && parts.error().code == ErrorCode::TooLarge;
  if (!parts) {
    not_before_[kind] = now + kRefusedPause;
    return {};
  }
  for (const protocol::Envelope& part : *parts) WD_TRY(send_(part));
  in_flight_ = InFlight{kind, list, now + kAckPatience};
  lists_sent_ += 1;
  return {};
}

bool InventorySender::is_current() const {
  if (!known_ || in_flight_) return false;
  for (const auto& [kind, list] : lists_) {
    const auto known = known_->find(kind);
    if (known == known_->end() || known->second != text_of(list.digest)) return false;
  }
  return true;
}

std::size_t InventorySender::items() const {
  std::size_t count = 0;
  for (const auto& [kind, list] : lists_) count += list.items->size();
  return count;
}

const std::vector<inventory::Item>* InventorySender::list(Kind kind) const {
  const auto it = lists_.find(kind);
  return it == lists_.end() ? nullptr : it->second.items.get();
}

}  // namespace warder::agent
