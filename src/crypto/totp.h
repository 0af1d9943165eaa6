// One-time codes by time (RFC 6238, HMAC-SHA-1, 30 seconds), as authenticator apps make them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace warder::crypto {

/// RFC 4226: the code of a counter.
std::string hotp(ByteView secret, std::uint64_t counter, int digits = 6);

/// The number of the 30 seconds that a time lies in.
std::int64_t totp_step(Timestamp time) noexcept;

/// The step, at most one from that of `now`, whose code of six digits this is. All are compared, in constant time.
std::optional<std::int64_t> find_totp_step(ByteView secret, std::string_view code, Timestamp now);

/// RFC 4648 §6 without padding: how secrets are typed.
std::string to_base32(ByteView bytes);

}  // namespace warder::crypto
