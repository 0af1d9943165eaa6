// Between the parts of KeyStore: rows of its tables.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "manager/store/db.h"
#include "manager/tenancy/key_ring.h"

namespace warder::manager {

/// What a wrapped key is bound to.
std::string purpose_of(std::string_view id, std::uint32_t epoch);
/// Wrapped under the ring's tenant key.
Result<void> insert_class_key(Db& control, const KeyRing& ring, KeyClass key_class, const crypto::DataKey& key,
                              Timestamp now);
/// From now on this connection overwrites what it deletes. PostgreSQL: does nothing.
Result<void> secure_delete(Db& control);

}  // namespace warder::manager
