// Opening log files, and what rotation made of them: "x.log.1", "x.log-20261122.gz".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/log_files.h"

namespace warder::records {

struct OpenLogFile {
  host::LogFileInfo info;  // of the open file; its path is the one it was opened by
  std::unique_ptr<host::LogFile> file;
};

bool is_gzip_name(std::string_view path) noexcept;
bool is_same(const host::LogFileInfo& info, std::uint64_t device, std::uint64_t inode) noexcept;

/// What is compressed by gzip reads as its content. Errors as LogFiles::open.
Result<OpenLogFile> open_log_file(host::LogFiles& files, const std::string& path);

struct RotatedFiles {
  std::vector<OpenLogFile> files;  // by name
  bool is_whole = false;           // false: they were moved so fast that one may be missing
  struct Unreadable {
    std::string path;
    std::string why;
  };
  std::vector<Unreadable> unreadable;
};

/// The rotated files of a live path, as far as they are `wanted`. Names are read one after another while rotation moves
/// the files from one to the next, so that a single look may miss one: the answer is a look at all names of the family,
/// the live one among them, that found the same files as the look before. Of a file and its compressed form only the
/// first is taken: the second may not be whole yet.
RotatedFiles open_rotated(host::LogFiles& files, const std::string& path,
                          const std::function<bool(const host::LogFileInfo&)>& wanted);

}  // namespace warder::records
