#include "host/linux/permission_group.h"

#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

// linux/fanotify.h; Linux 6.0. The C library's headers are older.
#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x00000200
#endif

namespace warder::host {
namespace {

constexpr std::uint64_t kOpens = FAN_OPEN_PERM;
constexpr std::uint64_t kExecutions = FAN_OPEN_EXEC_PERM;
constexpr std::uint64_t kWrites = FAN_CLOSE_WRITE;
constexpr std::size_t kBufferBytes = 64 << 10;
constexpr rlim_t kFiles = 65'536;  // each question has one; the kernel denies what it has none for

class PermissionGroup final : public FileGate {
 public:
  explicit PermissionGroup(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }

  [[nodiscard]] std::size_t waiting() const noexcept override {
    int bytes = 0;
    return ::ioctl(fd_.get(), FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
  }

  Result<void> cover(int directory, const GateCoverage& coverage) override {
    const std::uint64_t wanted = (coverage.asks_opens ? kOpens : 0) | (coverage.asks_executions ? kExecutions : 0) |
                                 (coverage.tells_writes ? kWrites : 0);
    if (wanted != 0) WD_TRY(mark(FAN_MARK_ADD | FAN_MARK_FILESYSTEM, wanted, directory));
    const std::uint64_t others = (kOpens | kExecutions | kWrites) & ~wanted;
    auto removed = others != 0 ? mark(FAN_MARK_REMOVE | FAN_MARK_FILESYSTEM, others, directory) : Result<void>();
    if (!removed && removed.error().code == ErrorCode::NotFound) return {};  // there was none
    return removed;
  }

  void read(std::vector<GateEvent>& into) override {
    alignas(fanotify_event_metadata) std::array<char, kBufferBytes> buffer{};
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (std::size_t at = 0; at + sizeof(fanotify_event_metadata) <= static_cast<std::size_t>(size);) {
      fanotify_event_metadata metadata{};
      std::memcpy(&metadata, buffer.data() + at, sizeof metadata);
      if (metadata.event_len < sizeof metadata) return;
      at += metadata.event_len;
      add(metadata, into);
    }
  }

  void answer(int file, bool is_allowed) override {
    const fanotify_response response{file, static_cast<__u32>(is_allowed ? FAN_ALLOW : FAN_DENY)};
    // Fails only when nobody waits any more.
    [[maybe_unused]] const auto written = ::write(fd_.get(), &response, sizeof response);
  }

  // The kernel itself drops an ignoring mark when the content changes through write(2) or truncate(2), and silently
  // makes none while the file is open for writing. A store through a mapping does not drop it: what is written that
  // way is told at the end (Written), and forgotten then.
  bool remember(int file) override {
    if (::fcntl(file, F_SETLEASE, F_RDLCK) != 0) return false;  // EAGAIN: somebody can write to it
    ::fcntl(file, F_SETLEASE, F_UNLCK);
    return mark(FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_EVICTABLE, kOpens, file).has_value();
  }
  void forget(int file) override {
    [[maybe_unused]] const auto removed = mark(FAN_MARK_REMOVE | FAN_MARK_IGNORED_MASK, kOpens, file);
  }
  void forget_all() override { ::fanotify_mark(fd_.get(), FAN_MARK_FLUSH, 0, AT_FDCWD, "/"); }

  // An answer names the question by the number that its file had in the reader, which is below the reader's limit.
  void settle(bool is_allowed) override {
    rlimit files{kFiles, kFiles};
    ::getrlimit(RLIMIT_NOFILE, &files);
    for (rlim_t file = 0; file < files.rlim_cur; ++file) answer(static_cast<int>(file), is_allowed);
  }

 private:
  Result<void> mark(unsigned flags, std::uint64_t mask, int file) const {
    if (::fanotify_mark(fd_.get(), flags, mask, file, nullptr) == 0) return {};
    if (errno == ENOENT) return fail(ErrorCode::NotFound, "fanotify_mark: there is none");
    return fail_errno("fanotify_mark", errno);
  }

  static void add(const fanotify_event_metadata& metadata, std::vector<GateEvent>& into) {
    GateEvent event;
    event.file = UniqueFd(metadata.fd >= 0 ? metadata.fd : -1);
    event.pid = metadata.pid;
    if ((metadata.mask & FAN_Q_OVERFLOW) != 0) {
      event.kind = GateEventKind::Lost;
    } else if (!event.file.is_open()) {
      return;
    } else if ((metadata.mask & kExecutions) != 0) {
      event.kind = GateEventKind::Execute;
    } else if ((metadata.mask & kOpens) != 0) {
      event.kind = GateEventKind::Open;
    } else {
      event.kind = GateEventKind::Written;
    }
    into.push_back(std::move(event));
  }

  UniqueFd fd_;
};

}  // namespace

Result<std::unique_ptr<FileGate>> make_permission_group() {
  rlimit files{kFiles, kFiles};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) {  // then as many as there may be
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("getrlimit(nofile)", errno);
    files.rlim_cur = std::min(files.rlim_max, kFiles);
    if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return fail_errno("setrlimit(nofile)", errno);
  }
  // Unlimited: a full queue would let files through. Whoever holds the group watches that it is read.
  constexpr unsigned kFlags =
      FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS;
  UniqueFd fd(::fanotify_init(kFlags, O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NOATIME));
  if (!fd.is_open()) {
    if (errno == EINVAL || errno == ENOSYS)
      return fail(ErrorCode::Unavailable, "fanotify_init: this kernel asks nobody before it opens files");
    return fail_errno("fanotify_init", errno);
  }
  return std::make_unique<PermissionGroup>(std::move(fd));
}

}  // namespace warder::host
