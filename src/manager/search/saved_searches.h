// Searches of events that people keep: their own, and those that a tenant shares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

using SavedSearchId = Id<struct SavedSearchTag>;

struct SavedSearch {
  SavedSearchId id;
  std::string name;
  std::string filter;    // of the filter language; empty: every event
  std::string range;     // "24h"; empty: as the page has it
  std::string group_by;  // fields, comma-separated; empty: a list of events
  bool is_shared = false;
  std::string owner;  // the actor that made it: "user:<id>"
  Timestamp created{};
  std::int64_t version = 1;
};

struct SavedSearchDraft {
  std::string name;
  std::string filter;
  std::string range;
  std::string group_by;
  bool is_shared = false;
};

inline constexpr std::size_t kMaxSavedSearches = 1'000;  // of a tenant

/// Thread-safe. A scope's actor sees its own searches and the shared ones; to change one it must be its own, or the
/// actor `may_share` and the search is shared. What may not be seen is NotFound.
class SavedSearches {
 public:
  SavedSearches(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name.
  Result<std::vector<SavedSearch>> list(const TenantScope& scope);
  Result<SavedSearch> find(const TenantScope& scope, const SavedSearchId& id);
  /// Invalid with the pointer of the member; Forbidden for a shared one unless `may_share`.
  Result<SavedSearch> create(const TenantScope& scope, const SavedSearchDraft& draft, bool may_share);
  Result<SavedSearch> update(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                             const SavedSearchDraft& draft, bool may_share);
  Result<void> remove(const TenantScope& scope, const SavedSearchId& id, std::string_view etag, bool may_share);

 private:
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const SavedSearch& search);
  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema search_schema();

}  // namespace warder::manager
