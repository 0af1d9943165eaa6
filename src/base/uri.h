// Text as a part of a URI (RFC 3986).
#pragma once

#include <string>
#include <string_view>

namespace warder {

/// The unreserved characters (letters, digits, -._~) as they are, every other byte as %XX. As good in a path or a query
/// as in a form (application/x-www-form-urlencoded).
std::string percent_encode(std::string_view text);

}  // namespace warder
