// What the connections of the gateway share. For this folder only.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "manager/gateway/audit_answers.h"
#include "manager/gateway/gateway.h"
#include "manager/net/token_bucket.h"

namespace warder::manager {

struct GatewayMetrics {
  explicit GatewayMetrics(Metrics& metrics)
      : connections(metrics.gauge("warder_gateway_connections", "Agents connected now.")),
        hellos(metrics.counter("warder_gateway_hellos", "Streams that agents began.")),
        refused(metrics.counter("warder_gateway_refused", "Streams and enrolments that were refused.")),
        events(metrics.counter("warder_gateway_events", "Events stored.")),
        duplicates(metrics.counter("warder_gateway_duplicate_events", "Events that came again and were not stored.")),
        poison(metrics.counter("warder_gateway_poison_events", "Events that cannot be stored.")),
        batches_refused(metrics.counter("warder_gateway_batches_refused", "Batches sent back to come again.")),
        protocol_errors(metrics.counter("warder_gateway_protocol_errors", "Connections closed for what they sent.")),
        cosignatures_refused(metrics.counter("warder_gateway_cosignatures_refused",
                                             "Cosignatures of the audit log that are not right.")),
        heartbeats(metrics.counter("warder_gateway_heartbeats", "Heartbeats received.")),
        pushes(metrics.counter("warder_gateway_policy_pushes", "Policies pushed to agents.")),
        ingest_seconds(metrics.histogram("warder_gateway_ingest_seconds", "Time to store a batch.")) {}

  Gauge& connections;
  Counter& hellos;
  Counter& refused;
  Counter& events;
  Counter& duplicates;
  Counter& poison;
  Counter& batches_refused;
  Counter& protocol_errors;
  Counter& cosignatures_refused;
  Counter& heartbeats;
  Counter& pushes;
  Histogram& ingest_seconds;
};

/// A bucket that several threads use.
class SharedBucket {
 public:
  SharedBucket(double per_second, double burst, TokenBucket::Time now) : bucket_(per_second, burst, now) {}
  bool take(TokenBucket::Time now) {
    const std::scoped_lock lock(mutex_);
    return bucket_.take(1, now);
  }

 private:
  std::mutex mutex_;  // guards bucket_
  TokenBucket bucket_;
};

class AgentSession;

/// Thread-safe.
struct GatewayCore {
  GatewayCore(const GatewayParts& gateway_parts, const GatewayOptions& gateway_options)
      : parts(gateway_parts),
        options(gateway_options),
        metrics(gateway_parts.metrics),
        audit(gateway_parts.audit, gateway_parts.clock),
        hello_bucket(options.hellos_per_second, options.hellos_burst, parts.clock.steady_now()) {}

  const GatewayParts parts;
  const GatewayOptions options;
  GatewayMetrics metrics;
  AuditAnswers audit;
  SharedBucket hello_bucket;

  /// Puts a session in the place of its agent's former one, which is closed.
  void enter(const std::shared_ptr<AgentSession>& session);
  /// False when another session has taken its place.
  bool leave(const AgentSession& session);
  [[nodiscard]] std::vector<std::shared_ptr<AgentSession>> sessions_of(const Change& change);
  /// Whether this clone is worth an event: once an hour and agent.
  bool should_tell_clone(const AgentSession& session);

 private:
  std::mutex mutex_;  // guards the two maps
  /// Both, because the certificate names both: an agent's id alone is whatever another tenant's certificate says.
  using Name = std::pair<TenantId, AgentId>;
  static Name name_of(const AgentSession& session);

  std::map<Name, std::shared_ptr<AgentSession>> sessions_;
  std::map<Name, TokenBucket::Time> clones_told_;
};

}  // namespace warder::manager
