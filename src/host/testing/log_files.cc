#include "host/testing/log_files.h"

#include <algorithm>

#include "base/text.h"

namespace warder::host::testing {

class MemoryLogFiles::Open final : public LogFile {
 public:
  Open(std::string path, std::shared_ptr<Inode> inode) : path_(std::move(path)), inode_(std::move(inode)) {}

  Result<LogFileInfo> info() override { return info_of(path_, *inode_); }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    const std::string& content = inode_->content;
    if (offset >= content.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), content.size() - offset);
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    return count;
  }

 private:
  std::string path_;
  std::shared_ptr<Inode> inode_;
};

LogFileInfo MemoryLogFiles::info_of(const std::string& path, const Inode& inode) {
  return {path, 1, inode.number, inode.content.size(), inode.links, inode.modified_ns};
}

std::vector<LogFileInfo> MemoryLogFiles::find(const std::string& pattern, std::size_t most) {
  // As on a real host: first the names, then a look at each.
  std::vector<std::string> names;
  for (const auto& [path, inode] : files_) {
    if (names.size() < most && matches_glob(pattern, path)) names.push_back(path);
  }
  std::vector<LogFileInfo> found;
  for (const std::string& path : names) {
    if (meanwhile) meanwhile();
    const auto at = files_.find(path);
    if (at != files_.end()) found.push_back(info_of(path, *at->second));
  }
  return found;
}

Result<std::unique_ptr<LogFile>> MemoryLogFiles::open(const std::string& path) {
  if (meanwhile) meanwhile();
  const auto at = files_.find(path);
  if (at == files_.end()) return fail(ErrorCode::NotFound, path);
  return std::make_unique<Open>(path, at->second);
}

void MemoryLogFiles::append(const std::string& path, std::string_view text) {
  auto& inode = files_[path];
  if (!inode) {
    inode = std::make_shared<Inode>();
    inode->number = next_inode_++;
  }
  inode->content.append(text);
  inode->modified_ns = ++now_ns_;
}

void MemoryLogFiles::rename(const std::string& from, const std::string& to) {
  auto node = files_.extract(from);
  if (node.empty()) return;
  remove(to);
  files_[to] = std::move(node.mapped());
}

void MemoryLogFiles::copy(const std::string& from, const std::string& to) {
  const std::string text = content(from);
  remove(to);
  append(to, text);
}

void MemoryLogFiles::truncate(const std::string& path) {
  replace(path, {});
}

void MemoryLogFiles::replace(const std::string& path, std::string content) {
  const auto at = files_.find(path);
  if (at == files_.end()) return;
  at->second->content = std::move(content);
  at->second->modified_ns = ++now_ns_;
}

void MemoryLogFiles::copy_converted(const std::string& from, const std::string& to, std::string content) {
  const auto at = files_.find(from);
  if (at == files_.end()) return;
  const std::int64_t modified_ns = at->second->modified_ns;
  append(to, content);
  files_[to]->modified_ns = modified_ns;
}

void MemoryLogFiles::convert(const std::string& from, const std::string& to, std::string content) {
  copy_converted(from, to, std::move(content));
  remove(from);
}

void MemoryLogFiles::remove(const std::string& path) {
  const auto at = files_.find(path);
  if (at == files_.end()) return;
  at->second->links = 0;
  files_.erase(at);
}

std::string MemoryLogFiles::content(const std::string& path) const {
  const auto at = files_.find(path);
  return at == files_.end() ? std::string() : at->second->content;
}

}  // namespace warder::host::testing
