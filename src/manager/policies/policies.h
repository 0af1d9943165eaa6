// The tenant's tree of policies: kept with all versions, inherited from parent to child, checked before they are
// stored.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/policies/change_bus.h"
#include "manager/policies/page.h"
#include "manager/policies/trials.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"
#include "model/policy.h"

namespace warder::manager {

inline constexpr std::string_view kBasePolicyName = "Base";

struct Policy {
  PolicyId id;
  std::string name;
  std::string description;
  std::optional<PolicyId> parent;  // absent: the root
  boost::json::object document;    // what this policy sets itself
  std::int64_t version = 1;
  Timestamp modified;
  std::string modified_by;
  [[nodiscard]] std::string etag() const;
};

struct PolicyDraft {
  std::string name;
  std::string description;
  std::optional<PolicyId> parent;  // absent: Base
  boost::json::object document;
};

/// What is absent stays.
struct PolicyChange {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::optional<PolicyId>> parent;
  std::optional<boost::json::object> document;
  /// Whom the version is of, when that is not the one who acts.
  std::string author{};
  /// The end of a roll-out: until then nothing else changes document or parent.
  bool is_end_of_rollout = false;
  /// What else belongs to the same transaction on config.db. May be empty.
  std::function<Result<void>(Db&)> also;
};

struct PolicyVersion {
  std::int64_t version = 0;
  std::string name;
  boost::json::object document;
  Timestamp modified;
  std::string modified_by;
};

/// The complete document that an agent gets, and its digest.
struct EffectivePolicy {
  PolicyId id;
  std::string name;
  std::string document;  // canonical JSON
  std::string digest;    // SHA-256 of `document`, hex
  std::int64_t heartbeat_s = 30;
  std::vector<std::string> content_packs;
};

/// What something else of the tenant forbids its policies: changes the effective document before agents get it.
using PolicyLimit = std::function<Result<void>(const TenantScope&, boost::json::object& effective)>;

/// Thread-safe. What the scope does not reach is NotFound, except for layers(), effective() and base(), which agents
/// need. Every change is an audit entry, is published on the bus and, where an etag is given, fails with
/// Conflict when the policy is no longer the one that was read.
class Policies {
 public:
  Policies(Tenants& tenants, AuditLog& audit, ChangeBus& bus, const host::Clock& clock);
  /// Before use.
  void set_limit(PolicyLimit limit) { limit_ = std::move(limit); }

  Result<Page<Policy>> list(const TenantScope& scope, const PageRequest& page);
  Result<Policy> find(const TenantScope& scope, const PolicyId& id);
  /// The root of the tree; made on first use.
  Result<Policy> base(const TenantScope& scope);
  Result<Policy> create(const TenantScope& scope, const PolicyDraft& draft);
  Result<Policy> update(const TenantScope& scope, const PolicyId& id, std::string_view etag,
                        const PolicyChange& change);
  /// Conflict when it is Base, a policy, group, agent or enrolment token uses it, or a roll-out is under way.
  Result<void> remove(const TenantScope& scope, const PolicyId& id, std::string_view etag);
  Result<Page<PolicyVersion>> versions(const TenantScope& scope, const PolicyId& id, const PageRequest& page);
  Result<Policy> restore(const TenantScope& scope, const PolicyId& id, std::int64_t version, std::string_view etag);

  Result<std::vector<EffectiveSetting>> explain(const TenantScope& scope, const PolicyId& id);
  /// base(scope).id, remembered.
  Result<PolicyId> base_id(const TenantScope& scope);
  Result<EffectivePolicy> effective(const TenantScope& scope, const PolicyId& id);
  /// What this agent gets: with the documents of roll-outs that have reached it.
  Result<EffectivePolicy> effective(const TenantScope& scope, const PolicyId& id, const AgentId& agent);
  /// Roll-outs have changed: agents may get something else now.
  void rollouts_changed(const TenantScope& scope) { tell(scope); }
  /// The limit says something else now.
  void limit_changed(const TenantScope& scope) { tell(scope); }
  /// From the root to `id`.
  Result<std::vector<PolicyLayer>> layers(const TenantScope& scope, const PolicyId& id);
  /// With the documents of roll-outs that have reached the agent.
  Result<std::vector<PolicyLayer>> layers(const TenantScope& scope, const PolicyId& id, const AgentId& agent);

 private:
  /// Effective policies, until something of the tenant changes.
  struct Cache {
    std::uint64_t generation = 0;
    std::optional<PolicyId> base;  // never changes
    std::unordered_map<PolicyId, EffectivePolicy> policies;
    std::shared_ptr<const Trials> trials;                    // null: not read yet
    std::unordered_map<std::string, EffectivePolicy> ahead;  // by policy and the roll-outs that reach an agent
  };
  void tell(const TenantScope& scope);
  Result<EffectivePolicy> effective_of(const TenantScope& scope, const PolicyId& id,
                                       const std::vector<PolicyLayer>& way) const;
  Result<std::shared_ptr<const Trials>> trials(const TenantScope& scope);
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const Policy& policy);

  Tenants& tenants_;
  AuditLog& audit_;
  ChangeBus& bus_;
  const host::Clock& clock_;
  PolicyLimit limit_;
  std::mutex mutex_;  // guards caches_
  std::unordered_map<TenantId, Cache> caches_;
};

/// Invalid with the pointer into it when it is no document of a policy.
Result<void> check_policy_document(const boost::json::object& document);

/// The tables of config.db.
FeatureSchema policies_schema();

}  // namespace warder::manager
