// Where agents connect: POST /enrol without a certificate, and the WebSocket /agent with one. The certificate names
// tenant and agent; nothing an agent sends can touch another.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/log.h"
#include "base/metrics.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/content/content.h"
#include "manager/events/event_store.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/commands.h"
#include "manager/fleet/enrolment.h"
#include "manager/fleet/inventory_store.h"
#include "manager/net/http.h"
#include "manager/policies/policies.h"
#include "protocol/protocol.h"

namespace warder::manager {

struct GatewayOptions {
  double events_per_second = 2000;  // per agent; above it batches are refused and come again
  double events_burst = 20'000;
  double messages_per_second = 100;  // per agent; above it the connection is closed
  double messages_burst = 1000;
  double enrolments_per_second = 50;  // all together: each costs a signature
  double enrolments_burst = 200;
  double hellos_per_second = 500;  // all together; above it an agent is told to come back
  double hellos_burst = 2000;
  std::uint32_t protocol_minor = protocol::kMinor;
};

struct GatewayParts {
  Tenants& tenants;
  Agents& agents;
  Commands& commands;
  Enrolment& enrolment;
  InventoryStore& inventory;
  Policies& policies;
  EventStore& events;
  Content& content;
  ChangeBus& bus;
  AuditLog& audit;
  const host::Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// Give it to an HttpServer whose TLS asks for client certificates without requiring them. Has one thread of its own,
/// which pushes policies and commands and writes heartbeats.
class Gateway : public HttpHandler {
 public:
  static std::unique_ptr<Gateway> create(const GatewayParts& parts, const GatewayOptions& options = {});
  /// Waits until everything that was published on the bus before this call has been pushed and all reports are written.
  virtual void settle() = 0;
};

}  // namespace warder::manager
