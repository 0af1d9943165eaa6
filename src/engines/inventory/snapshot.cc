#include "engines/inventory/snapshot.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace warder::inventory {
namespace {

bool is_fit(std::string_view text) noexcept {
  return text.size() <= kMaxText && is_utf8(text) && text.find('\0') == std::string_view::npos;
}

bool comes_before(const Item& a, const Item& b) {
  return std::tie(a.key, a.version, a.name, a.attributes) < std::tie(b.key, b.version, b.name, b.attributes);
}

}  // namespace

std::vector<Item> canonical(std::vector<Item> items) {
  std::ranges::sort(items, comes_before);
  // Of several versions of one package each gets its version into its key.
  for (std::size_t i = 0; i < items.size();) {
    std::size_t end = i + 1;
    while (end < items.size() && items[end].key == items[i].key) ++end;
    if (end - i > 1 && items[i].version != items[end - 1].version)
      for (std::size_t k = i; k < end; ++k) items[k].key = clean(items[k].key + '#' + items[k].version);
    i = end;
  }
  std::ranges::sort(items, comes_before);
  const auto same = std::ranges::unique(items, {}, &Item::key);
  items.erase(same.begin(), same.end());
  if (items.size() > kMaxItems) items.resize(kMaxItems);
  return items;
}

Delta diff(const std::vector<Item>& before, const std::vector<Item>& after) {
  Delta delta;
  auto old = before.begin();
  for (const Item& item : after) {
    while (old != before.end() && old->key < item.key) delta.removed.push_back((old++)->key);
    if (old == before.end() || old->key != item.key) {
      delta.set.push_back(item);
      continue;
    }
    if (*old != item) delta.set.push_back(item);
    ++old;
  }
  for (; old != before.end(); ++old) delta.removed.push_back(old->key);
  return delta;
}

std::vector<Item> apply_delta(const std::vector<Item>& before, const Delta& delta) {
  std::set<std::string_view> gone(delta.removed.begin(), delta.removed.end());
  for (const Item& item : delta.set) gone.insert(item.key);
  std::vector<Item> after;
  for (const Item& item : before)
    if (!gone.contains(item.key)) after.push_back(item);
  after.insert(after.end(), delta.set.begin(), delta.set.end());
  std::ranges::sort(after, {}, &Item::key);
  return after;
}

Result<void> check(const Item& item) {
  if (item.key.empty()) return fail(ErrorCode::Invalid, "an item without a key");
  if (!is_fit(item.key) || !is_fit(item.name) || !is_fit(item.version))
    return fail(ErrorCode::Invalid, "an item's text is too long or not UTF-8");
  if (item.attributes.size() > kMaxAttributes) return fail(ErrorCode::Invalid, "an item has too many attributes");
  const std::string* last = nullptr;
  for (const auto& [key, value] : item.attributes) {
    if (!is_fit(key) || !is_fit(value) || key.empty() || value.empty())
      return fail(ErrorCode::Invalid, "an attribute is empty, too long or not UTF-8");
    if (last != nullptr && *last >= key) return fail(ErrorCode::Invalid, "attributes are not in order");
    last = &key;
  }
  return {};
}

}  // namespace warder::inventory
