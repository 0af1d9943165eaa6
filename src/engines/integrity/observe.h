// Looking at one file: what it is now, read while it holds still.
#pragma once

#include <optional>
#include <string>

#include "engines/integrity/entity.h"
#include "host/file_tree.h"

namespace warder::integrity {

struct Observation {
  Entity entity;
  bool is_settled = true;  // false: it kept changing while it was read
};

/// nullopt when the name is gone. Content is always read, unless the file is larger than `max_hash_bytes`: whether it
/// need be read is the caller's to say. A file that may not be read has no digest.
Result<std::optional<Observation>> observe(host::Directory& directory, const std::string& name,
                                           std::uint64_t max_hash_bytes);

}  // namespace warder::integrity
