// Commands for agents: queued here, sent by the gateway when the agent is there, answered or expired.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "manager/fleet/agents.h"

namespace warder::manager {

enum class CommandState : std::uint8_t { Queued, Sent, Succeeded, Failed, Expired };
std::string_view name(CommandState state) noexcept;

struct Command {
  CommandId id;
  AgentId agent;
  std::string module;  // empty: the agent itself
  std::string name;
  boost::json::object arguments;
  CommandState state = CommandState::Queued;
  std::string error;
  boost::json::value output;
  Timestamp created;
  Timestamp expires;
  std::optional<Timestamp> finished;
};

struct CommandDraft {
  std::string module;
  std::string name;
  boost::json::object arguments;
};

inline constexpr std::chrono::hours kCommandLife{1};
inline constexpr std::size_t kMaxCommandOutputBytes = 256 << 10;
inline constexpr std::int64_t kMaxQueuedCommands = 100;  // per agent

/// Thread-safe.
class Commands {
 public:
  Commands(Tenants& tenants, AuditLog& audit, ChangeBus& bus, const host::Clock& clock);

  /// TooMany when more than kMaxQueuedCommands wait for this agent.
  Result<Command> create(const TenantScope& scope, const AgentId& agent, const CommandDraft& draft);
  Result<Page<Command>> list(const TenantScope& scope, const AgentId& agent, const PageRequest& page);
  /// The queued commands of an agent that have not expired, oldest first; they become `sent`.
  Result<std::vector<Command>> take(const TenantScope& scope, const AgentId& agent);
  /// Commands that were sent on a connection that ended: queued again.
  Result<void> requeue(const TenantScope& scope, const AgentId& agent);
  /// NotFound when it is not a sent command of this agent.
  Result<void> finish(const TenantScope& scope, const AgentId& agent, const CommandId& id, std::string_view error,
                      std::string_view output);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
  ChangeBus& bus_;
  const host::Clock& clock_;
  std::mutex mutex_;   // guards ids_
  UuidGenerator ids_;  // one for all, so that ids sort in the order of creation
};

}  // namespace warder::manager
