// A folder of content packs by digest: which version of each name is active, which was before it, and their files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pack/pack.h"

namespace warder::pack {

/// Single-threaded. On disk: packs/<digest>.wpk, files/<digest>/…, state.json. A crash at any point leaves the store as
/// it was before or after the call.
class PackStore {
 public:
  /// Makes the folder when it is not there. A state that does not parse is Corrupt.
  static Result<PackStore> open(const std::filesystem::path& folder, TrustPolicy trust);

  /// Verifies, stores and unpacks; a pack that is here already is verified again and not written.
  Result<VerifiedPack> add(ByteView pack);
  [[nodiscard]] bool contains(std::string_view digest) const;
  /// Makes a stored pack the one of its name; the one before is remembered. NotFound when it was never added.
  Result<void> activate(std::string_view digest);
  /// Back to the pack that was active before; NotFound when there is none. Returns its digest.
  Result<std::string> roll_back(std::string_view name);
  /// No pack of this name any more.
  Result<void> deactivate(std::string_view name);

  /// Names and digests.
  [[nodiscard]] std::map<std::string, std::string> active() const;
  /// Where the files of the active pack of this name are.
  [[nodiscard]] std::optional<std::filesystem::path> directory(std::string_view name) const;
  /// Where the files of a stored pack are, active or not.
  [[nodiscard]] std::filesystem::path files_of(std::string_view digest) const { return files_path(digest); }
  /// Digests of the active packs and those before them: what collect_garbage keeps.
  [[nodiscard]] std::set<std::string> kept() const;
  /// Removes what is neither active nor the one before, and what a crash left. Returns how many packs went.
  Result<std::size_t> collect_garbage();

 private:
  struct Entry {
    std::string active;    // digest
    std::string previous;  // digest or empty
  };
  PackStore(std::filesystem::path folder, TrustPolicy trust) : folder_(std::move(folder)), trust_(std::move(trust)) {}
  Result<void> load();
  Result<void> save(std::map<std::string, Entry, std::less<>> entries);
  [[nodiscard]] std::filesystem::path pack_path(std::string_view digest) const;
  [[nodiscard]] std::filesystem::path files_path(std::string_view digest) const;

  std::filesystem::path folder_;
  TrustPolicy trust_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace warder::pack
