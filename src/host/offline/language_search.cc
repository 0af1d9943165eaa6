// Looking for packages of language ecosystems where people put them. What the system's package manager brought
// (/usr/lib/python3, /usr/share/nodejs …) is told by its database and not looked for again.
#include <algorithm>
#include <array>
#include <optional>

#include "host/jar.h"
#include "host/offline/parts.h"
#include "host/tree_read.h"

namespace warder::host {
namespace {

constexpr std::array kRoots{"/usr/local",
                            "/opt",
                            "/srv",
                            "/var/www",
                            "/app",
                            "/home",
                            "/root",
                            "/var/lib/gems",
                            "/usr/lib/node_modules",
                            "/usr/local/share/gems"};
constexpr std::array<std::string_view, 6> kSkipped{".git", ".svn", ".cache", "__pycache__", "proc", "sys"};
constexpr int kMaxDepth = 16;
constexpr std::uint64_t kMaxMetadata = 64 << 10;
constexpr std::uint64_t kMaxPackageJson = 1 << 20;
constexpr std::uint64_t kMaxProgram = 200 << 20;
constexpr std::uint64_t kMinProgram = 300 << 10;  // Go's smallest are larger
constexpr int kMaxPrograms = 200;                 // read anew in one search
constexpr std::uint64_t kJarHead = 4 << 20;

FileIdentity identity_of(const FileStat& stat) {
  return {stat.device, stat.inode, stat.changed_ns};
}

// Go's linker puts the build id into a note near the beginning; go(1) itself looks for it in the first 32 KiB
// (cmd/internal/buildid). A program that was linked with an empty id is not found.
constexpr std::uint64_t kGoHead = 32 << 10;
bool is_of_go(std::string_view head) noexcept {
  constexpr std::string_view kElf("\177ELF", 4);
  constexpr std::string_view kNote("\x04\0\0\0Go\0\0", 8);  // its type, and its name
  return head.starts_with(kElf) && head.find(kNote) != std::string_view::npos;
}

// Searches a stream of pieces for Go's build information without keeping more than a window of it.
class GoFinder {
 public:
  void take(ByteView piece) {
    if (is_done_) return;
    window_ += as_text(piece);
    if (start_ == std::string::npos) start_ = window_.find(kMagic);
    if (start_ == std::string::npos) {
      if (window_.size() > kMagic.size()) window_.erase(0, window_.size() - kMagic.size());
      return;
    }
    if (start_ > 0) window_.erase(0, std::exchange(start_, 0));
    is_done_ = window_.size() >= kWindow;
  }
  [[nodiscard]] std::vector<Package> packages() const {
    return start_ == std::string::npos ? std::vector<Package>{} : parse_go_build_info(as_bytes(window_));
  }

 private:
  static constexpr std::string_view kMagic = "\xff Go buildinf:";
  static constexpr std::size_t kWindow = 512 << 10;
  std::string window_;
  std::size_t start_ = std::string::npos;
  bool is_done_ = false;
};

class LanguageSearch {
 public:
  LanguageSearch(FileTree& tree, const SoftwareSearch& search, SoftwareMemory& memory)
      : tree_(tree), budget_(search.max_entries), memory_(memory) {}

  std::vector<Package> find() {
    for (const char* root : kRoots) {
      const auto real = real_directory(tree_, root);
      if (!real) continue;
      auto directory = tree_.open(*real);
      if (!directory) continue;
      device_ = (*directory)->stat().device;
      walk(**directory, *real, 0);
    }
    memory_ = std::move(kept_);  // forget files that are gone
    return std::move(packages_);
  }

 private:
  void walk(Directory& directory, const std::string& path, int depth);
  void look_at_directory(Directory& parent, const FileEntry& entry, const std::string& path, int depth);
  void look_at_file(Directory& directory, const FileEntry& entry, const std::string& path);
  void look_at_dear_file(Directory& directory, const FileEntry& entry, const std::string& path);
  void add(std::optional<Package> package, const std::string& location) {
    if (!package || packages_.size() >= kMaxPackages) return;
    package->location = location;
    packages_.push_back(std::move(*package));
  }

