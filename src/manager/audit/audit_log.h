// Who did what, and how it ended: one append-only list per tenant, each entry bound to the one before by its hash.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "host/clock.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

enum class AuditOutcome : std::uint8_t { Success, Denied, Failure };
std::string_view name(AuditOutcome outcome) noexcept;

struct AuditRecord {
  std::string action;  // "policy.update"
  std::string object;  // "policy:<id>"
  AuditOutcome outcome = AuditOutcome::Success;
  boost::json::object detail;
};

struct AuditEntry {
  std::int64_t index = 0;  // from 1, without gaps
  Timestamp time;
  std::string actor;
  AuditRecord record;
  crypto::Digest hash{};  // SHA-256(hash before | canonical JSON of the entry)
};

struct AuditQuery {
  std::size_t limit = 100;
  std::string cursor;  // of the page before; empty: the newest
  std::string action;  // only these; empty: all
};

struct AuditPage {
  std::vector<AuditEntry> items;  // newest first
  std::optional<std::string> next_cursor;
};

struct AuditVerification {
  bool intact = true;
  std::int64_t entries = 0;
  crypto::Digest root{};  // hash of the last entry
  std::optional<std::int64_t> first_bad_index;
  std::string detail;
};

/// Thread-safe. Entries are in the tenant's config.db, so that a change and its entry can be one transaction. The
/// list's head (count and last hash) has a MAC under the tenant's key: cutting off the end is found as well.
class AuditLog {
 public:
  AuditLog(Tenants& tenants, const host::Clock& clock) noexcept : tenants_(tenants), clock_(clock) {}

  Result<AuditEntry> append(const TenantScope& scope, std::string_view action, std::string_view object,
                            AuditOutcome outcome, boost::json::object detail = {});
  /// The same inside the caller's transaction on the tenant's config.db.
  Result<AuditEntry> append_in(Db& transaction, const TenantScope& scope, AuditRecord record);

  Result<AuditPage> list(const TenantScope& scope, const AuditQuery& query);
  /// Recomputes the whole chain.
  Result<AuditVerification> verify(const TenantScope& scope);

 private:
  Tenants& tenants_;
  const host::Clock& clock_;
};

/// The table of config.db.
FeatureSchema audit_schema();

}  // namespace warder::manager
