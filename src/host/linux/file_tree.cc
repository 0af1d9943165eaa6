#include <fcntl.h>

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
  explicit LinuxFileTree(std::string root) : root_(std::move(root)) {}

  Result<std::unique_ptr<Directory>> open(const std::string& path) override;
  std::string resolve(const std::string& path) override;

 private:
  std::string root_;
};

// One component at a time: a path may be longer than PATH_MAX, and no component may be a link.
Result<std::unique_ptr<Directory>> LinuxFileTree::open(const std::string& path) {
  UniqueFd at(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at.is_open()) return fail_errno("open", errno);
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

std::string LinuxFileTree::resolve(const std::string& path) {
  if (root_ != "/") return path;  // an image's links do not lead into it
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

}  // namespace

std::unique_ptr<FileTree> make_linux_file_tree(std::string root) {
  return std::make_unique<LinuxFileTree>(std::move(root));
}

}  // namespace warder::host
