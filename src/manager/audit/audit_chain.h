// The hash chain of the audit list: what is hashed and how.
#pragma once

#include "manager/audit/audit_log.h"

namespace warder::manager {

/// SHA-256(hash of the entry before | canonical JSON of this one); 32 zero bytes stand before the first.
crypto::Digest audit_hash(const crypto::Digest& before, const AuditEntry& entry);

/// MAC over the list's length and last hash, under the tenant's key.
crypto::Digest audit_head_mac(ByteView key, std::int64_t entries, const crypto::Digest& last);

}  // namespace warder::manager
