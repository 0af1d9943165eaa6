#include "host/linux/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "host/linux/extras.h"

namespace warder::host {
namespace {

constexpr std::size_t kDirectoryBuffer = 64 << 10;  // about two thousand names
constexpr std::size_t kReadBuffer = 64 << 10;

FileKind kind_of(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileKind::Regular;
    case S_IFDIR:
      return FileKind::Directory;
    case S_IFLNK:
      return FileKind::Symlink;
    case S_IFIFO:
      return FileKind::Fifo;
    case S_IFSOCK:
      return FileKind::Socket;
    case S_IFCHR:
      return FileKind::CharDevice;
    case S_IFBLK:
      return FileKind::BlockDevice;
    default:
      return FileKind::Unknown;
  }
}

std::int64_t to_ns(const statx_timestamp& time) noexcept {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// O_NOATIME is for the owner and CAP_FOWNER; without the right, reading moves the access time.
int open_quietly(int directory, const char* name, int flags) {
  const int fd = ::openat(directory, name, flags | O_NOATIME | O_CLOEXEC);
  if (fd >= 0 || errno != EPERM) return fd;
  return ::openat(directory, name, flags | O_CLOEXEC);
}

bool is_dot(const char* name) noexcept {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

// linux/dirent.h: struct linux_dirent64, which libc does not declare.
struct RawEntry {
  std::uint64_t inode;
  const char* name;
};

std::vector<RawEntry> raw_entries(const char* buffer, std::size_t size) {
  constexpr std::size_t kLengthOffset = 16;
  constexpr std::size_t kNameOffset = 19;
  std::vector<RawEntry> entries;
  for (std::size_t at = 0; at + kNameOffset < size;) {
    std::uint64_t inode = 0;
    std::uint16_t length = 0;
    std::memcpy(&inode, buffer + at, sizeof inode);
    std::memcpy(&length, buffer + at + kLengthOffset, sizeof length);
    if (!is_dot(buffer + at + kNameOffset)) entries.push_back({inode, buffer + at + kNameOffset});
    at += length;
  }
  return entries;
}

// Opens what `anchor` (an O_PATH descriptor) stands for: the very inode that was looked at before.
int reopen_for_reading(int anchor) {
  const std::string link = fmt::format("/proc/self/fd/{}", anchor);
  return open_quietly(AT_FDCWD, link.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

Result<std::uint64_t> read_pieces(int fd, std::uint64_t limit, const std::function<void(ByteView)>& piece) {
  std::array<std::uint8_t, kReadBuffer> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read(2)
  std::uint64_t total = 0;
  while (total < limit) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), limit - total));
    const ssize_t got = ::read(fd, buffer.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", errno);
    if (got == 0) break;
    piece(ByteView(buffer.data(), static_cast<std::size_t>(got)));
    total += static_cast<std::uint64_t>(got);
  }
  return total;
}

}  // namespace

FileStat to_file_stat(const struct statx& raw) noexcept {
  FileStat stat;
  stat.kind = kind_of(raw.stx_mode);
  stat.mode = raw.stx_mode & 07777U;
  stat.uid = raw.stx_uid;
  stat.gid = raw.stx_gid;
  stat.links = raw.stx_nlink;
  stat.bytes = raw.stx_size;
  stat.device = (std::uint64_t{raw.stx_dev_major} << 32) | raw.stx_dev_minor;
  stat.inode = raw.stx_ino;
  stat.modified_ns = to_ns(raw.stx_mtime);
  stat.changed_ns = to_ns(raw.stx_ctime);
  if ((raw.stx_mask & STATX_BTIME) != 0) stat.born_ns = to_ns(raw.stx_btime);
  if ((raw.stx_mask & STATX_MNT_ID) != 0) stat.mount = raw.stx_mnt_id;
  stat.accessed_ns = to_ns(raw.stx_atime);
  stat.blocks = raw.stx_blocks;
  constexpr std::uint64_t kFlags = STATX_ATTR_COMPRESSED | STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND |
                                   STATX_ATTR_NODUMP | STATX_ATTR_ENCRYPTED | STATX_ATTR_VERITY;
  stat.flags = static_cast<std::uint32_t>(raw.stx_attributes & kFlags);
  return stat;
}

Result<FileStat> stat_at(int directory, const std::string& name) {
  struct statx raw {};
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name.empty() ? AT_EMPTY_PATH : 0);
  if (::statx(directory, name.c_str(), flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &raw) != 0)
    return fail_errno("statx", errno);
  return to_file_stat(raw);
}

