#include "host/linux/handle_paths.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

#include "base/file.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxPaths = 32'768;  // about 4 MB; beyond that all are forgotten and resolved anew

std::string key_of(const DirectoryHandle& handle) {
  std::string key(sizeof handle.file_system + sizeof handle.type, '\0');
  std::memcpy(key.data(), &handle.file_system, sizeof handle.file_system);
  std::memcpy(key.data() + sizeof handle.file_system, &handle.type, sizeof handle.type);
  return key + handle.bytes;
}

UniqueFd open_handle(int mount, const DirectoryHandle& handle) {
  struct alignas(file_handle) Raw {
    std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> bytes{};
  } raw;
  if (handle.bytes.size() > MAX_HANDLE_SZ) return {};
  const auto size = static_cast<unsigned>(handle.bytes.size());
  std::memcpy(raw.bytes.data(), &size, sizeof size);
  std::memcpy(raw.bytes.data() + sizeof size, &handle.type, sizeof handle.type);
  std::memcpy(raw.bytes.data() + sizeof(file_handle), handle.bytes.data(), handle.bytes.size());
  void* handle_bytes = raw.bytes.data();  // a struct with a flexible array member
  return UniqueFd(::open_by_handle_at(mount, static_cast<file_handle*>(handle_bytes), O_PATH | O_CLOEXEC));
}

std::optional<std::string> path_of(int fd) {
  std::string path(8192, '\0');
  const ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size() || path[0] != '/') return std::nullopt;
  path.resize(static_cast<std::size_t>(size));
  return path;
}

}  // namespace

void HandlePaths::add_mount(std::uint64_t file_system, std::string directory) {
  mounts_.emplace(file_system, std::move(directory));
  forget_paths();
}

void HandlePaths::set_interest(std::function<bool(const std::string&)> may_matter) {
  may_matter_ = std::move(may_matter);
  forget_paths();
}

const std::vector<std::string>& HandlePaths::find(const DirectoryHandle& handle) {
  if (paths_.size() >= kMaxPaths) forget_paths();
  const auto [it, is_new] = paths_.try_emplace(key_of(handle));
  if (is_new) it->second = resolve(handle);
  return it->second;
}

std::vector<std::string> HandlePaths::resolve(const DirectoryHandle& handle) const {
  std::vector<std::string> found;
  const auto [first, last] = mounts_.equal_range(handle.file_system);
  for (auto it = first; it != last; ++it) {
    const UniqueFd mount(::open(it->second.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const UniqueFd directory = open_handle(mount.get(), handle);
    if (!directory.is_open()) continue;  // ESTALE: it is gone, and what was in it with it
    auto path = path_of(directory.get());
    if (path && (!may_matter_ || may_matter_(*path))) found.push_back(std::move(*path));
  }
  return found;
}

}  // namespace warder::host
