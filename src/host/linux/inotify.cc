#include "host/linux/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace warder::host {
namespace {

constexpr std::uint32_t kMask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_MODIFY |
                                IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

WatchEvent make_event(const inotify_event& raw, std::string path) {
  WatchEvent event;
  event.path = std::move(path);
  event.is_directory = (raw.mask & IN_ISDIR) != 0;
  event.is_new = (raw.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  event.is_gone = (raw.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
  event.is_moved = (raw.mask & (IN_MOVED_FROM | IN_MOVED_TO)) != 0;
  event.was_written = (raw.mask & IN_MODIFY) != 0;
  event.was_closed = (raw.mask & IN_CLOSE_WRITE) != 0;
  return event;
}

}  // namespace

Result<Inotify> Inotify::create() {
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.is_open()) return fail_errno("inotify_init1", errno);
  return Inotify(std::move(fd));
}

Result<void> Inotify::cover(const std::string& directory) {
  const int watch = ::inotify_add_watch(fd_.get(), directory.c_str(), kMask);
  if (watch < 0 && errno == ENOSPC)
    return fail(ErrorCode::TooMany, directory + ": no inotify watch left: raise fs.inotify.max_user_watches");
  if (watch < 0) return fail_errno("inotify_add_watch", errno);
  directories_[watch] = directory;
  return {};
}

Result<std::size_t> Inotify::drain(WatchBatch& batch) {
  std::size_t count = 0;
  while (true) {
    const ssize_t size = ::read(fd_.get(), buffer_.data(), buffer_.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return count;
    if (size < 0) return fail_errno("inotify", errno);
    if (size == 0) return count;
    count += parse(ByteView(buffer_).first(static_cast<std::size_t>(size)), batch);
  }
}

std::size_t Inotify::parse(ByteView bytes, WatchBatch& batch) {
  std::size_t count = 0;
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event raw{};
    std::memcpy(&raw, bytes.data(), sizeof raw);
    if (bytes.size() - sizeof raw < raw.len) break;
    const auto padded = as_text(bytes.subspan(sizeof raw, raw.len));
    bytes = bytes.subspan(sizeof raw + raw.len);
    ++count;
    if ((raw.mask & IN_Q_OVERFLOW) != 0) batch.losses.emplace_back();
    const auto directory = directories_.find(raw.wd);
    if (directory == directories_.end()) continue;
    if ((raw.mask & IN_IGNORED) != 0) {
      directories_.erase(directory);
      continue;
    }
    const auto name = padded.substr(0, padded.find('\0'));
    WatchEvent event = make_event(raw, name.empty() ? directory->second : join(directory->second, name));
    if (event.is_directory && (raw.mask & IN_MOVED_FROM) != 0) forget_below(event.path);
    batch.events.push_back(std::move(event));
  }
  return count;
}

// Their paths are no longer true; where the directory is now it is covered when it is looked at there.
void Inotify::forget_below(const std::string& directory) {
  std::erase_if(directories_, [&](const auto& each) {
    const std::string& path = each.second;
    const bool is_below =
        path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
    if (is_below) ::inotify_rm_watch(fd_.get(), each.first);
    return is_below;
  });
}

}  // namespace warder::host
