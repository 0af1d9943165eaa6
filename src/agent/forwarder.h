// Sends the host's events from the spool to the receiver that the policy names (section "forwarding"), beside the
// stream to the manager: at least once, in the order of spooling, with the ids that the manager has.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "agent/backoff.h"
#include "agent/spool.h"
#include "base/log.h"
#include "host/clock.h"
#include "model/messages.h"
#include "sinks/delivery.h"
#include "sinks/forwarding_policy.h"

namespace warder::agent {

struct ForwarderStatus {
  std::string destination;  // "siem.example:6514"; empty: nothing is forwarded
  std::string error;        // of the last try; empty: none
  std::optional<Timestamp> failing_since;
  std::optional<Timestamp> last_delivery;
};

/// What the forwarder works with; all of it outlives the forwarder.
struct ForwarderParts {
  Spool& spool;
  const Messages& messages;
  const host::Clock& clock;
  Log& log;
  AgentId agent;
  TenantId tenant;
  std::string host;
  /// The own certificate that client_certificate names. Called on the forwarder's thread, for each connection anew.
  std::function<Result<sinks::Credentials>(const std::string& which)> credentials;
};

struct ForwarderOptions {
  std::chrono::milliseconds retry_first{1000};
  std::chrono::milliseconds retry_longest{60'000};
  Dice dice = system_dice();
};

/// Thread-safe. Has one thread, which alone waits for resolvers and receivers. At most one batch of events is in
/// memory.
class Forwarder {
 public:
  explicit Forwarder(ForwarderParts parts, ForwarderOptions options = {});
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  /// Also says which events the spool keeps for the receiver; with a policy that is not enabled, none. What waits goes
  /// to the new receiver. Does not wait for what is under way.
  Result<void> use(const sinks::ForwardingPolicy& policy);
  /// There is something new in the spool.
  void wake();
  [[nodiscard]] ForwarderStatus status() const;

 private:
  void run(const std::stop_token& stop);
  std::pair<sinks::ForwardingPolicy, std::stop_token> next_policy(const std::stop_token& stop);
  Result<void> serve(const std::stop_token& stop, const sinks::ForwardingPolicy& policy);
  Result<bool> send_new(sinks::Delivery& delivery, const sinks::ForwardingPolicy& policy, const std::stop_token& stop);
  Result<void> settle(sinks::Delivery& delivery);
  [[nodiscard]] formats::OutgoingEvent outgoing(Event event, const std::string& language) const;
  void note(const std::string& error);
  void pause(const std::stop_token& stop, std::chrono::milliseconds time);

  const ForwarderParts parts_;
  const ForwarderOptions options_;
  Backoff backoff_;         // of the thread
  std::uint64_t read_ = 0;  // of the thread: up to here is in flight

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any woken_;
  bool is_woken_ = false;
  sinks::ForwardingPolicy policy_;
  std::stop_source serving_;  // with policy_; used up when there is another one
  ForwarderStatus status_;

  std::jthread thread_;
};

}  // namespace warder::agent
