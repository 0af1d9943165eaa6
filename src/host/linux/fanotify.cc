#include "host/linux/fanotify.h"

#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace warder::host {
namespace {

constexpr std::size_t kBufferBytes = 128 << 10;
constexpr int kMaxReads = 64;  // in one drain: a flood must not keep the reader from its batch

constexpr std::uint64_t kMask =
    FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_ATTRIB | FAN_MODIFY | FAN_CLOSE_WRITE | FAN_ONDIR;

std::uint64_t fsid_of(const void* fsid) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, fsid, sizeof value);
  return value;
}

template <class T>
std::optional<T> copy_at(ByteView bytes, std::size_t offset) {
  T value{};
  if (bytes.size() < offset || bytes.size() - offset < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct NamedEntry {
  DirectoryHandle directory;
  std::string name;
};

// One information record: header 4, fsid 8, handle {bytes u32, type i32, data}, name with NUL (fanotify(7)).
std::optional<NamedEntry> parse_named_entry(ByteView record) {
  constexpr std::size_t kFsid = sizeof(fanotify_event_info_header);
  constexpr std::size_t kHandle = kFsid + 8;
  constexpr std::size_t kData = kHandle + 8;
  const auto fsid = copy_at<std::uint64_t>(record, kFsid);
  const auto size = copy_at<std::uint32_t>(record, kHandle);
  const auto type = copy_at<std::int32_t>(record, kHandle + 4);
  if (!fsid || !size || !type || record.size() < kData || record.size() - kData < *size) return std::nullopt;
  NamedEntry entry;
  entry.directory = {*fsid, *type, std::string(as_text(record.subspan(kData, *size)))};
  const auto rest = as_text(record.subspan(kData + *size));
  entry.name = rest.substr(0, rest.find('\0'));
  return entry;
}

WatchEvent make_event(const fanotify_event_metadata& metadata) {
  WatchEvent event;
  event.pid = metadata.pid;
  event.is_directory = (metadata.mask & FAN_ONDIR) != 0;
  event.is_new = (metadata.mask & (FAN_CREATE | FAN_MOVED_TO)) != 0;
  event.is_gone = (metadata.mask & (FAN_DELETE | FAN_MOVED_FROM)) != 0;
  event.is_moved = (metadata.mask & (FAN_MOVED_FROM | FAN_MOVED_TO)) != 0;
  event.was_written = (metadata.mask & FAN_MODIFY) != 0;
  event.was_closed = (metadata.mask & FAN_CLOSE_WRITE) != 0;
  return event;
}

}  // namespace

Fanotify::Fanotify(UniqueFd fd) : fd_(std::move(fd)), buffer_(kBufferBytes) {}

Result<Fanotify> Fanotify::create() {
  // A bounded queue: an unlimited one would take the host's memory while we are stopped. It overflows instead, and an
  // overflow is told and followed by a scan.
  constexpr unsigned kFlags = FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK;
  UniqueFd fd(::fanotify_init(kFlags, O_RDONLY | O_CLOEXEC | O_LARGEFILE));
  if (!fd.is_open()) return fail_errno("fanotify_init", errno);
  return Fanotify(std::move(fd));
}

Result<void> Fanotify::cover(const std::string& directory) {
  struct statfs raw {};
  if (::statfs(directory.c_str(), &raw) != 0) return fail_errno("statfs", errno);
  if (::fanotify_mark(fd_.get(), FAN_MARK_ADD | FAN_MARK_FILESYSTEM, kMask, AT_FDCWD, directory.c_str()) != 0)
    return fail_errno("fanotify_mark", errno);
  paths_.add_mount(fsid_of(&raw.f_fsid), directory);
  return {};
}

Result<std::size_t> Fanotify::drain(WatchBatch& batch) {
  std::size_t count = 0;
  for (int i = 0; i < kMaxReads; ++i) {
    const ssize_t size = ::read(fd_.get(), buffer_.data(), buffer_.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) return fail_errno("fanotify", errno);
    if (size == 0) break;
    count += parse(ByteView(buffer_).first(static_cast<std::size_t>(size)), batch);
  }
  return count;
}

std::size_t Fanotify::parse(ByteView bytes, WatchBatch& batch) {
  std::size_t count = 0;
  while (const auto metadata = copy_at<fanotify_event_metadata>(bytes, 0)) {
    if (metadata->event_len < sizeof(fanotify_event_metadata) || metadata->event_len > bytes.size()) break;
    ++count;
    if (metadata->fd >= 0) ::close(metadata->fd);
    add_event(bytes.first(metadata->event_len), batch);
    bytes = bytes.subspan(metadata->event_len);
  }
  return count;
}

void Fanotify::add_event(ByteView raw, WatchBatch& batch) {
  const auto metadata = *copy_at<fanotify_event_metadata>(raw, 0);
  if ((metadata.mask & FAN_Q_OVERFLOW) != 0) {
    has_overflowed_ = true;
    return;
  }
  const WatchEvent event = make_event(metadata);
  // Whatever was below a directory that moved has other paths now.
  if (event.is_directory && event.is_moved) paths_.forget_paths();
  for (ByteView rest = raw.subspan(metadata.metadata_len); !rest.empty();) {
    const auto header = copy_at<fanotify_event_info_header>(rest, 0);
    if (!header || header->len < sizeof *header || header->len > rest.size()) return;
    const auto entry = parse_named_entry(rest.first(header->len));
    rest = rest.subspan(header->len);
    if (!entry || header->info_type != FAN_EVENT_INFO_TYPE_DFID_NAME) continue;
    for (const std::string& directory : paths_.find(entry->directory)) {
      batch.events.push_back(event);
      batch.events.back().path = entry->name == "." ? directory : join(directory, entry->name);
    }
  }
}

}  // namespace warder::host
