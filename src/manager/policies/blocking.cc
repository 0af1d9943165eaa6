#include "manager/policies/blocking.h"

#include <algorithm>
#include <set>

#include "base/json.h"

namespace warder::manager {
namespace {

std::set<std::string> texts(const json::object& section, std::string_view key, bool only_prevent) {
  std::set<std::string> all;
  const json::value* const list = find(section, key);
  if (list == nullptr || !list->is_array()) return all;
  for (const json::value& item : list->get_array()) {
    if (!item.is_string()) continue;
    const std::string text(item.get_string());
    if (!only_prevent || text.ends_with(" prevent")) all.insert(text);
  }
  return all;
}

/// Rules that are kept from blocking one by one.
std::set<std::string> restrained(const json::object& section) {
  auto all = texts(section, "rule_modes", false);
  std::erase_if(all, [](const std::string& text) { return text.ends_with(" prevent"); });
  return all;
}

std::int64_t shadow_hours(const json::object& section) {
  const json::value* const hours = find(section, "shadow_hours");
  return hours != nullptr && hours->is_int64() ? hours->get_int64() : 24;
}

bool prevents(const json::object& section) {
  const json::value* const mode = find(section, "mode");
  return mode != nullptr && mode->is_string() && mode->get_string() == "prevent";
}

}  // namespace

bool blocks_more(const json::object& before, const json::object& after) {
  if (!prevents(after)) return false;
  if (!prevents(before)) return true;
  const auto adds = [&](std::string_view key, bool only_prevent) {
    const auto known = texts(before, key, only_prevent);
    for (const std::string& text : texts(after, key, only_prevent)) {
      if (!known.contains(text)) return true;
    }
    return false;
  };
  const auto kept = restrained(after);
  const auto was = restrained(before);
  const bool lets_go = !std::ranges::includes(kept, was) || shadow_hours(after) < shadow_hours(before);
  // No names: all packs.
  const bool uses_more = !texts(before, "rule_packs", false).empty() &&
                         (adds("rule_packs", false) || texts(after, "rule_packs", false).empty());
  return lets_go || uses_more || adds("pack_stages", true) || adds("rule_modes", true) ||
         adds("block_classes", false) || adds("rules", false);
}

}  // namespace warder::manager
