// Entities that are no files: users, groups, ports, processes, services, software, kernel modules, scheduled jobs,
// mounts, containers. Each is a key and properties in text.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engines/integrity/changes.h"
#include "engines/integrity/rules.h"
#include "host/facts.h"

namespace warder::integrity {

struct Thing {
  std::string key;
  std::map<std::string, std::string> properties;  // by their names in rules; absent: not known
  friend bool operator==(const Thing&, const Thing&) = default;
};

/// All of a kind, ordered by key. `today` is the day since 1970, for what expires. Unavailable where they cannot be
/// known: an image has no processes.
Result<std::vector<Thing>> take_things(SetKind kind, host::HostFacts& facts, std::int64_t today);

/// The stored form of a list and its reader, for bytes that may have been tampered with.
std::string encode_things(const std::vector<Thing>& things);
Result<std::vector<Thing>> decode_things(std::string_view text);

/// One change as one rule sees it; `was` is nullptr for created, `is` for deleted.
struct ThingChange {
  ChangeKind kind = ChangeKind::Created;
  const Rule* rule = nullptr;
  SetKind set = SetKind::User;
  const Thing* was = nullptr;
  const Thing* is = nullptr;
  std::vector<std::string> properties;  // that differ; of a created or deleted one those that are watched
};
/// What differs between two ordered lists of one kind, rule by rule.
void compare_things(SetKind kind, const std::vector<Rule>& rules, const std::vector<Thing>& was,
                    const std::vector<Thing>& is, const std::function<void(const ThingChange&)>& handler);
/// The kinds that some rule has a set of, in their order.
std::vector<SetKind> kinds_of_things(const std::vector<Rule>& rules);

/// The same line as a file's change.
boost::json::object to_json(const ThingChange& change);

}  // namespace warder::integrity