  FileTree& tree_;
  std::uint64_t budget_;
  SoftwareMemory& memory_;
  SoftwareMemory kept_;
  std::vector<Package> packages_;
  std::uint64_t device_ = 0;
  int programs_read_ = 0;
};

bool is_modules_directory(std::string_view path) noexcept {
  if (base_of(path).starts_with('@')) path = parent_of(path);
  return base_of(path) == "node_modules";
}

void LanguageSearch::look_at_directory(Directory& parent, const FileEntry& entry, const std::string& path, int depth) {
  if (entry.stat.device != device_ || std::ranges::find(kSkipped, entry.name) != kSkipped.end()) return;
  auto directory = parent.open(entry.name);
  if (!directory) return;
  if (entry.name.ends_with(".dist-info"))
    return add(parse_python_metadata(read_head(**directory, "METADATA", kMaxMetadata).value_or("")), path);
  if (entry.name.ends_with(".egg-info"))
    return add(parse_python_metadata(read_head(**directory, "PKG-INFO", kMaxMetadata).value_or("")), path);
  if (is_modules_directory(parent_of(path)) && !entry.name.starts_with('@')) {
    add(parse_package_json(read_text(**directory, "package.json", kMaxPackageJson).value_or("")), path);
    auto nested = (*directory)->open("node_modules");  // the rest of a package is its own business
    if (nested) walk(**nested, join(path, "node_modules"), depth + 2);
    return;
  }
  walk(**directory, path, depth + 1);
}

void LanguageSearch::look_at_dear_file(Directory& directory, const FileEntry& entry, const std::string& path) {
  const FileIdentity identity = identity_of(entry.stat);
  auto known = memory_.find(identity);
  if (known == memory_.end()) {
    if (++programs_read_ > kMaxPrograms) return;  // the next search goes on from here
    std::vector<Package> found;
    if (is_jar(entry.name)) {
      const auto head = read_head(directory, entry.name, kJarHead);
      const JarFiles files = read_jar_head(as_bytes(head.value_or("")));
      if (auto package = parse_jar(files.manifest, files.pom_properties, entry.name))
        found.push_back(std::move(*package));
    } else {
      const auto head = read_head(directory, entry.name, kGoHead);
      if (head && is_of_go(*head)) {
        GoFinder finder;
        static_cast<void>(directory.read(entry.name, kMaxProgram, [&](ByteView piece) { finder.take(piece); }));
        found = finder.packages();
      }
    }
    known = memory_.emplace(identity, std::move(found)).first;
  }
  for (const Package& package : known->second) add(package, path);
  kept_.insert_or_assign(identity, known->second);
}

void LanguageSearch::look_at_file(Directory& directory, const FileEntry& entry, const std::string& path) {
  const FileStat& stat = entry.stat;
  if (entry.name.ends_with(".gemspec") && base_of(parent_of(path)) == "specifications")
    return add(parse_gemspec_name(entry.name), path);
  if (entry.name.ends_with(".egg-info"))
    return add(parse_python_metadata(read_head(directory, entry.name, kMaxMetadata).value_or("")), path);
  if (is_jar(entry.name)) return look_at_dear_file(directory, entry, path);
  const bool is_program = (stat.mode & 0111) != 0 && stat.bytes >= kMinProgram && stat.bytes <= kMaxProgram;
  if (is_program && entry.name.find(".so") == std::string::npos) look_at_dear_file(directory, entry, path);
}

void LanguageSearch::walk(Directory& directory, const std::string& path, int depth) {
  if (depth > kMaxDepth) return;
  while (budget_ > 0) {
    const auto entries = directory.next_entries();
    if (!entries || entries->empty()) return;
    for (const FileEntry& entry : *entries) {
      if (budget_ == 0) return;
      budget_ -= 1;
      const std::string inner = join(path, entry.name);
      if (entry.stat.kind == FileKind::Directory) look_at_directory(directory, entry, inner, depth);
      if (entry.stat.kind == FileKind::Regular) look_at_file(directory, entry, inner);
    }
  }
}

}  // namespace

std::vector<Package> find_language_packages(FileTree& tree, const SoftwareSearch& search, SoftwareMemory& memory) {
  return LanguageSearch(tree, search, memory).find();
}

}  // namespace warder::host
