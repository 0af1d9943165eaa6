#include "agent/signature_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/file.h"
#include "crypto/hash.h"
#include "pack/file_set_store.h"
#include "pack/pack_store.h"

namespace warder::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "antimalware";
constexpr std::string_view kSets = "sets";  // content_packs.h
constexpr std::string_view kFolder = "signatures";
constexpr std::size_t kMaxShippedBytes = 16U << 20U;

// What the scanner reads: ClamAV's databases (and lists that go with them), YARA rules, indexes and lists of hashes.
bool is_signature_file(const fs::path& file) {
  constexpr std::string_view kExtensions =
      " .cvd .cld .cud .db .hdb .hdu .hsb .hsu .mdb .mdu .msb .msu .ndb .ndu .ldb .ldu .sdb .cdb .crb .fp .sfp .pdb "
      ".gdb .wdb .ftm .ign .ign2 .idb .imp .cbc .pwdb .cfg .yar .yara .whx .sha256 .sha1 .md5 .hashes .tlsh .stix "
      ".json ";
  const std::string extension = file.extension().string();
  if (extension == ".json") return file.stem().extension() == ".stix";
  return !extension.empty() && kExtensions.find(' ' + extension + ' ') != std::string_view::npos;
}

struct Source {
  fs::path path;
  std::string identity;  // what the version is made of
};
using Links = std::map<std::string, Source>;  // by the name in the folder

// `prefix` keeps the names of different packs apart.
void add_folder(Links& links, const fs::path& folder, const std::string& prefix, const std::string& identity) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored) || !is_signature_file(entry.path())) continue;
    std::string name = entry.path().lexically_relative(folder).string();
    std::replace(name.begin(), name.end(), '/', '-');
    links.insert_or_assign(prefix + name, Source{entry.path(), identity});
  }
}

void add_shipped(Links& links, const fs::path& folder) {
  Links shipped;
  add_folder(shipped, folder, "shipped-", "");
  for (auto& [name, source] : shipped) {
    const auto text = read_file(source.path, kMaxShippedBytes);
    if (!text) continue;
    source.identity = to_hex(crypto::sha256(as_bytes(*text)));
    links.insert_or_assign(name, source);
  }
}

Result<void> add_packs(Links& links, std::optional<Timestamp>& made, const fs::path& content) {
  std::error_code ignored;
  if (content.empty() || !fs::exists(content, ignored)) return {};
  const auto store = WD_TRY(pack::PackStore::open(content, pack::TrustPolicy{}).in("content"));
  for (const auto& [name, digest] : store.active()) {
    if (!std::string_view(name).starts_with(kPrefix)) continue;
    add_folder(links, store.files_of(digest), name + "-", digest);
    const auto set = pack::read_file_set(store.files_of(digest));
    if (!set) continue;
    const fs::path files = content / kSets / digest;
    if (!made || *made < set->made) made = set->made;
    for (const pack::SetFile& file : set->files)
      if (is_signature_file(file.name)) links.insert_or_assign(file.name, Source{files / file.name, file.sha256});
  }
  return {};
}

// Files of the host change in place: size and time stand for their content.
void add_host(Links& links, std::optional<Timestamp>& made, const std::vector<fs::path>& folders) {
  constexpr std::string_view kDated = " .cvd .cld .cud ";
  std::optional<Timestamp> newest;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    Links found;
    add_folder(found, folders[i], "host" + std::to_string(i) + "-", "");
    for (auto& [name, source] : found) {
      std::error_code ignored;
      const auto changed = fs::last_write_time(source.path, ignored);
      source.identity = std::to_string(fs::file_size(source.path, ignored)) + ' ' +
                        std::to_string(changed.time_since_epoch().count());
      if (kDated.find(' ' + source.path.extension().string() + ' ') != std::string_view::npos) {
        const auto time = std::chrono::floor<std::chrono::microseconds>(std::chrono::file_clock::to_sys(changed));
        if (!newest || *newest < time) newest = time;
      }
      links.insert_or_assign(name, source);
    }
  }
  if (!made) made = newest;
}

Result<void> make_links(const Links& links, const fs::path& folder) {
  std::error_code error;
  const fs::path unfinished = folder.string() + ".new";
  fs::remove_all(unfinished, error);
  fs::create_directories(unfinished, error);
  if (error) return fail_errno(unfinished.string(), error.value());
  for (const auto& [name, source] : links)
    if (::symlink(fs::absolute(source.path).c_str(), (unfinished / name).c_str()) != 0)
      return fail_errno((unfinished / name).string(), errno);
  if (::rename(unfinished.c_str(), folder.c_str()) != 0) return fail_errno(folder.string(), errno);
  return {};
}

}  // namespace

Result<SignatureFolder> make_signature_folder(const SignatureSources& sources) {
  Links links;
  SignatureFolder made;
  add_shipped(links, sources.share / kPrefix);
  WD_TRY(add_packs(links, made.made, sources.content));
  add_host(links, made.made, sources.folders);
  std::string identity;
  for (const auto& [name, source] : links) identity += name + ' ' + source.identity + '\n';
  made.version = to_hex(crypto::sha256(as_bytes(identity)));
  made.folder = sources.state / kFolder / made.version;
  made.files = links.size();
  std::error_code ignored;
  // Its links lead to where the files were: of the same version they may have moved.
  const bool is_whole = std::all_of(links.begin(), links.end(),
                                    [&](const auto& each) { return fs::exists(made.folder / each.first, ignored); });
  if (fs::exists(made.folder, ignored) && is_whole) return made;
  fs::remove_all(made.folder, ignored);
  WD_TRY(make_links(links, made.folder));
  return made;
}

void remove_other_signature_folders(const SignatureSources& sources, const std::string& version) {
  std::error_code error;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(sources.state / kFolder, error))
    if (entry.path().filename() != version) others.push_back(entry.path());
  for (const fs::path& each : others) fs::remove_all(each, error);
}

SignatureAge signature_age(const SignatureFolder& signatures, Timestamp now, std::chrono::hours most) {
  if (!signatures.made) return {};
  const auto age = std::chrono::floor<std::chrono::hours>(std::max(now - *signatures.made, Timestamp::duration(0)));
  return {age, age > most};
}

}  // namespace warder::agent
