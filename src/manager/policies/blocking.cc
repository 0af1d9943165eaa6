#include "manager/policies/blocking.h"

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
  return adds("pack_stages", true) || adds("rule_modes", true) || adds("block_classes", false) || adds("rules", false);
}

}  // namespace warder::manager
