// Looking at one file: what it is now, read while it holds still.
#pragma once

#include <optional>
#include <string>

#include "engines/integrity/entity.h"
#include "host/file_tree.h"

namespace warder::integrity {

struct Observation {
  Entity entity;
  bool is_settled = true;   // false: it kept changing while it was read
  bool is_readable = true;  // false: its content could not be read
};

/// What to look at.
struct Look {
  AttributeSet attributes = kPersonSet;
  std::uint64_t max_hash_bytes = 0;
  bool keeps_text = false;  // of files up to kMaxKeptText bytes that are UTF-8
};
constexpr std::uint64_t kMaxKeptText = 32 << 10;

/// nullopt when the name is gone. Content is always read when an attribute needs it, unless the file is larger than
/// `max_hash_bytes`: whether it need be read is the caller's to say. A file that may not be read has no digest.
/// `known` is what a listing just said of it; nullptr: it is asked for.
Result<std::optional<Observation>> observe(host::Directory& directory, const std::string& name, const Look& look,
                                           const host::FileStat* known = nullptr);

}  // namespace warder::integrity
