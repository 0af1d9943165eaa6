#include "host/testing/file_tree.h"

#include <algorithm>

namespace warder::host::testing {

class MemoryFileTree::OpenDirectory final : public Directory {
 public:
  OpenDirectory(MemoryFileTree& tree, std::string path, FileStat stat)
      : tree_(tree), path_(std::move(path)), stat_(stat) {}

  [[nodiscard]] const FileStat& stat() const noexcept override { return stat_; }

  [[nodiscard]] bool moves_times_on_mapped_stores() const override {
    const std::lock_guard lock(tree_.mutex_);
    return tree_.moves_times_on_mapped_stores_;
  }

  Result<std::vector<FileEntry>> next_entries() override {
    const std::lock_guard lock(tree_.mutex_);
    std::vector<FileEntry> entries;
    if (std::exchange(is_read_, true)) return entries;
    for (const auto& [path, inode] : tree_.inodes_)
      if (path != "/" && parent_of(path) == path_) entries.push_back({std::string(base_of(path)), inode->stat});
    std::sort(entries.begin(), entries.end(),
              [](const FileEntry& a, const FileEntry& b) { return a.stat.inode < b.stat.inode; });
    return entries;
  }

  Result<std::optional<FileStat>> find(const std::string& name) override {
    const std::lock_guard lock(tree_.mutex_);
    const auto it = tree_.inodes_.find(join(path_, name));
    if (it == tree_.inodes_.end()) return std::optional<FileStat>();
    return std::optional<FileStat>(it->second->stat);
  }

  Result<std::string> link_target(const std::string& name) override {
    const std::lock_guard lock(tree_.mutex_);
    const auto it = tree_.inodes_.find(join(path_, name));
    if (it == tree_.inodes_.end()) return fail(ErrorCode::NotFound, "gone");
    if (it->second->stat.kind != FileKind::Symlink) return fail(ErrorCode::Conflict, "not a symbolic link");
    return it->second->content;
  }

  Result<FileContent> read(const std::string& name, std::uint64_t max_bytes,
                           const std::function<void(ByteView)>& piece) override {
    const std::lock_guard lock(tree_.mutex_);
    const auto it = tree_.inodes_.find(join(path_, name));
    if (it == tree_.inodes_.end()) return fail(ErrorCode::NotFound, "gone");
    Inode& inode = *it->second;
    if (inode.stat.kind != FileKind::Regular) return fail(ErrorCode::Conflict, "not a regular file");
    ++tree_.reads_;
    FileContent content;
    content.before = inode.stat;
    const auto size = std::min<std::uint64_t>(max_bytes, inode.content.size());
    piece(as_bytes(std::string_view(inode.content).substr(0, size)));
    if (inode.disturbances > 0) {
      --inode.disturbances;
      tree_.touch(inode);
    }
    content.after = inode.stat;
    content.bytes = size;
    content.is_whole = size == inode.content.size();
    return content;
  }

  Result<std::unique_ptr<Directory>> open(const std::string& name) override { return tree_.open(join(path_, name)); }

 private:
  MemoryFileTree& tree_;
  std::string path_;
  FileStat stat_;
  bool is_read_ = false;
};

MemoryFileTree::MemoryFileTree() {
  make("/", FileKind::Directory);
}

Result<std::unique_ptr<Directory>> MemoryFileTree::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto it = inodes_.find(path);
  if (it == inodes_.end()) return fail(ErrorCode::NotFound, "gone");
  if (it->second->stat.kind != FileKind::Directory) return fail(ErrorCode::Conflict, "not a directory");
  return std::unique_ptr<Directory>(std::make_unique<OpenDirectory>(*this, path, it->second->stat));
}

std::shared_ptr<MemoryFileTree::Inode> MemoryFileTree::make(const std::string& path, FileKind kind) {
  make_parents(path);
  auto inode = std::make_shared<Inode>();
  inode->stat.kind = kind;
  inode->stat.mode = kind == FileKind::Directory ? 0755 : 0644;
  inode->stat.links = 1;
  inode->stat.device = 1;
  inode->stat.inode = next_inode_++;
  inode->stat.born_ns = now_ns_;
  touch(*inode);
  inode->stat.modified_ns = now_ns_;
  inodes_[path] = inode;
  return inode;
}

void MemoryFileTree::touch(Inode& inode) {
  now_ns_ += 1'000'000'000;
  inode.stat.changed_ns = now_ns_;
}

void MemoryFileTree::make_parents(const std::string& path) {
  const std::string parent(parent_of(path));
  if (path != "/" && !inodes_.contains(parent)) make(parent, FileKind::Directory);
}

void MemoryFileTree::write(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  const auto it = inodes_.find(path);
  const auto inode = it == inodes_.end() ? make(path, FileKind::Regular) : it->second;
  inode->content = std::move(content);
  inode->stat.bytes = inode->content.size();
  touch(*inode);
  inode->stat.modified_ns = now_ns_;
}

void MemoryFileTree::make_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  make(path, FileKind::Directory);
}

void MemoryFileTree::make_link(const std::string& path, std::string target) {
  const std::lock_guard lock(mutex_);
  make(path, FileKind::Symlink)->content = std::move(target);
}

void MemoryFileTree::make_fifo(const std::string& path) {
  const std::lock_guard lock(mutex_);
  make(path, FileKind::Fifo);
}

void MemoryFileTree::hard_link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  make_parents(to);
  const auto inode = inodes_.at(from);
  ++inode->stat.links;
  touch(*inode);
  inodes_[to] = inode;
}

void MemoryFileTree::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  make_parents(to);
  std::map<std::string, std::shared_ptr<Inode>> moved;
  for (auto it = inodes_.begin(); it != inodes_.end();) {
    if (it->first == from || it->first.starts_with(from + "/")) {
      moved[to + it->first.substr(from.size())] = it->second;
      it = inodes_.erase(it);
    } else {
      ++it;
    }
  }
  touch(*moved.at(to));
  for (auto& [path, inode] : moved) inodes_[path] = inode;
}

void MemoryFileTree::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::erase_if(inodes_, [&](const auto& each) { return each.first == path || each.first.starts_with(path + "/"); });
}

void MemoryFileTree::chmod(const std::string& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  Inode& inode = *inodes_.at(path);
  inode.stat.mode = mode;
  touch(inode);
}

void MemoryFileTree::chown(const std::string& path, std::uint32_t uid, std::uint32_t gid) {
  const std::lock_guard lock(mutex_);
  Inode& inode = *inodes_.at(path);
  inode.stat.uid = uid;
  inode.stat.gid = gid;
  touch(inode);
}

void MemoryFileTree::write_unseen(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  inodes_.at(path)->content = std::move(content);
}

void MemoryFileTree::set_moves_times_on_mapped_stores(bool is_so) {
  const std::lock_guard lock(mutex_);
  moves_times_on_mapped_stores_ = is_so;
}

void MemoryFileTree::disturb_reads(const std::string& path, int count) {
  const std::lock_guard lock(mutex_);
  inodes_.at(path)->disturbances = count;
}

std::int64_t MemoryFileTree::now_ns() const {
  const std::lock_guard lock(mutex_);
  return now_ns_;
}

int MemoryFileTree::reads() const {
  const std::lock_guard lock(mutex_);
  return reads_;
}

}  // namespace warder::host::testing
