// Golden hosts: the host of a policy on which changes are made first, so that the same change on the policy's other
// hosts is explained, whichever of the two the manager hears of first.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/sequenced.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

struct GoldenHost {
  AgentId agent;
  std::string hostname;
  Timestamp named;
  std::string named_by;
  std::int64_t changes = 0;  // of its own that are remembered
};

struct PreparedEvent;

/// A stored event that the golden host explains now, or does no longer.
struct GoldenVerdict {
  Timestamp time;
  EventId id;
  bool is_explained = false;
};

struct GoldenComparison {
  PolicyId policy;
  std::string by;  // "golden host web-1"
  std::vector<GoldenVerdict> stored;
};

/// Kept now and then: they may be passed by a sixty-fourth and a batch.
struct GoldenLimits {
  std::int64_t states = 100'000;  // of a golden host, the oldest go first
  std::int64_t states_of_path = 16;
  std::int64_t changes = 50'000;         // of a policy's other hosts, for what the golden host may say later
  std::int64_t changes_of_path = 5'000;  // compared at a time
  std::chrono::days change_age{30};
};

/// Thread-safe, but compare() and settle() of one tenant come one after the other.
///
/// A change at time t is explained when the golden host had what is there now at that path, and did not have something
/// else again by t. So the answer depends on the times alone and not on the order in which events come; a change that
/// was explained before an older event of the golden host came in, which says otherwise, is an alarm again. Only what
/// the golden host tells after it was named is known. Its own changes are never explained by it.
class GoldenHosts {
 public:
  /// The policy that applies to an agent; NotFound when there is no such agent.
  using PolicyOf = std::function<Result<PolicyId>(const TenantScope&, const AgentId&)>;

  GoldenHosts(Tenants& tenants, AuditLog& audit, const host::Clock& clock, PolicyOf policy_of,
              GoldenLimits limits = {});

  Result<std::optional<GoldenHost>> find(const TenantScope& scope, const PolicyId& policy);
  /// Invalid when the policy does not apply to the agent. Another one that was named before is forgotten.
  Result<void> name(const TenantScope& scope, const PolicyId& policy, const AgentRef& agent);
  /// NotFound when there is none. What it has explained stays explained.
  Result<void> clear(const TenantScope& scope, const PolicyId& policy);

  /// Looks at what is about to be stored: marks what the golden host explains, remembers the rest and what the golden
  /// host tells itself, and says which of the stored events count otherwise now.
  Result<GoldenComparison> compare(const TenantScope& scope, const AgentRef& agent, std::span<PreparedEvent> events);
  /// What compare() said of stored events has been done.
  Result<void> settle(const TenantScope& scope, const GoldenComparison& comparison);

 private:
  Result<void> bound(Db& db, const PolicyId& policy);
  bool is_bound_due(const PolicyId& policy, std::size_t added);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const PolicyOf policy_of_;
  const GoldenLimits limits_;
  std::mutex mutex_;                          // guards added_
  std::map<std::string, std::size_t> added_;  // changes by policy, since its bounds were kept
};

/// The tables of config.db; those of policies and agents come before.
FeatureSchema golden_schema();

}  // namespace warder::manager
