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

/// nullopt when the name is gone. Content is read unless the file is larger than `max_hash_bytes` or `known` is the
/// same file with the same attributes, whose digest is then taken over. A file that may not be read has no digest.
Result<std::optional<Observation>> observe(host::Directory& directory, const std::string& name,
                                           std::uint64_t max_hash_bytes, const Entity* known);

}  // namespace warder::integrity
