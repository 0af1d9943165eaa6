// Whole files: read with a limit, and write so that a crash leaves the old or the new content, never half.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder {

/// An open file descriptor, closed on destruction.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  int release() noexcept;
  void reset() noexcept;

 private:
  int fd_ = -1;
};

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes = 16 << 20);

/// Writes beside `path`, fsyncs, renames over it and fsyncs the directory. `mode` is the file's permission bits.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode = 0600);

}  // namespace warder
