// Sealing anew what is sealed with a key of an older epoch or of another class: in bounded batches, beside everything
// else. One that was interrupted has done what it has done; the next goes on.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "base/time.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct ResealReport {
  std::size_t seen = 0;
  std::size_t sealed = 0;  // anew
  std::size_t broken = 0;  // does not open; left as it is
};

inline constexpr std::size_t kResealBatch = 200;

/// All declared columns (StoredField::sealed_row) of the tenant's configuration, `batch` rows in one transaction. A row
/// that somebody else changes meanwhile is left to them.
Result<ResealReport> reseal(Tenants& tenants, const TenantScope& scope, std::size_t batch = kResealBatch);
/// Those of the control database.
Result<ResealReport> reseal_control(Tenants& tenants, std::size_t batch = kResealBatch);

/// Seals anew what needs it, and retires keys that nothing is sealed with any more. With `all`, also where every key
/// has one epoch only: what was sealed before there were classes.
Result<ResealReport> renew_seals(Tenants& tenants, const TenantScope& scope, Timestamp now, bool all);
Result<ResealReport> renew_control_seals(Tenants& tenants, Timestamp now, bool all);

}  // namespace warder::manager
