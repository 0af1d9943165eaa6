// The form of a backup: one file, encrypted and authenticated piece by piece, written and read in one pass.
//
//     warder-backup/1
//     {"id":…,"created":…,"version":…,"store":…,"provider":…,"key":…}     one line; the key, wrapped under the root key
//     <length, 4 bytes><box> …                                            crypto/seal.h; up to 1 MiB of a part each
//
// A box opens only at its place in this archive and tells whether it is the last: one that is changed, missing, moved,
// or of another archive is found where it stands. The manifest is in the last one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/key_provider.h"
#include "crypto/seal.h"

namespace warder::manager {

struct ArchiveHeader {
  std::string id;
  Timestamp created;
  std::string version;   // of the program
  std::string store;     // "sqlite" or "postgresql"
  std::string provider;  // of the root key
};

struct ArchivePart {
  std::string name;  // "tenants/…/config.db": a path in the data directory
  std::uint64_t bytes = 0;
  std::string sha256;  // hex
  friend bool operator==(const ArchivePart&, const ArchivePart&) = default;
};

/// Writes `path`.part, and `path` when all of it is there: one that exists is never touched. Single-threaded; removes
/// what is unfinished on destruction.
class ArchiveWriter {
 public:
  /// Conflict when `path` exists.
  static Result<std::unique_ptr<ArchiveWriter>> create(const std::filesystem::path& path, const ArchiveHeader& header,
                                                       crypto::KeyProvider& root);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  Result<void> begin_part(std::string name);
  Result<void> write(ByteView bytes);
  Result<void> end_part();
  /// Writes the manifest and makes all of it durable; then `check` may read the file, which keeps its unfinished name
  /// when it fails.
  Result<void> finish(const std::function<Result<void>(const std::filesystem::path&)>& check);
  [[nodiscard]] const std::vector<ArchivePart>& parts() const noexcept { return parts_; }

 private:
  ArchiveWriter(std::filesystem::path path, UniqueFd file, crypto::DataKey key)
      : path_(std::move(path)), file_(std::move(file)), key_(std::move(key)) {}
  Result<void> put(char kind, ByteView bytes, bool is_last = false);
  Result<void> write_all(ByteView bytes);

  const std::filesystem::path path_;
  UniqueFd file_;
  crypto::DataKey key_;
  std::string place_;  // of this archive
  std::uint64_t next_ = 0;
  std::vector<ArchivePart> parts_;
  crypto::Sha256 digest_;  // of the part
  bool is_finished_ = false;
};

/// Where the parts of an archive go. A part is not to be believed before `end_part`, nor all of them before `read`
/// returns.
class ArchiveSink {
 public:
  virtual ~ArchiveSink() = default;
  virtual Result<void> begin_part(const std::string& name) = 0;
  virtual Result<void> write(ByteView bytes) = 0;
  virtual Result<void> end_part(const ArchivePart& part) = 0;
};

class ArchiveReader {
 public:
  /// Corrupt when it is no backup; Forbidden when the root key is another one.
  static Result<std::unique_ptr<ArchiveReader>> open(const std::filesystem::path& path, crypto::KeyProvider& root);

  [[nodiscard]] const ArchiveHeader& header() const noexcept { return header_; }
  /// All of it, once. Corrupt, naming the place, for an archive that is damaged, cut off or put together from pieces.
  Result<std::vector<ArchivePart>> read(ArchiveSink& sink);

 private:
  struct Record {
    char kind = 0;
    Bytes bytes;
    bool is_last = false;
  };
  ArchiveReader(std::string name, std::ifstream file, ArchiveHeader header, crypto::DataKey key, std::string place)
      : name_(std::move(name)),
        file_(std::move(file)),
        header_(std::move(header)),
        key_(std::move(key)),
        place_(std::move(place)) {}
  Result<Record> next();
  Result<void> take(Record record, ArchiveSink& sink);
  [[nodiscard]] tl::unexpected<Error> damaged(std::string_view what) const;

  const std::string name_;
  std::ifstream file_;
  const ArchiveHeader header_;
  crypto::DataKey key_;
  const std::string place_;
  std::uint64_t next_ = 0;
  std::uint64_t offset_ = 0;  // of the piece that is read
  std::vector<ArchivePart> parts_;
  std::string part_;  // that is open; empty: none
  std::uint64_t part_bytes_ = 0;
  crypto::Sha256 digest_;
};

}  // namespace warder::manager
