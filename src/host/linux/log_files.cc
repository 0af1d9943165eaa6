#include "host/log_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "host/file_tree.h"
#include "host/linux/linux_host.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxVisited = 100'000;  // directory entries looked at for one pattern

bool has_wildcard(std::string_view text) noexcept {
  return text.find_first_of("*?") != std::string_view::npos;
}

LogFileInfo info_of(const std::string& path, const struct stat& stat) {
  return {path,
          static_cast<std::uint64_t>(stat.st_dev),
          static_cast<std::uint64_t>(stat.st_ino),
          static_cast<std::uint64_t>(stat.st_size),
          static_cast<std::uint64_t>(stat.st_nlink),
          static_cast<std::int64_t>(stat.st_mtim.tv_sec) * 1'000'000'000 + stat.st_mtim.tv_nsec};
}

class LinuxLogFile final : public LogFile {
 public:
  LinuxLogFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<LogFileInfo> info() override {
    struct stat stat {};
    if (::fstat(fd_.get(), &stat) != 0) return fail_errno(path_, errno);
    return info_of(path_, stat);
  }

  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    while (true) {
      const ssize_t count = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return fail_errno(path_, errno);
    }
  }

 private:
  std::string path_;
  UniqueFd fd_;
};

class LinuxLogFiles final : public LogFiles {
 public:
  std::vector<LogFileInfo> find(const std::string& pattern, std::size_t most) override {
    std::vector<LogFileInfo> found;
    std::size_t visited = 0;
    std::vector<std::string> at{""};
    for (const std::string_view part : split(pattern, '/')) {
      if (part.empty()) continue;
      std::vector<std::string> next;
      for (const std::string& directory : at) {
        if (has_wildcard(part)) {
          add_matching(directory, part, next, visited);
        } else {
          next.push_back(directory + "/" + std::string(part));
        }
      }
      at = std::move(next);
    }
    std::ranges::sort(at);
    for (std::string& path : at) {
      struct stat stat {};
      if (found.size() >= most) break;
      if (::stat(path.c_str(), &stat) == 0 && S_ISREG(stat.st_mode)) found.push_back(info_of(path, stat));
    }
    return found;
  }

  Result<std::unique_ptr<LogFile>> open(const std::string& path) override {
    struct stat link {};
    if (::lstat(path.c_str(), &link) != 0) return fail_errno(path, errno);
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd.is_open()) return fail_errno(path, errno);
    struct stat file {};
    if (::fstat(fd.get(), &file) != 0) return fail_errno(path, errno);
    if (!S_ISREG(file.st_mode)) return fail(ErrorCode::Conflict, path + ": not a regular file");
    // Whoever may write to a log's directory could make us read any file for him.
    if (S_ISLNK(link.st_mode) && link.st_uid != 0 && link.st_uid != file.st_uid)
      return fail(ErrorCode::Forbidden, path + ": a symbolic link of another user than the file's");
    return std::make_unique<LinuxLogFile>(path, std::move(fd));
  }

 private:
  static void add_matching(const std::string& directory, std::string_view pattern, std::vector<std::string>& out,
                           std::size_t& visited) {
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.empty() ? "/" : directory.c_str()),
                                                      &::closedir);
    if (!listing) return;
    while (const dirent* entry = ::readdir(listing.get())) {
      if (++visited > kMaxVisited) return;
      const std::string_view name = entry->d_name;
      const bool is_hidden = name.starts_with('.') && !pattern.starts_with('.');
      if (is_hidden || !matches_glob(pattern, name)) continue;
      out.push_back(directory + "/" + std::string(name));
    }
  }
};

}  // namespace

std::unique_ptr<LogFiles> make_linux_log_files() {
  return std::make_unique<LinuxLogFiles>();
}

}  // namespace warder::host
