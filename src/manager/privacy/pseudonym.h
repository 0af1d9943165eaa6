// Pseudonyms of users and addresses: keyed, the same for the same value within a tenant, and told from clear values by
// their form. Without the tenant's key nobody can compute one, and nobody can compute the value from one.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace warder::manager {

/// "psn-" and 20 hexadecimal digits; of an address an address of 100::/64, the block that is never routed (RFC 6666),
/// so that what expects addresses goes on working. However an address is written, its pseudonym is the same.
/// A pseudonym is its own pseudonym.
std::string pseudonym_of(ByteView key, std::string_view value);

/// Whether the text has the form of one.
bool is_pseudonym(std::string_view text);

}  // namespace warder::manager
