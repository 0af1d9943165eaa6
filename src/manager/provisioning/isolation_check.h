// Whether tenants are apart, tried out where it matters, in production: two canary tenants hold objects that nobody
// else may see, and every other tenant's way to its data is tried on them. Nothing of a customer is read or changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/events/event_store.h"
#include "manager/identity/identity.h"
#include "manager/policies/policies.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// The tenant that holds the objects, and the one that nothing is done to but to look from.
inline constexpr std::string_view kCanary = "warder-canary";
inline constexpr std::string_view kCanaryWatcher = "warder-canary-watcher";

inline constexpr std::size_t kIsolationChecksKept = 1000;

struct IsolationResult {
  Timestamp time;
  bool has_passed = false;
  std::int64_t tenants = 0;  // from which it was tried
  std::int64_t attempts = 0;
  std::vector<std::string> findings;  // "tenant acme: users: …"; empty when it has passed
};

/// Thread-safe.
class IsolationCheck {
 public:
  IsolationCheck(Tenants& tenants, Identity& identity, Policies& policies, AuditLog& audit, EventStore& events,
                 const host::Clock& clock) noexcept
      : tenants_(tenants),
        identity_(identity),
        policies_(policies),
        audit_(audit),
        events_(events),
        scopes_(tenants),
        clock_(clock) {}

  /// Makes the canaries when they are missing, looks at their objects as their own tenant does, which must succeed, and
  /// as every other does, which must not. The result is kept; when something is found, so is the event
  /// tenant.isolation.broken of the first tenant. An error: it could not be tried, which is no result.
  Result<IsolationResult> run();
  /// The newest first.
  Result<std::vector<IsolationResult>> results(std::size_t limit);
  /// Whether the newest one is older than that, or there is none.
  Result<bool> is_due(std::chrono::hours every);

 private:
  struct Objects;
  struct Trial;
  Result<TenantScope> canary(std::string_view name);
  Result<Objects> plant(const TenantScope& scope);
  void look(Trial& trial, const TenantScope& from, const Objects& objects);
  Result<void> keep(const IsolationResult& result);
  Result<void> tell(const IsolationResult& result);

  Tenants& tenants_;
  Identity& identity_;
  Policies& policies_;
  AuditLog& audit_;
  EventStore& events_;
  ScopeMaker scopes_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
