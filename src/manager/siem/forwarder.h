// Serves every tenant's destinations, each in a thread of its own, so that a slow receiver holds up nobody else.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/job_states.h"
#include "base/log.h"
#include "base/metrics.h"
#include "manager/events/event_feed.h"
#include "manager/siem/destination_run.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

struct ForwarderParts {
  Tenants& tenants;
  ScopeMaker& scopes;
  Destinations& destinations;
  EventStore& events;
  EventFeed& feed;
  const Messages& messages;
  const host::Clock& clock;
  Log& log;
  Metrics& metrics;
};

struct ForwarderOptions {
  std::string version;                     // of the product, as receivers see it
  std::vector<IpPrefix> private_networks;  // that tenants other than the first may send to, besides public addresses
  std::size_t max_runs = 256;              // destinations served at once
  /// How far others have read, at most the place; empty: nobody else reads.
  std::function<Result<OutboxPlace>(const TenantScope&, OutboxPlace)> read_by_others{};
  JobRuns runs{};  // each look for what has changed
};

/// Where a tenant may send to: the first anywhere, others to public addresses and to these networks.
MayReach may_reach_of(const Tenants& tenants, const TenantScope& scope, const std::vector<IpPrefix>& private_networks);

/// What a try-out said.
struct SinkTrial {
  bool has_arrived = false;
  std::string error;
};

/// Thread-safe.
class Forwarder {
 public:
  static constexpr std::chrono::seconds kLook{2};  // for what other managers change
  Forwarder(const ForwarderParts& parts, ForwarderOptions options);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void start();
  /// Destinations have changed: look at once.
  void wake();
  /// Sends one test event past the outbox, and waits for it.
  SinkTrial try_out(const TenantScope& scope, const Destination& destination, std::string_view secret);
  /// Forgets what every destination of every tenant has. Call it now and then.
  void prune();

 private:
  using Key = std::pair<TenantId, DestinationId>;
  struct Run {
    std::int64_t version = 0;
    std::jthread thread;
  };
  void supervise(const std::stop_token& stop);
  void look();
  void serve(const std::stop_token& stop, const Tenant& tenant, const Destination& destination);
  Result<std::unique_ptr<Sink>> make_sink(const TenantScope& scope, const Destination& destination,
                                          std::string_view secret) const;
  void tell(const TenantScope& scope, const Destination& destination, std::string_view type, std::string_view error);

  const ForwarderParts parts_;
  const ForwarderOptions options_;
  const std::string holder_;
  std::mutex mutex_;  // guards runs_ and is_woken_
  std::condition_variable_any woken_;
  bool is_woken_ = false;
  std::map<Key, Run> runs_;
  std::jthread supervisor_;
};

}  // namespace warder::manager