Result<std::unique_ptr<Directory>> open_directory_at(int parent, const std::string& name) {
  UniqueFd fd(open_quietly(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.is_open()) {
    if (errno == ENOTDIR || errno == ELOOP) return fail(ErrorCode::Conflict, "not a directory");
    return fail_errno("open", errno);
  }
  return to_directory(std::move(fd));
}

Result<std::unique_ptr<Directory>> to_directory(UniqueFd fd) {
  return std::unique_ptr<Directory>(std::make_unique<LinuxDirectory>(std::move(fd)));
}

const FileStat& LinuxDirectory::stat() const noexcept {
  if (!stat_) stat_ = stat_at(fd_.get(), "").value_or(FileStat{});
  return *stat_;
}

bool LinuxDirectory::moves_times_on_mapped_stores() const {
  if (!moves_times_) {
    struct statfs raw {};
    // What overlayfs shows may come from a file system in memory.
    constexpr std::array<long, 4> in_memory{TMPFS_MAGIC, RAMFS_MAGIC, HUGETLBFS_MAGIC, OVERLAYFS_SUPER_MAGIC};
    moves_times_ = ::fstatfs(fd_.get(), &raw) == 0 && std::ranges::find(in_memory, raw.f_type) == in_memory.end();
  }
  return *moves_times_;
}

Result<std::vector<FileEntry>> LinuxDirectory::next_entries() {
  // Of the thread: to make one for each directory costs more than to read a small one.
  thread_local const auto buffer = std::make_unique_for_overwrite<char[]>(kDirectoryBuffer);
  std::vector<FileEntry> entries;
  // An answer of which every name has vanished is not the end.
  while (entries.empty()) {
    const long size = ::syscall(SYS_getdents64, fd_.get(), buffer.get(), kDirectoryBuffer);
    if (size == 0 || (size < 0 && errno == ENOENT)) return entries;  // ENOENT: removed while we were in it
    if (size < 0) return fail_errno("getdents64", errno);
    auto raw = raw_entries(buffer.get(), static_cast<std::size_t>(size));
    std::sort(raw.begin(), raw.end(), [](const RawEntry& a, const RawEntry& b) { return a.inode < b.inode; });
    entries.reserve(raw.size());
    for (const RawEntry& each : raw) {
      std::string name = each.name;
      if (auto stat = stat_at(fd_.get(), name)) entries.push_back({std::move(name), *stat});
    }
  }
  return entries;
}

Result<std::optional<FileStat>> LinuxDirectory::find(const std::string& name) {
  auto stat = stat_at(fd_.get(), name);
  if (stat) return std::optional<FileStat>(*stat);
  if (stat.error().code == ErrorCode::NotFound) return std::optional<FileStat>();
  return fail(std::move(stat).error());
}

Result<std::string> LinuxDirectory::link_target(const std::string& name) {
  std::string target(4096, '\0');  // PATH_MAX
  const ssize_t size = ::readlinkat(fd_.get(), name.c_str(), target.data(), target.size());
  if (size < 0 && errno == EINVAL) return fail(ErrorCode::Conflict, "not a symbolic link");
  if (size < 0) return fail_errno("readlink", errno);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<UniqueFd> LinuxDirectory::open_file(const std::string& name, FileStat& stat) {
  const auto is_file = [&] { return stat.kind == FileKind::Regular; };
  // Where only root can swap an entry, what was a file a moment ago is opened by its name: half the system calls.
  constexpr std::uint32_t kOthersWrite = 022;
  const FileStat& own = this->stat();
  if (own.kind == FileKind::Directory && own.uid == 0 && (own.mode & kOthersWrite) == 0) {
    stat = WD_TRY(stat_at(fd_.get(), name));
    if (!is_file()) return fail(ErrorCode::Conflict, "not a regular file");
    UniqueFd file(open_quietly(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open() && errno == ELOOP) return fail(ErrorCode::Conflict, "not a regular file");
    if (!file.is_open()) return fail_errno("open", errno);
    return file;
  }
  // O_PATH opens nothing: a device stays untouched, a FIFO does not block. Only what is known to be a file is opened.
  const UniqueFd anchor(::openat(fd_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!anchor.is_open()) return fail_errno("open", errno);
  stat = WD_TRY(stat_at(anchor.get(), ""));
  if (!is_file()) return fail(ErrorCode::Conflict, "not a regular file");
  UniqueFd file(reopen_for_reading(anchor.get()));
  if (!file.is_open()) return fail_errno("open", errno);
  return file;
}

Result<FileContent> LinuxDirectory::read(const std::string& name, std::uint64_t max_bytes,
                                         const std::function<void(ByteView)>& piece) {
  FileContent content;
  const UniqueFd file = WD_TRY(open_file(name, content.before));
  content.bytes = WD_TRY(read_pieces(file.get(), std::min(max_bytes, content.before.bytes), piece));
  if (wants_extras_) content.extras = read_extras(file.get());
  content.after = WD_TRY(stat_at(file.get(), ""));
  if (content.after.kind != FileKind::Regular) return fail(ErrorCode::Conflict, "not a regular file");
  content.is_whole = content.bytes >= content.before.bytes;
  return content;
}

Result<FileExtras> LinuxDirectory::extras(const std::string& name) {
  const UniqueFd anchor(::openat(fd_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!anchor.is_open()) return fail_errno("open", errno);
  if (WD_TRY(stat_at(anchor.get(), "")).kind == FileKind::Symlink) return FileExtras{};
  return read_extras_of_path(fmt::format("/proc/self/fd/{}", anchor.get()));
}

Result<std::unique_ptr<Directory>> LinuxDirectory::open(const std::string& name) {
  return open_directory_at(fd_.get(), name);
}

}  // namespace warder::host
