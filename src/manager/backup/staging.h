// For this folder only: parts of an archive on their way into a data directory.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "manager/backup/archive.h"

namespace warder::manager {

/// Makes `folder` and what is missing above it up to `root`, for the owner alone.
Result<void> make_folders(const std::filesystem::path& root, const std::filesystem::path& folder);
/// What was renamed or made in it survives a loss of power.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Parts become files below `root`. Corrupt for a name that leads out of it.
class Folder : public ArchiveSink {
 public:
  explicit Folder(std::filesystem::path root) : root_(std::move(root)) {}
  Result<void> begin_part(const std::string& name) override;
  Result<void> write(ByteView bytes) override;
  Result<void> end_part(const ArchivePart& part) override;

 private:
  const std::filesystem::path root_;
  std::filesystem::path path_;
  UniqueFd file_;
};

}  // namespace warder::manager
