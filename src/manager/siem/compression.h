// Bodies of requests, compressed.
#pragma once

#include <string>
#include <string_view>

namespace warder::manager {

/// RFC 1952.
std::string gzip(std::string_view text);

}  // namespace warder::manager
