// A tree of files in memory, for tests: every change is a call, times move only when the test says so.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "host/file_tree.h"

namespace warder::host::testing {

/// Thread-safe.
class MemoryFileTree final : public FileTree {
 public:
  MemoryFileTree();

  Result<std::unique_ptr<Directory>> open(const std::string& path) override;
  std::string resolve(const std::string& path) override { return path; }

  /// Each of these makes missing parents and moves the clock of the tree (and so ctime) by a second.
  void write(const std::string& path, std::string content);
  void make_directory(const std::string& path);
  void make_link(const std::string& path, std::string target);
  void make_fifo(const std::string& path);
  void hard_link(const std::string& from, const std::string& to);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);  // with everything below it
  void chmod(const std::string& path, std::uint32_t mode);
  void chown(const std::string& path, std::uint32_t uid, std::uint32_t gid);
  /// Content changes, times do not: what only reading finds.
  void write_unseen(const std::string& path, std::string content);
  /// As in memory: what is stored through a mapping is not told by the times.
  void set_moves_times_on_mapped_stores(bool is_so);
  /// The next `count` reads of the file see it change while they read.
  void disturb_reads(const std::string& path, int count);

  [[nodiscard]] std::int64_t now_ns() const;
  /// How many files have been read.
  [[nodiscard]] int reads() const;

 private:
  struct Inode {
    FileStat stat;
    std::string content;  // or a link's target
    int disturbances = 0;
  };
  class OpenDirectory;

  std::shared_ptr<Inode> make(const std::string& path, FileKind kind);
  void touch(Inode& inode);
  void make_parents(const std::string& path);

  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, std::shared_ptr<Inode>> inodes_;
  std::uint64_t next_inode_ = 100;
  std::int64_t now_ns_ = 1'000'000'000'000'000'000;
  int reads_ = 0;
  bool moves_times_on_mapped_stores_ = true;
};

}  // namespace warder::host::testing
