// The record of each agent: what an administrator decided (group, policy) and what the agent last said about itself.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/policies/policies.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

enum class AgentState : std::uint8_t { NeverConnected, Online, Offline };
std::string_view name(AgentState state) noexcept;  // "never-connected" …
Result<AgentState> parse_agent_state(std::string_view text);

enum class PolicyState : std::uint8_t { None, Pending, Applied, Failed };
std::string_view name(PolicyState state) noexcept;

struct AgentModule {
  std::string module;
  std::string state;  // "off", "on", "degraded"; "unknown" once the agent is offline
  std::string reason;
  std::map<std::string, std::int64_t> counters;
  friend bool operator==(const AgentModule&, const AgentModule&) = default;
};

struct Agent {
  AgentId id;
  std::string hostname;
  AgentState state = AgentState::NeverConnected;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;  // its own; absent: its group's, else Base
  std::set<std::string> tags;
  std::optional<std::int64_t> asset_value{};  // its own; absent: its group's, else the least
  PolicyState policy_state = PolicyState::None;
  std::string policy_error;
  std::string agent_version;
  std::string os;
  std::string kernel;
  std::string address;
  Timestamp enrolled;
  std::optional<Timestamp> last_seen;
  std::optional<Timestamp> certificate_expires;
  std::optional<std::int64_t> clock_offset_ms;  // agent's clock minus the manager's
  std::vector<AgentModule> modules;
  std::int64_t spool_events = 0;
  std::vector<std::string> warnings;  // message ids: "agent.clock.wrong", "agent.clone", "agent.certificate.expiring" …
  std::int64_t version = 1;           // of what administrators set
  [[nodiscard]] std::string etag() const;
};

std::int64_t count_degraded(const std::vector<AgentModule>& modules);

/// Which hosts by what their modules last said: those where none is in force, or those where one is degraded.
enum class Protection : std::uint8_t { None, Degraded };
Result<Protection> parse_protection(std::string_view text);  // "none", "degraded"

struct AgentFilter {
  std::optional<AgentState> state;
  std::optional<GroupId> group;
  std::string hostname;  // substring, ignoring case
  std::string tag{};     // exact; empty: any
  std::optional<Protection> protection{};
  std::vector<std::string> filters{};  // of the filter language over host_fields(); all must hold
};

struct AgentChange {
  std::optional<std::optional<GroupId>> group;
  std::optional<std::optional<PolicyId>> policy;
  std::optional<std::set<std::string>> tags;
  std::optional<std::optional<std::int64_t>> asset_value{};
};

inline constexpr std::size_t kMaxTags = 32;  // of one agent

struct FleetSummary {
  std::int64_t agents = 0;
  std::int64_t online = 0;
  std::int64_t offline = 0;
  std::int64_t unprotected = 0;  // no module was in force when they last said something, or they never did
  std::int64_t degraded_modules = 0;
  std::int64_t pending_policies = 0;
};

/// What an agent said when it connected.
struct AgentHello {
  std::string agent_version;
  std::string hostname;
  std::string os;
  std::string kernel;
  std::string machine;  // hashed with the agent id
  std::string address;
  std::string policy_digest;
  std::int64_t heartbeat_s = 30;
  Timestamp certificate_expires;
};

struct AgentHeartbeat {
  std::int64_t clock_offset_ms = 0;
  std::vector<AgentModule> modules;
  std::int64_t spool_events = 0;
  std::int64_t heartbeat_s = 30;  // the interval in force
};

/// A new agent, as enrolment makes it.
struct NewAgent {
  AgentId id;
  std::string hostname;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
  Timestamp certificate_expires;
};

struct HelloOutcome {
  std::string hostname;   // as the manager knows it now
  bool is_clone = false;  // the same identity was used on another machine before
};

/// The groups' tree, small enough to be read whole.
struct GroupNode {
  std::optional<GroupId> parent;
  std::optional<PolicyId> policy;
};
using GroupTree = std::unordered_map<GroupId, GroupNode>;
struct AgentRow;

inline constexpr std::chrono::minutes kMaxClockOffset{5};
/// An agent is offline after this many missed heartbeats, whatever its connection says.
inline constexpr int kMissedHeartbeats = 3;

