// Changes of a policy that reach its hosts ring by ring, and go no further when hosts of a ring are not well.
//
// Until the end the policy itself stays as it was: the hosts of the opened rings get the new document in its place. So
// backing out is one step for all of them, and the end is a version of the policy like any other.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/fleet/agents.h"
#include "manager/policies/policies.h"
#include "manager/rollouts/ring_health.h"

namespace warder::manager {

/// Which hosts a ring has: one of the three. All are among the hosts that the policy applies to, itself or by
/// inheritance.
struct Ring {
  std::string name;
  int percent = 0;              // this many of all, with those of the rings before
  std::vector<GroupId> groups;  // those in these groups and below
  std::string tag;              // those with this tag
  friend bool operator==(const Ring&, const Ring&) = default;
};

enum class RolloutState : std::uint8_t { Running, Paused, Finished, BackedOut };
std::string_view name(RolloutState state) noexcept;  // "running", "paused", "finished", "backed-out"

enum class RolloutStep : std::uint8_t { Pause, Resume, Advance, BackOut };
Result<RolloutStep> parse_rollout_step(std::string_view text);  // "pause", "resume", "advance", "back-out"

struct RolloutDraft {
  boost::json::object document;
  std::vector<Ring> rings;  // without the last one, of everybody else
  std::chrono::seconds soak{std::chrono::minutes{15}};
  int max_unhealthy_percent = 0;
};

struct Rollout {
  RolloutId id;
  PolicyId policy;
  boost::json::object document;
  std::int64_t base_version = 0;  // of the policy when it began
  std::vector<Ring> rings;        // the last one is everybody else
  std::size_t opened = 0;         // how many of them; the last of these is the present one
  bool is_forced = false;         // somebody wants the next one opened without waiting
  Timestamp ring_started;
  std::chrono::seconds soak{};
  int max_unhealthy_percent = 0;
  RolloutState state = RolloutState::Running;
  std::string reason;  // why it was backed out
  Timestamp started;
  std::string started_by;
  std::optional<Timestamp> ended;
  std::vector<RingCounts> counts;  // of the opened rings
};

struct RolloutHost {
  AgentId agent;
  std::string hostname;
  std::size_t ring = 0;
  HostVerdict verdict = HostVerdict::Waiting;
  std::string problem;
};

/// Started, finished or backed out.
struct RolloutNews {
  std::string_view type;  // a message id: "policy.rollout.started", "policy.rollout.finished" …
  const Rollout& rollout;
  std::string policy_name;
};

inline constexpr std::size_t kMaxRings = 8;  // with the last one

/// Thread-safe. What the scope does not reach is NotFound. Every step is an audit entry.
class Rollouts {
 public:
  using Tell = std::function<void(const TenantScope&, const RolloutNews&)>;
  Rollouts(Tenants& tenants, AuditLog& audit, Policies& policies, Agents& agents, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), policies_(policies), agents_(agents), clock_(clock) {}

  /// Who is told of news; before anything else is called.
  void set_tell(Tell tell) { tell_ = std::move(tell); }

  /// The first ring is opened by keep_up(). Stale when the policy is not that of `etag`; Conflict when another one is
  /// under way; Invalid with the pointer of what is wrong.
  Result<Rollout> start(const TenantScope& scope, const PolicyId& policy, std::string_view etag,
                        const RolloutDraft& draft);
  /// Newest first.
  Result<Page<Rollout>> list(const TenantScope& scope, const PolicyId& policy, const PageRequest& page);
  Result<Rollout> find(const TenantScope& scope, const RolloutId& id);
  /// The hosts of the opened rings that the scope reaches, the unhealthy ones first.
  Result<Page<RolloutHost>> hosts(const TenantScope& scope, const RolloutId& id, const PageRequest& page);
  /// Conflict when it is over, or paused already and so on. Advance has the next keep_up() open a ring, or finish,
  /// whatever the hosts of the present one say.
  Result<Rollout> step(const TenantScope& scope, const RolloutId& id, RolloutStep step);
  /// Looks after all that run: judges hosts, opens rings, finishes, backs out. `scope` is the manager's.
  Result<void> keep_up(const TenantScope& scope);

 private:
  struct Fleet;
  Result<Fleet> read_fleet(const TenantScope& scope, const PolicyId& policy);
  Result<void> look_after(const TenantScope& scope, const Rollout& rollout);
  Result<void> open_ring(const TenantScope& scope, const Rollout& rollout, const Fleet& fleet);
  Result<void> finish(const TenantScope& scope, const Rollout& rollout);
  Result<void> back_out(const TenantScope& scope, const Rollout& rollout, const std::string& reason);
  Result<void> record(Db& db, const TenantScope& scope, std::string_view action, const Rollout& rollout,
                      boost::json::object detail = {});
  void tell(const TenantScope& scope, std::string_view type, const RolloutId& id);

  Tenants& tenants_;
  AuditLog& audit_;
  Policies& policies_;
  Agents& agents_;
  const host::Clock& clock_;
  Tell tell_;
};

}  // namespace warder::manager
