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
#include "host/file_tree.h"

namespace warder::integrity {

struct Entity {
  host::FileStat stat;
  std::optional<crypto::Digest> digest;  // regular files, unless too large or unreadable
  std::string target;                    // symbolic links
  friend bool operator==(const Entity&, const Entity&) = default;
};

/// Attributes, as bits of a set.
enum class Attribute : std::uint8_t {
  Content = 1,
  Size = 2,
  Type = 4,
  Target = 8,
  Mode = 16,
  Owner = 32,
  Group = 64,
};
using AttributeSet = std::uint8_t;
inline bool contains(AttributeSet set, Attribute attribute) noexcept {
  return (set & static_cast<std::uint8_t>(attribute)) != 0;
}
/// "content,size,mode".
std::string text(AttributeSet set);

/// What a person would call changed. Times, inode and link count alone are not: a copy back of the same content is no
/// change.
AttributeSet compare(const Entity& was, const Entity& is) noexcept;

/// Nothing that the kernel keeps for the file has moved, so its content need not be read again.
bool has_same_stat(const host::FileStat& a, const host::FileStat& b) noexcept;
/// Both are one and the same file, whatever its name.
bool is_same_file(const host::FileStat& a, const host::FileStat& b) noexcept;

/// The stored form, and its reader for bytes that may have been tampered with.
Bytes encode(const Entity& entity);
Result<Entity> decode_entity(ByteView bytes);

}  // namespace warder::integrity
