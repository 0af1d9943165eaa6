// A directory of the live host behind a descriptor: each look at a name starts from it, so nobody can lead us
// elsewhere.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/file.h"
#include "host/file_tree.h"

struct statx;

namespace warder::host {

FileStat to_file_stat(const struct statx& raw) noexcept;
/// What `name` in `directory` is, itself and not what it points to; `name` empty: the descriptor's own.
Result<FileStat> stat_at(int directory, const std::string& name);

class LinuxDirectory final : public Directory {
 public:
  explicit LinuxDirectory(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] const FileStat& stat() const noexcept override;
  Result<std::vector<FileEntry>> next_entries() override;
  Result<std::optional<FileStat>> find(const std::string& name) override;
  Result<std::string> link_target(const std::string& name) override;
  Result<FileContent> read(const std::string& name, std::uint64_t max_bytes,
                           const std::function<void(ByteView)>& piece) override;
  Result<FileExtras> extras(const std::string& name) override;
  [[nodiscard]] bool moves_times_on_mapped_stores() const override;
  void want_extras(bool is_wanted) override { wants_extras_ = is_wanted; }
  Result<std::unique_ptr<Directory>> open(const std::string& name) override;

 private:
  Result<UniqueFd> open_file(const std::string& name, FileStat& stat);

  bool wants_extras_ = false;
  UniqueFd fd_;
  mutable std::optional<bool> moves_times_;
  mutable std::optional<FileStat> stat_;  // once it was asked for
};

/// A directory that is open for reading.
Result<std::unique_ptr<Directory>> to_directory(UniqueFd fd);
/// Opens `name` below `parent` as a directory, without following a link.
Result<std::unique_ptr<Directory>> open_directory_at(int parent, const std::string& name);

}  // namespace warder::host
