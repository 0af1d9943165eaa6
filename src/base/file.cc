#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace warder {
namespace {

Result<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("write", errno);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> write_and_sync(int fd, std::string_view content, unsigned mode) {
  if (fchmod(fd, mode) != 0) return fail_errno("fchmod", errno);
  WD_TRY(write_all(fd, content));
  if (fsync(fd) != 0) return fail_errno("fsync", errno);
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd{open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.is_open() || fsync(fd.get()) != 0) return fail_errno("fsync " + directory.string(), errno);
  return {};
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

UniqueFd::~UniqueFd() {
  reset();
}

int UniqueFd::release() noexcept {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) close(fd_);  // Linux frees the descriptor even when close reports EINTR
  fd_ = -1;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.is_open()) return fail_errno(path.string(), errno);
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t count = read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(path.string(), errno);
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > max_bytes) {
      return fail(ErrorCode::TooLarge, path.string() + ": has more than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  UniqueFd fd{mkostemp(temporary.data(), O_CLOEXEC)};
  if (!fd.is_open()) return fail_errno(path.string(), errno);
  Result<void> written = write_and_sync(fd.get(), content, mode);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno("rename", errno);
  if (!written) {
    unlink(temporary.c_str());
    return std::move(written).in(path.string());
  }
  const auto directory = path.parent_path();
  return sync_directory(directory.empty() ? std::filesystem::path(".") : directory);
}

}  // namespace warder
