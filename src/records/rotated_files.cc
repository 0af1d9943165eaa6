#include "records/rotated_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "records/gzip_file.h"
#include "records/source.h"

namespace warder::records {
namespace {

constexpr std::size_t kMaxFamily = 256;
constexpr int kMaxLooks = 16;
constexpr std::string_view kGzipEnd = ".gz";

// False: not the files that were found, or not all of them.
bool open_all(host::LogFiles& files, const std::vector<host::LogFileInfo>& wanted, RotatedFiles& rotated) {
  bool is_as_found = true;
  for (const host::LogFileInfo& info : wanted) {
    auto file = open_log_file(files, info.path);
    if (file && is_same(file->info, info.device, info.inode)) {
      rotated.files.push_back(std::move(*file));
    } else if (file || file.error().code == ErrorCode::NotFound) {
      is_as_found = false;
    } else {
      rotated.unreadable.push_back({info.path, file.error().message});
    }
  }
  return is_as_found;
}

}  // namespace

bool is_gzip_name(std::string_view path) noexcept {
  return path.ends_with(kGzipEnd);
}

bool is_same(const host::LogFileInfo& info, std::uint64_t device, std::uint64_t inode) noexcept {
  return info.device == device && info.inode == inode;
}

Result<OpenLogFile> open_log_file(host::LogFiles& files, const std::string& path) {
  auto file = WD_TRY(files.open(path));
  OpenLogFile opened;
  opened.info = WD_TRY(file->info());
  opened.info.path = path;
  opened.file = is_gzip_name(path) ? open_gzip(std::move(file)) : std::move(file);
  return opened;
}

RotatedFiles open_rotated(host::LogFiles& files, const std::string& path,
                          const std::function<bool(const host::LogFileInfo&)>& wanted) {
  RotatedFiles rotated;
  auto found = files.find(path + "*", kMaxFamily);
  for (int looks = 1; looks < kMaxLooks && !rotated.is_whole; ++looks) {
    std::set<std::string_view> names;
    for (const host::LogFileInfo& info : found) names.insert(info.path);
    auto matching = found;
    std::erase_if(matching, [&](const host::LogFileInfo& info) {
      const std::string_view name = info.path;
      const bool is_there_twice = is_gzip_name(name) && names.contains(name.substr(0, name.size() - kGzipEnd.size()));
      return is_there_twice || !is_rotated_name(path, name) || !wanted(info);
    });
    rotated = {};
    const bool is_as_found = open_all(files, matching, rotated);
    auto again = files.find(path + "*", kMaxFamily);
    rotated.is_whole = is_as_found && std::ranges::equal(found, again, [](const auto& a, const auto& b) {
                         return a.path == b.path && is_same(a, b.device, b.inode);
                       });
    found = std::move(again);
  }
  return rotated;
}

}  // namespace warder::records
