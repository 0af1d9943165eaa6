// A change as a line of JSON: {change, entity, key, was, is, rule_id, severity, actor}.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "engines/integrity/changes.h"
#include "host/process_table.h"

namespace warder::integrity {

/// `was` and `is` have the attributes that changed, by their names in rules, and of what was created or deleted all
/// that are watched; a rename has its old key in `was.key`. Bytes that are no UTF-8 are told as \xNN.
boost::json::object to_json(const Change& change, const std::optional<host::ProcessInfo>& actor);
/// The attributes of a set as an object.
boost::json::object describe(const Entity& entity, AttributeSet attributes);
/// "updated  /etc/passwd  size 10 → 12, sha256 …": one line for people, without a line break.
std::string to_text(const Change& change, const std::optional<host::ProcessInfo>& actor);

}  // namespace warder::integrity
