// Changes that a package of dpkg or rpm explains.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "crypto/content_hash.h"
#include "engines/integrity/explain.h"
#include "host/tree_read.h"

namespace warder::integrity {
namespace {

constexpr std::string_view kDpkgInfo = "/var/lib/dpkg/info";
constexpr std::uint64_t kMaxHashed = std::uint64_t{1} << 32U;

// dpkg knows files by the names they had before /bin, /sbin and /lib became links into /usr.
std::string merged(const std::string& path) {
  for (const std::string_view top : {"/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/", "/libx32/"})
    if (path.starts_with(top)) return "/usr" + path;
  return path;
}

// Only what a package's database can vouch for has changed.
bool is_eligible(const Unexplained& change) {
  if (change.is == nullptr) return false;
  const host::FileStat& stat = change.is->stat;
  if (stat.kind != host::FileKind::Regular && stat.kind != host::FileKind::Symlink) return false;
  if (change.was != nullptr && change.was->stat.kind == stat.kind) {
    constexpr AttributeSet kVouched = Attribute::Mode | Attribute::Owner | Attribute::Group | Attribute::Acl |
                                      Attribute::Capabilities | Attribute::Extended | Attribute::Flags;
    return compare(*change.was, *change.is, kVouched) == 0;
  }
  constexpr std::uint32_t kRisky = 06022;  // set-id bits, or others write
  const bool is_link = stat.kind == host::FileKind::Symlink;
  return stat.uid == 0 && change.is->extras.capabilities.empty() && (is_link || (stat.mode & kRisky) == 0);
}

// The digest of the file, if it still is what was seen; empty otherwise.
std::string digest_of(host::FileTree& tree, const Unexplained& change, crypto::HashAlgorithm algorithm) {
  auto directory = tree.open(std::string(host::parent_of(change.path)));
  if (!directory) return {};
  crypto::ContentHash hash(algorithm);
  const auto content = (*directory)->read(std::string(host::base_of(change.path)), kMaxHashed, [&](ByteView piece) {
    hash.update(piece);
  });
  const host::FileStat& seen = change.is->stat;
  if (!content || !content->is_whole || !is_same_file(content->after, seen)) return {};
  if (content->after.changed_ns != seen.changed_ns || content->before.changed_ns != seen.changed_ns) return {};
  return to_hex(as_bytes(hash.finish()));
}

class Search {
 public:
  Search(std::span<const Unexplained> changes, host::FileTree& tree) : tree_(tree) {
    for (const Unexplained& change : changes)
      if (is_eligible(change)) wanted_.emplace(merged(change.path), &change);
  }
  [[nodiscard]] bool is_done() const noexcept { return wanted_.empty(); }

  // `listed`: every path of the package, when links are to be looked for.
  void look_at(const std::string& label, const std::vector<host::PackageFile>& files,
               const std::set<std::string>& listed) {
    for (const host::PackageFile& file : files) {
      const auto at = wanted_.find(merged(file.path));
      if (at == wanted_.end() || at->second->is->stat.kind != host::FileKind::Regular || file.digest.empty()) continue;
      const auto algorithm = parse_hash_name(file.algorithm);
      if (algorithm && digest_of(tree_, *at->second, *algorithm) == file.digest) explain(at, label);
    }
    for (const std::string& path : listed) {
      const auto at = wanted_.find(merged(path));
      if (at == wanted_.end() || at->second->is->stat.kind != host::FileKind::Symlink) continue;
      if (listed.contains(merged(tree_.resolve(at->second->path)))) explain(at, label);
    }
  }
  // Whether the package has a path that is wanted.
  [[nodiscard]] bool wants_any(const std::set<std::string>& listed) const {
    return std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& each) { return listed.contains(each.first); });
  }
  std::map<std::string, std::string> take() { return std::move(explained_); }

 private:
  using Wanted = std::map<std::string, const Unexplained*>;

  static std::optional<crypto::HashAlgorithm> parse_hash_name(std::string_view name) {
    if (name == "md5") return crypto::HashAlgorithm::Md5;
    if (name == "sha256") return crypto::HashAlgorithm::Sha256;
    return std::nullopt;
  }
  void explain(Wanted::iterator at, const std::string& label) {
    explained_.emplace(at->second->path, label);
    wanted_.erase(at);
  }

  host::FileTree& tree_;
  Wanted wanted_;
  std::map<std::string, std::string> explained_;
};

// info/NAME.list and info/NAME:ARCH.list; their bytes are only kept while one package is looked at.
void search_dpkg(Search& search, host::FileTree& tree) {
  const host::OpenList info = host::open_list(tree, std::string(kDpkgInfo), host::kMaxPackages);
  if (!info.directory) return;
  std::optional<std::vector<host::Package>> installed;
  for (const host::FileEntry& entry : info.entries) {
    constexpr std::string_view kList = ".list";
    if (search.is_done()) return;
    if (!entry.name.ends_with(kList)) continue;
    const std::string stem = entry.name.substr(0, entry.name.size() - kList.size());
    const auto list = host::read_text(*info.directory, entry.name);
    if (!list) continue;
    std::set<std::string> listed;
    for (const std::string_view line : split(*list, '\n'))
      if (line.starts_with('/')) listed.insert(merged(std::string(line)));
    if (!search.wants_any(listed)) continue;
    if (!installed)
      installed = host::parse_dpkg_status(host::read_text(tree, "/var/lib/dpkg/status").value_or(std::string()));
    const std::string name = stem.substr(0, stem.find(':'));
    const auto package = std::find_if(installed->begin(), installed->end(),
                                      [&](const host::Package& each) { return each.name == name; });
    const std::string version = package == installed->end() ? std::string() : " " + package->version;
    const auto sums = host::read_text(*info.directory, stem + ".md5sums").value_or(std::string());
    search.look_at("package " + name + version, host::parse_md5sums(sums), listed);
  }
}

Result<void> search_rpm(Search& search, host::HostFacts& facts) {
  host::SoftwareSearch only_databases;
  only_databases.language_packages = false;
  const auto installed = facts.software(only_databases);
  if (!installed) return installed.error().code == ErrorCode::Unavailable ? Result<void>() : fail(installed.error());
  for (const host::Package& package : *installed) {
    if (search.is_done()) break;
    if (package.manager != host::PackageManager::Rpm) continue;
    const auto files = facts.files_of(package);
    if (!files) continue;
    std::set<std::string> listed;
    for (const host::PackageFile& file : *files) listed.insert(merged(file.path));
    if (search.wants_any(listed)) search.look_at("package " + package.name + " " + package.version, *files, listed);
  }
  return {};
}

}  // namespace

Result<std::map<std::string, std::string>> explain_by_packages(std::span<const Unexplained> changes,
                                                               host::FileTree& tree, host::HostFacts& facts) {
  Search search(changes, tree);
  if (!search.is_done()) search_dpkg(search, tree);
  const auto has_rpm = [&] {
    return host::real_directory(tree, "/var/lib/rpm") || host::real_directory(tree, "/usr/lib/sysimage/rpm");
  };
  if (!search.is_done() && has_rpm()) WD_TRY(search_rpm(search, facts));
  return search.take();
}

}  // namespace warder::integrity
