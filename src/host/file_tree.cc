#include "host/file_tree.h"

namespace warder::host {

std::string_view name(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::Unknown:
      return "unknown";
    case FileKind::Regular:
      return "file";
    case FileKind::Directory:
      return "directory";
    case FileKind::Symlink:
      return "symlink";
    case FileKind::Fifo:
      return "fifo";
    case FileKind::Socket:
      return "socket";
    case FileKind::CharDevice:
      return "character-device";
    case FileKind::BlockDevice:
      return "block-device";
  }
  return "unknown";
}

std::string_view parent_of(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return "/";
  return path.substr(0, slash);
}

std::string_view base_of(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (path.empty() || path.back() != '/') path += '/';
  path += name;
  return path;
}

bool is_within(std::string_view path, std::string_view directory) noexcept {
  if (directory == "/") return path.starts_with('/');
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace warder::host
