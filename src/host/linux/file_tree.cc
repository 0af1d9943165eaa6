#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "base/text.h"
#include "host/linux/directory.h"
#include "host/linux/linux_host.h"

namespace warder::host {
namespace {

class LinuxFileTree final : public FileTree {
 public:
  explicit LinuxFileTree(std::string root)
      : root_(std::move(root)), top_(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  Result<std::unique_ptr<Directory>> open(const std::string& path) override;
  std::string resolve(const std::string& path) override;

 private:
  [[nodiscard]] std::string resolve_in_root(const std::string& path) const;

  std::string root_;
  UniqueFd top_;  // kept open: a walk asks for each directory by its path. Not open where there was no root yet.
};

// openat2(2): the whole path at once, and the kernel sees to it that no component leads elsewhere. -1 with errno set.
int open_below(int root, const char* path, std::uint64_t flags, std::uint64_t how) {
  struct open_how request {};
  request.flags = flags;
  request.resolve = how;
  return static_cast<int>(::syscall(SYS_openat2, root, path, &request, sizeof request));
}

Result<UniqueFd> open_root(const std::string& root) {
  UniqueFd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return fail_errno("open", errno);
  return fd;
}

// One component at a time: for a path longer than PATH_MAX, and where the kernel or a filter knows no openat2.
Result<std::unique_ptr<Directory>> open_stepwise(UniqueFd at, const std::string& path) {
  for (const std::string_view part : split(path, '/')) {
    if (part.empty()) continue;
    UniqueFd next(::openat(at.get(), std::string(part).c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open()) {
      if (errno == ENOTDIR || errno == ELOOP) return fail(ErrorCode::Conflict, "not a directory");
      return fail_errno("open", errno);
    }
    at = std::move(next);
  }
  return open_directory_at(at.get(), ".");
}

Result<std::unique_ptr<Directory>> LinuxFileTree::open(const std::string& path) {
  UniqueFd late;
  if (!top_.is_open()) late = WD_TRY(open_root(root_));
  const int top = top_.is_open() ? top_.get() : late.get();
  const char* below = path.c_str();
  while (*below == '/') ++below;
  if (*below != '\0' && path.size() < PATH_MAX) {
    constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    constexpr std::uint64_t kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    UniqueFd fd(open_below(top, below, kFlags | O_NOATIME, kResolve));
    if (!fd.is_open() && errno == EPERM) fd = UniqueFd(open_below(top, below, kFlags, kResolve));
    if (fd.is_open()) return to_directory(std::move(fd));
    if (errno == ENOTDIR || errno == ELOOP) return fail(ErrorCode::Conflict, "not a directory");
    if (errno == ENOENT || errno == EACCES) return fail_errno("open", errno);
  }
  UniqueFd root(::openat(top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return fail_errno("open", errno);
  return open_stepwise(std::move(root), path);
}

std::string LinuxFileTree::resolve(const std::string& path) {
  if (root_ != "/") return resolve_in_root(path);
  std::string head = path;
  std::string tail;
  while (true) {
    char* real = ::realpath(head.c_str(), nullptr);
    if (real != nullptr) {
      std::string resolved = real;
      std::free(real);  // NOLINT(cppcoreguidelines-no-malloc): realpath(3) allocates with malloc
      return tail.empty() ? resolved : join(resolved, tail);
    }
    if (head == "/" || head.empty()) return path;
    tail = tail.empty() ? std::string(base_of(head)) : join(base_of(head), tail);
    head = parent_of(head);
  }
}

std::string LinuxFileTree::resolve_in_root(const std::string& path) const {
  const auto root = open_root(root_);
  if (!root) return path;
  const UniqueFd fd(open_below(root->get(), path.c_str(), O_PATH | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
  if (!fd.is_open()) return path;
  const auto name_of = [](int descriptor) {
    std::string name(2 * PATH_MAX, '\0');
    const ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", descriptor).c_str(), name.data(), name.size());
    name.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return name;
  };
  const std::string prefix = name_of(root->get());
  const std::string real = name_of(fd.get());
  if (real == prefix) return "/";
  if (prefix == "/") return real;
  return real.starts_with(prefix + "/") ? real.substr(prefix.size()) : path;
}

}  // namespace

std::unique_ptr<FileTree> make_linux_file_tree(std::string root) {
  return std::make_unique<LinuxFileTree>(std::move(root));
}

}  // namespace warder::host
