// UTF-16 text, as Windows protocols carry it, to UTF-8.
#pragma once

#include <string>

#include "base/bytes.h"

namespace warder::ips::app {

/// Little-endian; an odd last byte is dropped, surrogates that do not pair become '?', and text ends at a zero.
std::string from_utf16le(ByteView bytes);

}  // namespace warder::ips::app
