#include "agent/forwarding_keeper.h"

#include "agent/event_text.h"

namespace warder::agent {
namespace {

constexpr std::chrono::seconds kLossGap{60};

std::int64_t lag_s(const OutgoingStatus& queue, Timestamp now) {
  if (!queue.oldest || now < *queue.oldest) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(now - *queue.oldest).count();
}

}  // namespace

ForwardingKeeper::ForwardingKeeper(ForwarderParts parts, Reporter& reporter, std::chrono::milliseconds tell_after)
    : spool_(parts.spool),
      clock_(parts.clock),
      reporter_(reporter),
      forwarder_(std::move(parts)),
      tell_after_(tell_after),
      lost_told_(spool_.outgoing().ever.lost) {}

void ForwardingKeeper::use(const sinks::ForwardingPolicy& policy) {
  if (policy_ == policy) return;
  policy_ = policy;
  is_told_ = false;
  if (const auto used = forwarder_.use(policy); !used)
    reporter_.report("agent.forwarding.failed", Severity::High,
                     {{"sink.name", policy.host}, {"error", event_text(used.error().message)}});
}

bool ForwardingKeeper::is_failing(const ForwarderStatus& status) const {
  return status.failing_since && clock_.now() - *status.failing_since >= tell_after_;
}

// A full queue loses all the time: that is one event in a while, with the count.
void ForwardingKeeper::look_at_losses(const std::string& destination) {
  const std::uint64_t lost = spool_.outgoing().ever.lost;
  const Timestamp now = clock_.now();
  if (lost == lost_told_ || (loss_time_ && now - *loss_time_ < kLossGap)) return;
  reporter_.report("agent.forwarding.loss", Severity::High,
                   {{"sink.name", destination}, {"loss.events", static_cast<std::int64_t>(lost - lost_told_)}});
  lost_told_ = lost;
  loss_time_ = now;
}

bool ForwardingKeeper::look() {
  const ForwarderStatus status = forwarder_.status();
  if (status.destination.empty()) return false;
  look_at_losses(status.destination);
  const bool fails = is_failing(status);
  // A try that is under way says nothing: only a delivery, or an empty queue, is a recovery.
  if (fails == is_told_) return false;
  is_told_ = fails;
  if (fails)
    reporter_.report("agent.forwarding.failed", Severity::High,
                     {{"sink.name", status.destination}, {"error", event_text(status.error)}});
  else
    reporter_.report("agent.forwarding.recovered", Severity::Info, {{"sink.name", status.destination}});
  return true;
}

std::optional<protocol::ModuleState> ForwardingKeeper::state() const {
  const ForwarderStatus status = forwarder_.status();
  if (status.destination.empty()) return std::nullopt;
  const OutgoingStatus queue = spool_.outgoing();
  protocol::ModuleState state;
  state.set_module("forwarding");
  state.set_state(is_failing(status) ? "degraded" : "on");
  if (is_failing(status)) state.set_reason("agent.forwarding.failed");
  auto& counters = *state.mutable_counters();
  counters["waiting"] = queue.events;
  counters["lag_s"] = static_cast<std::uint64_t>(lag_s(queue, clock_.now()));
  counters["delivered"] = queue.ever.delivered;
  counters["refused"] = queue.ever.refused;
  counters["lost"] = queue.ever.lost;
  return state;
}

json::object ForwardingKeeper::describe() const {
  const auto now = state();
  if (!now) return json::object{{"state", "off"}};
  const ForwarderStatus status = forwarder_.status();
  json::object object{{"state", now->state()},
                      {"reason", now->reason()},
                      {"destination", status.destination},
                      {"error", status.error},
                      {"last_delivery", status.last_delivery ? to_rfc3339(*status.last_delivery) : ""}};
  for (const auto& [key, value] : now->counters()) object[key] = value;
  return object;
}

}  // namespace warder::agent
