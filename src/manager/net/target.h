// The request target (RFC 9112 §3.2) of an untrusted peer: decoded path and query, or the reason to refuse it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::manager {

struct Target {
  std::string path;
  std::map<std::string, std::string, std::less<>> query;
};

/// Origin-form or absolute-form. Invalid for: bad escapes, "." and ".." segments, encoded slashes, backslashes, control
/// characters, bytes that are not UTF-8, a repeated query key, more than 64 query keys.
Result<Target> parse_target(std::string_view target);

/// Percent-decodes; Invalid for a bad escape. `plus_is_space` for queries.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace warder::manager
