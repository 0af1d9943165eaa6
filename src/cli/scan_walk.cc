#include "cli/scan_walk.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "host/linux/linux_host.h"

namespace warder::cli {
namespace {

// File systems whose files are the kernel's answers, not content that somebody stored. linux/magic.h
constexpr std::array<long, 12> kKernelFileSystems = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC,  CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,  TRACEFS_MAGIC,
    SECURITYFS_MAGIC, BPF_FS_MAGIC, DEVPTS_SUPER_MAGIC, PSTOREFS_MAGIC,      EFIVARFS_MAGIC, SELINUX_MAGIC};

bool is_kernel_file_system(const std::string& path) {
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return false;
  return std::find(kKernelFileSystems.begin(), kKernelFileSystems.end(), status.f_type) != kKernelFileSystems.end();
}

bool is_excluded(const WalkOptions& options, const std::string& path) {
  return std::any_of(options.exclude.begin(), options.exclude.end(),
                     [&](const std::string& each) { return matches_glob(each, path); });
}

class Walk {
 public:
  Walk(const WalkOptions& options, PathQueue& queue, const WalkNote& other)
      : options_(options), queue_(queue), other_(other), tree_(host::make_linux_file_tree("/")) {}

  void go(const std::string& start, std::uint64_t device) {
    folders_.push_back({start, device});
    while (!folders_.empty()) {
      const Folder folder = std::move(folders_.back());
      folders_.pop_back();
      look_into(folder);
    }
  }

 private:
  struct Folder {
    std::string path;
    std::uint64_t device;  // of the folder it stands in
  };

  void look_into(const Folder& folder) {
    auto opened = tree_->open(folder.path);
    if (!opened) return other_(folder.path, opened.error().message, true);
    const std::uint64_t device = (*opened)->stat().device;
    if (device != folder.device && is_kernel_file_system(folder.path))
      return other_(folder.path, "a file system of the kernel", false);
    for (;;) {
      const auto entries = (*opened)->next_entries();
      if (!entries) return other_(folder.path, entries.error().message, true);
      if (entries->empty()) return;
      for (const host::FileEntry& each : *entries) take(host::join(folder.path, each.name), each.stat.kind, device);
    }
  }

  void take(std::string path, host::FileKind kind, std::uint64_t device) {
    if (kind == host::FileKind::Symlink) return other_(path, "a symbolic link", false);
    if (kind != host::FileKind::Directory && kind != host::FileKind::Regular)
      return other_(path, "not a regular file", false);
    if (is_excluded(options_, path)) return other_(path, "excluded", false);
    if (kind == host::FileKind::Directory) {
      folders_.push_back({std::move(path), device});
    } else {
      queue_.push(std::move(path));
    }
  }

  const WalkOptions& options_;
  PathQueue& queue_;
  const WalkNote& other_;
  std::unique_ptr<host::FileTree> tree_;
  std::vector<Folder> folders_;
};

}  // namespace

void PathQueue::push(std::string path) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return paths_.size() < kMaxPaths; });
  paths_.push_back(std::move(path));
  changed_.notify_all();
}

void PathQueue::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  changed_.notify_all();
}

std::optional<std::string> PathQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paths_.empty() || is_closed_; });
  if (paths_.empty()) return std::nullopt;
  std::string path = std::move(paths_.front());
  paths_.pop_front();
  changed_.notify_all();
  return path;
}

void walk(const std::string& path, const WalkOptions& options, PathQueue& queue, const WalkNote& other) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr)
    return other(path, std::strerror(errno), true);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
  std::string start = real;
  ::free(real);  // NOLINT(cppcoreguidelines-no-malloc): realpath(3) allocates with malloc
  struct stat status {};
  if (::lstat(start.c_str(), &status) != 0) return other(path, std::strerror(errno), true);  // NOLINT: as above
  if (is_excluded(options, start)) return other(start, "excluded", false);
  if (!S_ISDIR(status.st_mode)) return queue.push(std::move(start));
  Walk(options, queue, other).go(start, 0);
}

}  // namespace warder::cli
