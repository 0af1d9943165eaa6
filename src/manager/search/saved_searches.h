// Searches that people keep, as views of a page of the console: their own, and those that a tenant shares.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/search/search_pages.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

using SavedSearchId = Id<struct SavedSearchTag>;

struct SavedSearchDraft {
  std::string name;
  std::string page{kEventsPage};  // of search_pages(); it stays
  SearchState state{};
  bool is_shared = false;
  friend bool operator==(const SavedSearchDraft&, const SavedSearchDraft&) = default;
};

struct SavedSearch {
  SavedSearchId id;
  SavedSearchDraft draft;
  std::string owner;  // the actor that made it: "user:<id>"
  Timestamp created{};
  std::int64_t version = 1;
};

inline constexpr std::size_t kMaxSavedSearches = 1'000;  // of a tenant

/// What the actor may do beside keeping searches of its own.
struct SearchRights {
  /// Whether it has the right that a page takes; empty: every one.
  std::function<bool(std::string_view right)> may{};
  bool may_share = false;
};

/// Thread-safe. A scope's actor sees its own searches and the shared ones, of pages whose right it has; to change one
/// it must be its own, or the actor `may_share` and the search is shared. What may not be seen is NotFound.
class SavedSearches {
 public:
  SavedSearches(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name; of this page alone, unless it is empty.
  Result<std::vector<SavedSearch>> list(const TenantScope& scope, std::string_view page, const SearchRights& rights);
  Result<SavedSearch> find(const TenantScope& scope, const SavedSearchId& id, const SearchRights& rights);
  /// Invalid with the pointer of the member; Forbidden for a shared one unless `may_share`, and for a page whose right
  /// the actor lacks.
  Result<SavedSearch> create(const TenantScope& scope, const SavedSearchDraft& draft, const SearchRights& rights);
  Result<SavedSearch> update(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                             const SavedSearchDraft& draft, const SearchRights& rights);
  Result<void> remove(const TenantScope& scope, const SavedSearchId& id, std::string_view etag,
                      const SearchRights& rights);

 private:
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const SavedSearch& search);
  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The tables of config.db.
FeatureSchema search_schema();

}  // namespace warder::manager
