// What the baseline remembers of a file, and how two such states differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "engines/integrity/attributes.h"
#include "host/file_tree.h"

namespace warder::integrity {

struct Entity {
  host::FileStat stat;                   // access time, blocks and flags only where they are watched
  std::optional<crypto::Digest> digest;  // regular files, unless too large or unreadable
  std::string target;                    // symbolic links
  host::FileExtras extras;
  std::string md5;  // these as bytes, where a rule wants them
  std::string sha1;
  std::string sha512;
  std::string blake3;
  std::string content;  // of a small text whose differences a rule wants to be shown
  friend bool operator==(const Entity&, const Entity&) = default;
};

/// Which of the attributes differ. A change of kind hides what only one of the two kinds has.
AttributeSet compare(const Entity& was, const Entity& is, AttributeSet attributes = kPersonSet) noexcept;

/// Nothing that the kernel keeps for the file has moved, so its content need not be read again.
bool has_same_stat(const host::FileStat& a, const host::FileStat& b) noexcept;
/// Both are one and the same file, whatever its name.
bool is_same_file(const host::FileStat& a, const host::FileStat& b) noexcept;

/// The stored form, and its reader for bytes that may have been tampered with.
Bytes encode(const Entity& entity);
Result<Entity> decode_entity(ByteView bytes);

/// What a stored form begins with, so that a file that has not moved is known without decoding what is stored of it.
class StatForm {
 public:
  explicit StatForm(const host::FileStat& stat);
  /// The same kind, mode, owner, links, size, device, inode and times, all but that of access. False for anything torn.
  [[nodiscard]] bool is_of(ByteView stored) const;

 private:
  host::FileKind kind_;
  Bytes bytes_;
};

}  // namespace warder::integrity
