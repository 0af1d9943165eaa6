// What is hashed of an audit list, and how.
#pragma once

#include "manager/audit/audit_log.h"

namespace warder::manager {

/// Canonical JSON of the entry: the leaf of the tree.
std::string audit_leaf(const AuditEntry& entry);
/// SHA-256(hash of the entry before | leaf); 32 zero bytes stand before the first.
crypto::Digest audit_hash(const crypto::Digest& before, std::string_view leaf);

}  // namespace warder::manager
