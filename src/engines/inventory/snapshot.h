// What a host has at one moment, and what differs between two moments.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/inventory/item.h"

namespace warder::inventory {

/// Lists by kind, each sorted by key, each key once. A kind that could not be known is absent, which is not an empty
/// list.
using Snapshot = std::map<Kind, std::vector<Item>>;

/// Sorts, and tells things of one key apart by their version; those that are still the same are one.
std::vector<Item> canonical(std::vector<Item> items);

struct Delta {
  std::vector<Item> set;             // added or changed
  std::vector<std::string> removed;  // keys
  [[nodiscard]] bool is_empty() const noexcept { return set.empty() && removed.empty(); }
  friend bool operator==(const Delta&, const Delta&) = default;
};

/// Both canonical. apply_delta(before, diff(before, after)) is `after`.
Delta diff(const std::vector<Item>& before, const std::vector<Item>& after);
std::vector<Item> apply_delta(const std::vector<Item>& before, const Delta& delta);

/// What came from a stranger, made canonical: Invalid when a text is no UTF-8 or too long, a key is empty, or there is
/// too much of anything.
Result<void> check(const Item& item);

}  // namespace warder::inventory
