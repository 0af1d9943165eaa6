#include "host/tree_read.h"

#include <algorithm>
#include <deque>

#include "base/text.h"

namespace warder::host {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel has it: linux/namei.h MAXSYMLINKS

std::deque<std::string> parts_of(std::string_view path) {
  std::deque<std::string> parts;
  for (const std::string_view part : split(path, '/'))
    if (!part.empty() && part != ".") parts.emplace_back(part);
  return parts;
}

// The path with all links resolved, or nullopt where something on the way is missing.
std::optional<std::string> follow(FileTree& tree, const std::string& path) {
  std::deque<std::string> rest = parts_of(path);
  std::string at = "/";
  int links = 0;
  while (!rest.empty()) {
    const std::string part = std::move(rest.front());
    rest.pop_front();
    if (part == "..") {
      at = parent_of(at);
      continue;
    }
    const auto directory = tree.open(at);
    if (!directory) return std::nullopt;
    const auto stat = (*directory)->find(part);
    if (!stat || !*stat) return std::nullopt;
    if ((*stat)->kind != FileKind::Symlink) {
      at = join(at, part);
      continue;
    }
    if (++links > kMaxLinks) return std::nullopt;
    const auto target = (*directory)->link_target(part);
    if (!target || target->empty()) return std::nullopt;
    auto inserted = parts_of(*target);
    if (target->front() == '/') at = "/";
    rest.insert(rest.begin(), std::make_move_iterator(inserted.begin()), std::make_move_iterator(inserted.end()));
  }
  return at;
}

std::optional<Place> look(FileTree& tree, const std::string& path) {
  auto directory = tree.open(std::string(parent_of(path)));
  if (!directory) return std::nullopt;
  std::string name(base_of(path));
  const auto stat = (*directory)->find(name);
  if (!stat || !*stat || (*stat)->kind == FileKind::Symlink) return std::nullopt;
  return Place{std::move(*directory), path, std::move(name), **stat};
}

}  // namespace

std::optional<Place> locate(FileTree& tree, const std::string& path) {
  if (auto place = look(tree, path)) return place;  // most paths have no link in them
  const auto real = follow(tree, path);
  return real ? look(tree, *real) : std::nullopt;
}

std::optional<std::string> real_directory(FileTree& tree, const std::string& path) {
  const auto real = follow(tree, path);
  if (!real || !tree.open(*real)) return std::nullopt;
  return real;
}

std::optional<std::string> read_head(Directory& directory, const std::string& name, std::uint64_t max_bytes) {
  std::string text;
  const auto read = directory.read(name, max_bytes, [&](ByteView piece) { text += as_text(piece); });
  if (!read) return std::nullopt;
  return text;
}

std::optional<std::string> read_text(Directory& directory, const std::string& name, std::uint64_t max_bytes) {
  std::string text;
  const auto read = directory.read(name, max_bytes, [&](ByteView piece) { text += as_text(piece); });
  if (!read || !read->is_whole) return std::nullopt;
  return text;
}

std::optional<std::string> read_text(FileTree& tree, const std::string& path, std::uint64_t max_bytes) {
  const auto place = locate(tree, path);
  return place ? read_text(*place->directory, place->name, max_bytes) : std::nullopt;
}

OpenList open_list(FileTree& tree, const std::string& path, std::size_t max_entries) {
  OpenList list;
  auto directory = tree.open(path);
  list.path = path;
  if (!directory) {
    const auto real = follow(tree, path);
    if (!real) return list;
    list.path = *real;
    directory = tree.open(*real);
    if (!directory) return list;
  }
  list.directory = std::move(*directory);
  while (list.entries.size() < max_entries) {
    auto entries = list.directory->next_entries();
    if (!entries || entries->empty()) break;
    std::ranges::move(*entries, std::back_inserter(list.entries));
  }
  std::ranges::sort(list.entries, {}, &FileEntry::name);
  return list;
}

}  // namespace warder::host
