#include "engines/inventory/facts_index.h"

#include <array>

#include "base/text.h"

namespace warder::inventory {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 5> kPaths{{{Kind::Socket, "executable"},
                                                                   {Kind::Service, "path"},
                                                                   {Kind::Job, "path"},
                                                                   {Kind::Package, "location"},
                                                                   {Kind::Service, "command"}}};

bool is_glob(std::string_view pattern) noexcept {
  return pattern.find_first_of("?*") != std::string_view::npos;
}

// "/usr/sbin/sshd" of "-/usr/sbin/sshd -D": systemd allows marks before a command's path.
std::string_view program_of(std::string_view command) noexcept {
  command.remove_prefix(std::min(command.find_first_not_of("-@:+!"), command.size()));
  return command.substr(0, command.find(' '));
}

}  // namespace

FactsIndex::FactsIndex(const Snapshot& snapshot) : snapshot_(snapshot) {
  for (const auto& [kind, items] : snapshot)
    for (const Item& item : items) by_name_[kind].emplace(item.name, &item);
  for (const auto& [kind, key] : kPaths) {
    const auto list = snapshot.find(kind);
    if (list == snapshot.end()) continue;
    for (const Item& item : list->second) {
      const std::string_view path = key == "command" ? program_of(attribute(item, key)) : attribute(item, key);
      if (path.starts_with('/')) paths_.emplace(path, &item);
    }
  }
}

std::vector<const Item*> FactsIndex::find(Kind kind, std::string_view pattern) const {
  std::vector<const Item*> found;
  const auto names = by_name_.find(kind);
  if (names == by_name_.end()) return found;
  if (!is_glob(pattern)) {
    const auto [first, last] = names->second.equal_range(pattern);
    for (auto it = first; it != last; ++it) found.push_back(it->second);
    return found;
  }
  for (const auto& [name, item] : names->second)
    if (matches_glob(pattern, name)) found.push_back(item);
  return found;
}

bool FactsIndex::has_path(std::string_view pattern) const {
  if (!find(Kind::Program, pattern).empty()) return true;
  if (!is_glob(pattern)) return paths_.contains(pattern);
  for (const auto& [path, item] : paths_)
    if (matches_glob(pattern, path)) return true;
  return false;
}

const Item* FactsIndex::system() const {
  const auto list = snapshot_.find(Kind::System);
  return list == snapshot_.end() || list->second.empty() ? nullptr : &list->second.front();
}

}  // namespace warder::inventory
