// An operator of the first tenant may act in another tenant only under a grant: asked for with a reason and an end,
// agreed to by the tenant or by two other operators, and seen by the tenant in its own audit log at every step.
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
#include "manager/identity/principal.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

using AccessGrantId = Id<struct AccessGrantTag>;

/// Waiting: for the tenant's consent or a second operator's. Ended: refused, taken back, or past its end.
enum class AccessGrantState : std::uint8_t { Waiting, Active, Ended };
std::string_view name(AccessGrantState state) noexcept;

struct AccessGrant {
  AccessGrantId id;
  TenantId tenant;
  UserId operator_user;  // of the first tenant
  std::string operator_name;
  std::string role;  // whose rights it gives, less those that would outlast it
  std::string reason;
  Timestamp created;
  Timestamp expires;
  std::optional<UserId> consent;  // a user of the tenant
  std::vector<UserId> approvers;  // operators; two are as good as the tenant's consent
  std::optional<Timestamp> ended;
  std::string end_reason;

  [[nodiscard]] AccessGrantState state(Timestamp now) const;
};

struct AccessGrantDraft {
  TenantId tenant;
  std::string role = "auditor";
  std::string reason;
  std::chrono::seconds expires_in{4 * 3600};
};

/// Who decides or ends: somebody of the tenant, or an operator.
struct AccessGrantActor {
  TenantId tenant;
  UserId user;
};

/// Thread-safe.
class AccessGrants {
 public:
  static constexpr std::chrono::seconds kLongest{7 * 24 * 3600};

  AccessGrants(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), scopes_(tenants), clock_(clock) {}

  /// Invalid for the first tenant itself, a role that is not built in, no reason, or an end past kLongest. `requester`
  /// is of the first tenant.
  Result<AccessGrant> request(const Principal& requester, const AccessGrantDraft& draft);
  /// Of the tenant, or of all tenants to an operator; newest first, at most 1,000.
  Result<std::vector<AccessGrant>> list(const TenantId& reader);
  /// NotFound to other tenants.
  Result<AccessGrant> find(const TenantId& reader, const AccessGrantId& id);
  /// Forbidden to the requester; Conflict unless it waits. A refusal ends it.
  Result<AccessGrant> decide(const AccessGrantActor& who, const AccessGrantId& id, bool is_agreed,
                             std::string_view comment);
  /// By the tenant or any operator, at any time.
  Result<AccessGrant> end(const AccessGrantActor& who, const AccessGrantId& id, std::string_view reason);

  /// The operator as they act in the tenant, for one request, which the tenant's audit log names. Forbidden without an
  /// active grant.
  Result<Principal> act(const Principal& requester, std::string_view tenant, std::string_view operation);

 private:
  Result<TenantId> first() const;
  Result<void> store(Db& transaction, const AccessGrant& grant, bool is_new) const;
  /// Into the log of the tenant and of the first one.
  Result<void> record(const AccessGrant& grant, const std::string& actor, std::string_view step,
                      boost::json::object detail = {});

  Tenants& tenants_;
  AuditLog& audit_;
  ScopeMaker scopes_;
  const host::Clock& clock_;
};

/// What a role gives under a grant: nothing that makes users, rights, approvals or keys, which would outlast it.
Rights rights_under_grant(std::string_view role);

/// The table of control.db.
FeatureSchema access_grants_schema();

}  // namespace warder::manager
