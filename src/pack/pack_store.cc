#include "pack/pack_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/file.h"
#include "base/json.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail_errno(folder.string(), errno);
}

bool is_digest(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<std::string> read_digest(const json::object& object, std::string_view key) {
  const std::string_view text = WD_TRY(get_string(object, key));
  if (!text.empty() && !is_digest(text)) return fail(ErrorCode::Corrupt, "not a digest");
  return std::string{text};
}

/// Removes every entry whose digest (its name up to the first dot) is not kept; returns those that are whole.
Result<std::set<std::string>> prune(const fs::path& folder, const std::set<std::string>& kept) {
  std::set<std::string> removed;
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder, error)) paths.push_back(entry.path());
  for (const auto& path : paths) {
    const bool is_whole = path.extension() == ".wpk" || path.extension().empty();
    const std::string digest = path.stem().string();
    if (is_whole && kept.contains(digest)) continue;
    fs::remove_all(path, error);
    if (is_whole && is_digest(digest)) removed.insert(digest);
  }
  if (error) return fail_errno(folder.string(), error.value());
  return removed;
}

}  // namespace

Result<PackStore> PackStore::open(const fs::path& folder, TrustPolicy trust) {
  PackStore store{folder, std::move(trust)};
  WD_TRY(make_folder(folder));
  WD_TRY(make_folder(folder / "packs"));
  WD_TRY(make_folder(folder / "files"));
  WD_TRY(store.load());
  return store;
}

Result<void> PackStore::load() {
  const fs::path path = folder_ / "state.json";
  auto text = read_file(path);
  if (!text && text.error().code == ErrorCode::NotFound) return {};
  const json::value value = WD_TRY(parse_json(WD_TRY(std::move(text))).in(path.string()));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, path.string() + ": not an object");
  for (const auto& member : value.get_object()) {
    if (!member.value().is_object()) return fail(ErrorCode::Corrupt, path.string() + ": not an object");
    const auto& object = member.value().get_object();
    Entry entry;
    entry.active = WD_TRY(read_digest(object, "active").in(path.string()));
    entry.previous = WD_TRY(read_digest(object, "previous").in(path.string()));
    entries_.emplace(member.key(), std::move(entry));
  }
  return {};
}

Result<void> PackStore::save(std::map<std::string, Entry, std::less<>> entries) {
  json::object object;
  for (const auto& [name, entry] : entries) {
    object[name] = json::object{{"active", entry.active}, {"previous", entry.previous}};
  }
  WD_TRY(write_file_atomically(folder_ / "state.json", canonical_json(object)));
  entries_ = std::move(entries);
  return {};
}

fs::path PackStore::pack_path(std::string_view digest) const {
  return folder_ / "packs" / (std::string{digest} + ".wpk");
}

fs::path PackStore::files_path(std::string_view digest) const {
  return folder_ / "files" / digest;
}

Result<VerifiedPack> PackStore::add(ByteView pack) {
  const std::string digest = to_hex(crypto::sha256(pack));
  VerifiedPack verified = WD_TRY(unpack_pack(pack, trust_, files_path(digest)));
  std::error_code ignored;
  if (!fs::exists(pack_path(digest), ignored)) WD_TRY(write_file_atomically(pack_path(digest), as_text(pack)));
  return verified;
}

bool PackStore::contains(std::string_view digest) const {
  std::error_code ignored;
  return is_digest(digest) && fs::exists(pack_path(digest), ignored) && fs::is_directory(files_path(digest), ignored);
}

Result<void> PackStore::activate(std::string_view digest) {
  if (!contains(digest)) return fail(ErrorCode::NotFound, "content pack " + std::string{digest} + " is not stored");
  // Verified anew: between download and use the disk is somebody else's.
  const std::string bytes = WD_TRY(read_file(pack_path(digest), kMaxPackBytes));
  const VerifiedPack verified = WD_TRY(verify_pack(as_bytes(bytes), trust_));
  if (verified.digest != digest)
    return fail(ErrorCode::Corrupt, "content pack " + std::string{digest} + " was replaced");
  auto entries = entries_;
  Entry& entry = entries[verified.manifest.name];
  if (entry.active == digest) return {};
  if (!entry.active.empty()) entry.previous = entry.active;
  entry.active = digest;
  return save(std::move(entries));
}

Result<std::string> PackStore::roll_back(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.previous.empty() || !contains(found->second.previous)) {
    return fail(ErrorCode::NotFound, "no earlier pack of " + std::string{name});
  }
  std::string digest = found->second.previous;
  WD_TRY(activate(digest));
  return digest;
}

Result<void> PackStore::deactivate(std::string_view name) {
  auto entries = entries_;
  const auto found = entries.find(name);
  if (found == entries.end() || found->second.active.empty()) return {};
  found->second.previous = std::exchange(found->second.active, {});
  return save(std::move(entries));
}

std::map<std::string, std::string> PackStore::active() const {
  std::map<std::string, std::string> digests;
  for (const auto& [name, entry] : entries_) {
    if (!entry.active.empty()) digests.emplace(name, entry.active);
  }
  return digests;
}

std::optional<fs::path> PackStore::directory(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.active.empty()) return std::nullopt;
  return files_path(found->second.active);
}

std::set<std::string> PackStore::kept() const {
  std::set<std::string> kept;
  for (const auto& [name, entry] : entries_) {
    kept.insert(entry.active);
    kept.insert(entry.previous);
  }
  return kept;
}

Result<std::size_t> PackStore::collect_garbage() {
  const std::set<std::string> those = kept();
  auto removed = WD_TRY(prune(folder_ / "packs", those));
  removed.merge(WD_TRY(prune(folder_ / "files", those)));
  return removed.size();
}

}  // namespace warder::pack
