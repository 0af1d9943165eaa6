// Log files in memory, for tests of rotation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "host/log_files.h"

namespace warder::host::testing {

class MemoryLogFiles final : public LogFiles {
 public:
  std::vector<LogFileInfo> find(const std::string& pattern, std::size_t most) override;
  Result<std::unique_ptr<LogFile>> open(const std::string& path) override;

  /// Called before each look at a file that find() names, and before each open(): what others do meanwhile.
  std::function<void()> meanwhile;

  /// Makes the file when it is not there. Each change moves the time.
  void append(const std::string& path, std::string_view text);
  void rename(const std::string& from, const std::string& to);
  void copy(const std::string& from, const std::string& to);
  void truncate(const std::string& path);
  /// What gzip does: another file with another content, of the same time; then in place of the first.
  void copy_converted(const std::string& from, const std::string& to, std::string content);
  void convert(const std::string& from, const std::string& to, std::string content);
  void remove(const std::string& path);
  void replace(const std::string& path, std::string content);  // content changes, the inode stays
  [[nodiscard]] std::string content(const std::string& path) const;
  [[nodiscard]] bool exists(const std::string& path) const { return files_.contains(path); }

 private:
  struct Inode {
    std::uint64_t number = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t links = 1;
    std::string content;
  };
  class Open;
  static LogFileInfo info_of(const std::string& path, const Inode& inode);

  std::map<std::string, std::shared_ptr<Inode>> files_;
  std::uint64_t next_inode_ = 100;
  std::int64_t now_ns_ = 1'000'000'000;
};

}  // namespace warder::host::testing