/// Thread-safe. Lists, counts and single agents end where the scope ends; what is beyond is NotFound, and moving an
/// agent out of it is Forbidden. What administrators change is durable when the call returns. What agents report is
/// collected in memory and written together by flush(): a crash forgets less than a second of it, and the agents say it
/// again.
class Agents {
 public:
  Agents(Tenants& tenants, AuditLog& audit, Policies& policies, ChangeBus& bus, const host::Clock& clock);

  Result<Page<Agent>> list(const TenantScope& scope, const AgentFilter& filter, const PageRequest& page);
  Result<Agent> find(const TenantScope& scope, const AgentId& id);
  Result<Agent> update(const TenantScope& scope, const AgentId& id, std::string_view etag, const AgentChange& change);
  /// From now on its certificate is refused. Its events stay.
  Result<void> remove(const TenantScope& scope, const AgentId& id, std::string_view etag);
  /// Of a group, or of all; of those only for which all filters hold (AgentFilter::filters).
  Result<FleetSummary> summary(const TenantScope& scope, const std::optional<GroupId>& group = std::nullopt,
                               const std::vector<std::string>& filters = {});
  /// How many agents get this policy, whether of their own, by their group or because nothing else says so.
  Result<std::map<PolicyId, std::int64_t>> count_by_policy(const TenantScope& scope);

  /// The agents of a scope that is not the whole tenant.
  Result<std::set<AgentId>> reached(const TenantScope& scope);

  /// The policy that applies: the agent's own, else that of the nearest group that has one, else Base. NotFound when
  /// there is no such agent.
  Result<PolicyId> policy_of(const TenantScope& scope, const AgentId& id);

  /// The agent's own, else that of the nearest group that has one; absent when nobody has valued it.
  Result<std::optional<std::int64_t>> asset_value_of(const TenantScope& scope, const AgentId& id);

  /// policy_of() for every agent of the tenant.
  Result<std::unordered_map<AgentId, PolicyId>> policies_of_all(const TenantScope& scope);

  // What the gateway tells.
  Result<void> add(Db& transaction, const NewAgent& agent);
  /// NotFound when the agent was removed.
  Result<HelloOutcome> record_hello(const TenantScope& scope, const AgentId& id, const AgentHello& hello);
  void record_heartbeat(const TenantScope& scope, const AgentId& id, const AgentHeartbeat& heartbeat);
  void record_disconnect(const TenantScope& scope, const AgentId& id);
  /// `error` empty: in force.
  void record_policy_result(const TenantScope& scope, const AgentId& id, std::string_view digest,
                            std::string_view error);
  void record_certificate(const TenantScope& scope, const AgentId& id, Timestamp expires);
  /// Nobody is connected to this node any more; at start, before the first connection.
  Result<void> reset_connections(const TenantScope& scope);
  /// Writes what was collected, one transaction a tenant.
  Result<void> flush();

 private:
  /// What was reported since the last flush.
  struct Report {
    std::optional<AgentHello> hello;
    std::optional<AgentHeartbeat> heartbeat;
    std::optional<Timestamp> seen;
    std::optional<Timestamp> clone_seen;
    std::optional<bool> connected;
    std::optional<std::string> policy_digest;
    std::optional<std::pair<std::string, std::string>> policy_refusal;  // digest, error
    std::optional<Timestamp> certificate_expires;
  };
  struct Waiting {
    TenantScope scope;
    std::unordered_map<AgentId, Report> agents;
  };
  Report& report(const TenantScope& scope, const AgentId& id);
  Result<void> write(Db& db, const AgentId& id, const Report& report);
  /// What resolving an agent's policy needs.
  struct PolicyContext {
    GroupTree groups;
    PolicyId base;
  };
  Result<PolicyContext> policy_context(const TenantScope& scope, Db& db);
  static PolicyId policy_in(const PolicyContext& context, const Agent& agent);
  Result<Agent> finish(const TenantScope& scope, const PolicyContext& context, AgentRow row);
  void put_back(const Waiting& unwritten);
  Result<void> apply(Db& db, const TenantScope& scope, const AgentChange& change, Agent& agent);

  Tenants& tenants_;
  AuditLog& audit_;
  Policies& policies_;
  ChangeBus& bus_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards waiting_
  std::unordered_map<TenantId, Waiting> waiting_;
};

/// The tables of config.db, of all of fleet.
FeatureSchema fleet_schema();

}  // namespace warder::manager
