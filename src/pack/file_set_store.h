// The sets of files (file_set.h) that a host has: put together from chunks beside the one in use, and in place only
// when every file is right. What a set shares with one that is here already is not fetched again.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "pack/file_set.h"

namespace warder::pack {

/// Single-threaded. On disk: <digest>/ of each complete set, <digest>.partial/ of one that is not. Directories 0700,
/// files 0600.
class FileSetStore {
 public:
  /// Makes the folder when it is not there.
  static Result<FileSetStore> open(const std::filesystem::path& folder);

  [[nodiscard]] bool contains(std::string_view digest) const;
  /// Where its files are, or will be. `digest` is the pack's that names the set.
  [[nodiscard]] std::filesystem::path directory(std::string_view digest) const;

  /// Begins a set, or goes on with what is here of it. Returns the chunks that are still needed, each once, in the
  /// order of the files. Unavailable when the disk has no room for it.
  Result<std::vector<Chunk>> begin(const std::string& digest, FileSet set);
  /// Puts a chunk of a set that was begun to its places. The bytes are the chunk's: unpack_chunk has checked them.
  Result<void> put(const std::string& digest, const Chunk& chunk, ByteView bytes);
  /// Corrupt, and the set is dropped, unless every file is what its digest says. Then it appears by rename.
  Result<void> finish(const std::string& digest);
  /// Removes all other sets, complete or not.
  Result<void> keep_only(const std::set<std::string>& digests);

 private:
  struct Place {
    std::filesystem::path path;
    std::uint64_t offset = 0;
  };
  using Places = std::multimap<std::string, Place>;  // by chunk
  struct Begun {
    FileSet set;
    Places wanted;
  };
  explicit FileSetStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path partial(std::string_view digest) const;
  [[nodiscard]] Places present() const;
  Result<std::vector<Chunk>> take_parts(const SetFile& file, const std::filesystem::path& to, const Places& present,
                                        Begun& begun) const;

  std::filesystem::path folder_;
  std::map<std::string, Begun> begun_;
};

/// The set that an unpacked pack names; NotFound when it names none.
Result<FileSet> read_file_set(const std::filesystem::path& pack_files);

}  // namespace warder::pack
