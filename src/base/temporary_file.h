// A file of our own for as long as it is looked at.
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "base/result.h"

namespace warder {

/// Named as the original, since the name decides how it is read, in a folder that only this user may enter. The file
/// itself is for the caller to write. Both are removed at the end.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(const std::string& name) {
    std::error_code error;
    std::string folder = (std::filesystem::temp_directory_path(error) / "warder-XXXXXX").string();
    if (error || ::mkdtemp(folder.data()) == nullptr) return fail_errno("a temporary directory", errno);
    return TemporaryFile(folder, name);
  }
  TemporaryFile(TemporaryFile&& other) noexcept
      : folder_(std::exchange(other.folder_, {})), name_(std::move(other.name_)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    std::error_code error;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / name_; }

 private:
  TemporaryFile(std::filesystem::path folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}
  std::filesystem::path folder_;
  std::string name_;
};

}  // namespace warder
