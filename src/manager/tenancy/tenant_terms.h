// The terms on which a tenant is served: whether it is, where its data is, and how much of everything it may have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "manager/store/migrations.h"
#include "model/ids.h"

namespace warder::manager {

/// Suspended: nobody logs in and nothing new enrols, but agents go on protecting and their events are kept. Deleted:
/// keys and data are gone; the entry stays, so that the id is never used again.
enum class TenantStatus : std::uint8_t { Active, Suspended, Deleted };
std::string_view name(TenantStatus status) noexcept;

struct TenantTerms {
  TenantStatus status = TenantStatus::Active;
  std::string reason;                     // of the suspension
  std::optional<Timestamp> deletion_due;  // while a deletion waits; the tenant is suspended then
  std::string database_server;            // as in database_servers of the settings; empty: database_url
  std::string event_partition;            // "day", "month"; empty: by what the tenant sends
  std::optional<std::int64_t> max_agents;
  std::optional<std::int64_t> max_users;
  std::optional<std::int64_t> max_events_per_day;  // told when passed; nothing is dropped
};

/// Columns of tenant_terms, in the order that read_terms wants them from `first` on. All NULL: the defaults.
inline constexpr std::string_view kTermsColumns =
    "t.status, t.reason, t.deletion_due, t.database_server, t.event_partition, t.max_agents, t.max_users, "
    "t.max_events_per_day";
Result<TenantTerms> read_terms(const Row& row, int first);
Result<void> write_terms(Db& transaction, const TenantId& tenant, const TenantTerms& terms);

/// The table of control.db.
FeatureSchema tenant_terms_schema();

}  // namespace warder::manager
