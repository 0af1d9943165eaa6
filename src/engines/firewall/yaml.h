// Policies are written in JSON or YAML; both become a JSON value.
#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace warder::firewall {

inline constexpr std::size_t kMaxDocumentBytes = 64 << 20;

/// Text that begins with '{' or '[' is JSON, anything else YAML 1.2 (core schema; anchors, but no more than a million
/// values in all; a key twice is refused). The message names the byte (JSON) or the line and column (YAML).
Result<boost::json::value> parse_document(std::string_view text);

}  // namespace warder::firewall
