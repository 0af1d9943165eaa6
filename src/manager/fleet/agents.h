// The record of each agent: what an administrator decided (group, policy) and what the agent last said about itself.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
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

struct AgentFilter {
  std::optional<AgentState> state;
  std::optional<GroupId> group;
  std::string hostname;  // substring, ignoring case
};

struct AgentChange {
  std::optional<std::optional<GroupId>> group;
  std::optional<std::optional<PolicyId>> policy;
};

struct FleetSummary {
  std::int64_t agents = 0;
  std::int64_t online = 0;
  std::int64_t offline = 0;
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
};

/// A new agent, as enrolment makes it.
struct NewAgent {
  AgentId id;
  std::string hostname;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
  Timestamp certificate_expires;
};

inline constexpr std::chrono::minutes kMaxClockOffset{5};
/// An agent is offline after this many missed heartbeats, whatever its connection says.
inline constexpr int kMissedHeartbeats = 3;

/// Thread-safe. Heartbeats are collected in memory and written together by flush().
class Agents {
 public:
  Agents(Tenants& tenants, AuditLog& audit, Policies& policies, ChangeBus& bus, const host::Clock& clock);

  Result<Page<Agent>> list(const TenantScope& scope, const AgentFilter& filter, const PageRequest& page);
  Result<Agent> find(const TenantScope& scope, const AgentId& id);
  Result<Agent> update(const TenantScope& scope, const AgentId& id, std::string_view etag, const AgentChange& change);
  /// From now on its certificate is refused. Its events stay.
  Result<void> remove(const TenantScope& scope, const AgentId& id, std::string_view etag);
  Result<FleetSummary> summary(const TenantScope& scope);
  /// How many agents get this policy, whether of their own, by their group or because nothing else says so.
  Result<std::map<PolicyId, std::int64_t>> count_by_policy(const TenantScope& scope);

  /// The policy that applies: the agent's own, else that of the nearest group that has one, else Base.
  Result<PolicyId> policy_of(const TenantScope& scope, const AgentId& id);

  // What the gateway tells.
  Result<void> add(const TenantScope& scope, const NewAgent& agent);
  /// True when the same identity was used on another machine before: a clone.
  Result<bool> record_hello(const TenantScope& scope, const AgentId& id, const AgentHello& hello);
  void record_heartbeat(const TenantScope& scope, const AgentId& id, AgentHeartbeat heartbeat);
  Result<void> record_disconnect(const TenantScope& scope, const AgentId& id);
  Result<void> record_policy_sent(const TenantScope& scope, const AgentId& id, std::string_view digest);
  /// `error` empty: in force.
  Result<void> record_policy_result(const TenantScope& scope, const AgentId& id, std::string_view digest,
                                    std::string_view error);
  Result<void> record_certificate(const TenantScope& scope, const AgentId& id, Timestamp expires);
  /// Nobody is connected to this node any more; at start, before the first connection.
  Result<void> reset_connections(const TenantScope& scope);
  /// Writes the collected heartbeats, one transaction a tenant. Call about once a second.
  Result<void> flush();

 private:
  struct Collected {
    AgentHeartbeat heartbeat;
    Timestamp seen;
  };
  struct Waiting {
    TenantScope scope;
    std::unordered_map<AgentId, Collected> agents;
  };

  Tenants& tenants_;
  AuditLog& audit_;
  Policies& policies_;
  ChangeBus& bus_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards waiting_
  std::unordered_map<TenantId, Waiting> waiting_;
};

}  // namespace warder::manager
