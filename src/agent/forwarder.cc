#include "agent/forwarder.h"

#include <utility>
#include <vector>

#include "protocol/protocol.h"

namespace warder::agent {

using sinks::Delivery;
using sinks::Fate;
using sinks::Passage;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kBatchEvents = 500;
constexpr std::size_t kBatchBytes = 1 << 20;
constexpr milliseconds kSettle{50};  // while something is not certain yet
constexpr milliseconds kIdle{5000};  // a broken connection shows then at the latest

/// Of an event only what sinks::is_wanted() looks at: modules wait for this.
Event what_decides(const protocol::Event& wire) {
  Event event;
  event.module = static_cast<ModuleKind>(wire.module());
  event.severity = static_cast<Severity>(wire.severity());
  const auto forward = wire.fields().find("event.forward");
  if (forward != wire.fields().end() && forward->second.kind_case() == protocol::Value::kBoolean)
    event.set("event.forward", forward->second.boolean());
  return event;
}

}  // namespace

Forwarder::Forwarder(ForwarderParts parts, ForwarderOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      backoff_(options_.retry_first, options_.retry_longest, options_.dice),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Forwarder::~Forwarder() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  serving_.request_stop();
}

Result<void> Forwarder::use(const sinks::ForwardingPolicy& policy) {
  {
    const std::lock_guard lock(mutex_);
    status_ = {};
    if (policy.enabled) status_.destination = policy.host + ":" + std::to_string(policy.port);
    policy_ = policy;
    serving_.request_stop();
    woken_.notify_all();
  }
  if (!policy.enabled) return parts_.spool.keep_outgoing(std::nullopt);
  OutgoingOptions options;
  options.max_bytes = static_cast<std::uint64_t>(policy.queue_max_mb) << 20;
  options.wants = [policy](const protocol::Event& wire) { return sinks::is_wanted(policy, what_decides(wire)); };
  return parts_.spool.keep_outgoing(std::move(options));
}

void Forwarder::wake() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  woken_.notify_all();
}

ForwarderStatus Forwarder::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Forwarder::note(const std::string& error) {
  const std::lock_guard lock(mutex_);
  if (!error.empty() && !status_.failing_since) status_.failing_since = parts_.clock.now();
  if (error.empty()) status_.failing_since.reset();
  status_.error = error;
}

void Forwarder::pause(const std::stop_token& stop, milliseconds time) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, stop, time, [] { return false; });
}

/// The policy in force, once it names a receiver, and how long it is.
std::pair<sinks::ForwardingPolicy, std::stop_token> Forwarder::next_policy(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  woken_.wait(lock, stop, [this] { return policy_.enabled; });
  if (serving_.stop_requested()) {
    serving_ = std::stop_source();
    backoff_.reset();
  }
  if (stop.stop_requested()) serving_.request_stop();
  return {policy_, serving_.get_token()};
}

void Forwarder::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto [policy, end] = next_policy(stop);
    const auto ended = serve(end, policy);
    if (ended || end.stop_requested()) continue;
    note(ended.error().message);
    const auto pause_time = backoff_.next();
    parts_.log.warning("agent.forwarding.failed", ended.error().message,
                       {{"destination", status().destination}, {"retry_ms", std::to_string(pause_time.count())}});
    pause(end, pause_time);
  }
}

/// One connection, from the oldest event that is not certain to have arrived.
Result<void> Forwarder::serve(const std::stop_token& stop, const sinks::ForwardingPolicy& policy) {
  const auto credentials = WD_TRY(parts_.credentials(policy.client_certificate));
  Delivery delivery(WD_TRY(sinks::make_forwarding_sink(policy, credentials, WARDER_VERSION)));
  read_ = 0;
  while (!stop.stop_requested()) {
    WD_TRY(settle(delivery));
    if (WD_TRY(send_new(delivery, policy, stop))) continue;
    if (!delivery.is_empty()) {
      pause(stop, kSettle);
      continue;
    }
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, kIdle, [this] { return is_woken_; });
    is_woken_ = false;
  }
  return {};
}

/// Forgets what is certain: only then, so that whatever dies before sends it again.
Result<void> Forwarder::settle(Delivery& delivery) {
  const auto settled = WD_TRY(delivery.settled());
  if (settled.empty()) return {};
  OutgoingCounts counts;
  for (const Passage& each : settled) {
    if (each.fate == Fate::Sent) counts.delivered += each.count;
    if (each.fate == Fate::Refused) counts.refused += each.count;
    if (each.fate == Fate::Lost) counts.lost += each.count;
    if (each.fate == Fate::Refused)
      parts_.log.warning("agent.forwarding.refused", each.reason, {{"event", each.event.text()}});
  }
  WD_TRY(parts_.spool.forget_outgoing(static_cast<std::uint64_t>(settled.back().number), counts));
  delivery.forget(settled.size());
  backoff_.reset();
  note("");
  const std::lock_guard lock(mutex_);
  if (counts.delivered > 0) status_.last_delivery = parts_.clock.now();
  return {};
}

/// Whether there was anything.
Result<bool> Forwarder::send_new(Delivery& delivery, const sinks::ForwardingPolicy& policy,
                                 const std::stop_token& stop) {
  if (!delivery.has_room()) return false;
  const auto items = WD_TRY(parts_.spool.next_outgoing(read_, kBatchEvents, kBatchBytes));
  if (items.empty()) return false;
  std::vector<Passage> batch;
  std::vector<formats::OutgoingEvent> events;
  for (const OutgoingItem& item : items) {
    Passage passage{0, static_cast<std::int64_t>(item.number), Fate::Lost, {}};
    if (auto event = protocol::from_wire(item.event)) {
      passage.fate = Fate::Sent;
      passage.event = event->id;
      passage.time = event->time;
      events.push_back(outgoing(std::move(*event), policy.language));
    }
    batch.push_back(std::move(passage));
  }
  const auto sending = delivery.send(std::move(batch), events, stop);
  if (sending.taken > 0) read_ = items[sending.taken - 1].number;
  if (sending.error) {
    WD_TRY(settle(delivery));
    return fail(*sending.error);
  }
  return sending.taken > 0;
}

formats::OutgoingEvent Forwarder::outgoing(Event event, const std::string& language) const {
  formats::OutgoingEvent out;
  out.title = parts_.messages.render(event, language);
  out.received = event.time;
  out.event = std::move(event);
  out.agent = parts_.agent;
  out.host = parts_.host;
  out.tenant = parts_.tenant;
  return out;
}

}  // namespace warder::agent
