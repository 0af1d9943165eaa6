// Port: log files to be followed. Unlike FileTree it follows symbolic links, because logs are often reached through
// them, but only links that root or the owner of the file made; and it opens nothing but regular files.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder::host {

struct LogFileInfo {
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::uint64_t links = 0;  // 0: removed while open
  std::int64_t modified_ns = 0;
};

/// One open file: stays readable when it is renamed or removed. Single-threaded.
class LogFile {
 public:
  virtual ~LogFile() = default;
  virtual Result<LogFileInfo> info() = 0;
  /// How many bytes were there from `offset` on, at most as many as fit; 0 at the end.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
};

/// Single-threaded.
class LogFiles {
 public:
  virtual ~LogFiles() = default;
  /// Regular files whose absolute path matches, sorted by path; `?` and `*` stand within one component. At most `most`.
  virtual std::vector<LogFileInfo> find(const std::string& pattern, std::size_t most) = 0;
  /// NotFound when it is gone, Conflict when it is no regular file, Forbidden when a link in it is not trusted.
  virtual Result<std::unique_ptr<LogFile>> open(const std::string& path) = 0;
};

}  // namespace warder::host
