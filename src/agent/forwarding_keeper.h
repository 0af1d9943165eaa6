// Forwarding as the supervisor sees it: the policy in force, what the manager and the user are told of it.
#pragma once

#include <chrono>
#include <optional>

#include "agent/forwarder.h"
#include "agent/reporter.h"
#include "base/json.h"

namespace warder::agent {

/// Single-threaded: all on the loop's thread.
class ForwardingKeeper {
 public:
  /// A receiver that cannot be reached for `tell_after` is a degraded state and an event.
  ForwardingKeeper(ForwarderParts parts, Reporter& reporter,
                   std::chrono::milliseconds tell_after = std::chrono::seconds{30});

  /// Nothing happens when it is the one in force.
  void use(const sinks::ForwardingPolicy& policy);
  void wake() { forwarder_.wake(); }
  /// Tells of what has failed, recovered or been lost since the last time; call it every second or so. True: the state
  /// is another than then.
  bool look();

  /// Beside those of the modules; absent: nothing is forwarded.
  [[nodiscard]] std::optional<protocol::ModuleState> state() const;
  /// For `warder-agent status`.
  [[nodiscard]] json::object describe() const;

 private:
  void look_at_losses(const std::string& destination);
  [[nodiscard]] bool is_failing(const ForwarderStatus& status) const;

  Spool& spool_;
  const host::Clock& clock_;
  Reporter& reporter_;
  Forwarder forwarder_;
  const std::chrono::milliseconds tell_after_;
  std::optional<sinks::ForwardingPolicy> policy_;
  bool is_told_ = false;
  std::uint64_t lost_told_ = 0;
  std::optional<Timestamp> loss_time_;  // of the last event about losses
};

}  // namespace warder::agent
