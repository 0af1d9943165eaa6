// Digests that rules and fingerprints name; MD5 and SHA-1 are here because fingerprints are made of them, not as
// security.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace warder::ips::app {

enum class DigestKind { Md5, Sha1, Sha256 };

Bytes digest(DigestKind kind, ByteView bytes);
/// Lower-case hex.
std::string digest_hex(DigestKind kind, ByteView bytes);

}  // namespace warder::ips::app
