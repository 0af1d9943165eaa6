// Two-person rule as one object: somebody asks, somebody else decides, the act that needs it uses it once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

enum class ApprovalState : std::uint8_t { Pending, Approved, Rejected, Expired, Used };
std::string_view name(ApprovalState state) noexcept;

struct Approval {
  ApprovalId id;
  std::string action;  // "policy.delete"
  std::string object;  // "policy:<id>"
  std::string reason;
  UserId requester;
  std::optional<UserId> approver;
  ApprovalState state = ApprovalState::Pending;
  Timestamp created;
  Timestamp expires;
  std::optional<Timestamp> decided;
};

struct ApprovalDraft {
  std::string action;
  std::string object;
  std::string reason;
  std::chrono::seconds expires_in{24 * 3600};
};

struct ApprovalPage {
  std::vector<Approval> items;  // newest first
  std::optional<std::string> next_cursor;
};

/// Thread-safe. Every step is an audit entry of the same transaction.
class Approvals {
 public:
  Approvals(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  Result<ApprovalPage> list(const TenantScope& scope, std::size_t limit, std::string_view cursor);
  Result<Approval> find(const TenantScope& scope, const ApprovalId& id);
  Result<Approval> request(const TenantScope& scope, const UserId& requester, const ApprovalDraft& draft);
  /// Forbidden for the requester; Conflict unless it is pending.
  Result<Approval> decide(const TenantScope& scope, const UserId& approver, const ApprovalId& id, bool is_approved,
                          std::string_view comment);
  /// Takes an approved one for exactly this act, for the requester who acts now (`scope`). Forbidden when it is not
  /// approved, is expired or used, or is for another act, object or person.
  Result<void> use(const TenantScope& scope, const ApprovalId& id, std::string_view action, std::string_view object);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The table of config.db.
FeatureSchema approvals_schema();

}  // namespace warder::manager
