#include "manager/siem/forwarder.h"

#include <algorithm>
#include <array>

#include "base/rest.h"
#include "base/text.h"
#include "manager/events/own_event.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kIdle{500};   // at most between looks into the outbox
constexpr milliseconds kSettle{50};  // while something has not settled
constexpr seconds kElsewhere{5};
constexpr seconds kFirstPause{1};
constexpr seconds kLongestPause{60};
constexpr seconds kTell{60};  // a receiver that fails for this long is an event

Labels labels_of(const Tenant& tenant, const Destination& destination) {
  return {{"tenant", tenant.name}, {"destination", destination.name}};
}

formats::OutgoingEvent trial_event(const TenantScope& scope, const Tenant& tenant, Timestamp now) {
  formats::OutgoingEvent event;
  event.event.time = now;
  event.event.id = make_id<EventId>(now);
  event.event.module = ModuleKind::Manager;
  event.event.type = "siem.destination.trial";
  event.received = now;
  event.host = "warder-manager";
  event.tenant = scope.tenant();
  event.tenant_name = tenant.name;
  event.title = "Warder tries out this destination";
  return event;
}

}  // namespace

MayReach may_reach_of(const Tenants& tenants, const TenantScope& scope, const std::vector<IpPrefix>& private_networks) {
  const auto first = tenants.find_by_name(kFirstTenant);
  if (first && first->id == scope.tenant()) return {};
  return [private_networks](const IpAddress& address) {
    return is_public(address) ||
           std::ranges::any_of(private_networks, [&](const IpPrefix& prefix) { return prefix.contains(address); });
  };
}

Forwarder::Forwarder(const ForwarderParts& parts, ForwarderOptions options)
    : parts_(parts), options_(std::move(options)), holder_(to_hex(random_bytes(16))) {}

Forwarder::~Forwarder() {
  supervisor_.request_stop();
  if (supervisor_.joinable()) supervisor_.join();
  std::map<Key, Run> runs;
  {
    const std::scoped_lock lock(mutex_);
    runs.swap(runs_);
  }
  for (auto& [key, run] : runs) run.thread.request_stop();
}

void Forwarder::start() {
  supervisor_ = std::jthread([this](const std::stop_token& stop) { supervise(stop); });
}

void Forwarder::wake() {
  const std::scoped_lock lock(mutex_);
  is_woken_ = true;
  woken_.notify_all();
}

void Forwarder::supervise(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    options_.runs.run([this] { look(); });
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, kLook, [this] { return is_woken_; });
    is_woken_ = false;
  }
}

// Starts what is new or changed, ends what is gone.
void Forwarder::look() {
  std::map<Key, std::pair<Tenant, Destination>> wanted;
  for (const Tenant& tenant : parts_.tenants.list()) {
    if (!parts_.tenants.check_served(tenant.id)) continue;
    const auto scope = parts_.scopes.make(tenant.id, "job:forwarder");
    const auto list = scope ? parts_.destinations.list(*scope) : Result<std::vector<Destination>>(fail(scope.error()));
    if (!list) {
      parts_.log.warning("siem.destinations.unreadable", list.error().message, {{"tenant", tenant.name}});
      return;  // what runs goes on
    }
    for (const Destination& each : *list)
      if (each.is_enabled && wanted.size() < options_.max_runs)
        wanted.emplace(Key{tenant.id, each.id}, std::pair{tenant, each});
  }
  std::vector<Run> ended;
  {
    const std::scoped_lock lock(mutex_);
    for (auto run = runs_.begin(); run != runs_.end();) {
      const auto found = wanted.find(run->first);
      if (found != wanted.end() && found->second.second.version == run->second.version) {
        ++run;
        continue;
      }
      run->second.thread.request_stop();
      ended.push_back(std::move(run->second));
      run = runs_.erase(run);
    }
  }
  ended.clear();  // waits for them
  const std::scoped_lock lock(mutex_);
  for (auto& [key, what] : wanted) {
    if (runs_.contains(key)) continue;
    runs_.emplace(key, Run{what.second.version,
                           std::jthread([this, tenant = what.first, destination = what.second](
                                            const std::stop_token& stop) { serve(stop, tenant, destination); })});
  }
}

Result<std::unique_ptr<Sink>> Forwarder::make_sink(const TenantScope& scope, const Destination& destination,
                                                   std::string_view secret) const {
  const SinkKind* kind = find_sink_kind(destination.kind);
  if (kind == nullptr) return fail(ErrorCode::Invalid, "there is no kind " + destination.kind);
  SinkOptions options;
  options.settings = destination.settings;
  options.secret = secret;
  options.format = WD_TRY(formats::parse_format(destination.format));
  options.render.names = destination.names == "deep-security" ? formats::Names::DeepSecurity : formats::Names::Warder;
  options.render.version = options_.version;
  options.may_reach = may_reach_of(parts_.tenants, scope, options_.private_networks);
  return kind->make(std::move(options));
}

void Forwarder::tell(const TenantScope& scope, const Destination& destination, std::string_view type,
                     std::string_view error) {
  Event event = make_own_event(parts_.clock.now(), type, error.empty() ? Severity::Info : Severity::High);
  event.action = error.empty() ? Action::Logged : Action::Failed;
  if (!error.empty()) event.set("error", std::string(cut_utf8(error, kMaxEventTextBytes)));
  event.set("sink.name", destination.name);
  if (const auto stored = parts_.events.record(scope, std::move(event)); !stored)
    parts_.log.error("siem.event.lost", stored.error().message);
}

void Forwarder::serve(const std::stop_token& stop, const Tenant& tenant, const Destination& destination) {
  const auto scope = parts_.scopes.make(tenant.id, "job:forwarder");
  if (!scope) return;
  const auto labels = labels_of(tenant, destination);
  Counter& forwarded = parts_.metrics.counter("warder_events_forwarded", "Events that receivers have", labels);
  Counter& errors = parts_.metrics.counter("warder_forwarding_errors", "Tries that failed", labels);
  Gauge& backlog = parts_.metrics.gauge("warder_forwarding_backlog", "Events that wait to be sent", labels);
  const RunParts run_parts{parts_.destinations, parts_.events, parts_.messages, parts_.clock};
  std::unique_ptr<DestinationRun> run;
  std::int64_t counted = 0;
  seconds wait = kFirstPause;
  std::optional<steady_clock::time_point> failing;
  bool is_told = false;
  std::uint64_t seen = 0;
  const auto fail_once = [&](const Error& error) {
    if (stop.stop_requested()) return;
    errors.add();
    const auto now = steady_clock::now();
    if (!failing) failing = now;
    if (!is_told && now - *failing >= kTell) {
      is_told = true;
      parts_.log.warning("siem.destination.failed", error.message,
                         {{"tenant", tenant.name}, {"name", destination.name}});
      tell(*scope, destination, "siem.destination.failed", error.message);
    }
    rest(stop, wait);
    wait = std::min(wait * 2, kLongestPause);
  };
  while (!stop.stop_requested()) {
    if (!run) {
      const auto secret = parts_.destinations.secret(*scope, destination.id);
      auto sink =
          secret ? make_sink(*scope, destination, *secret) : Result<std::unique_ptr<Sink>>(fail(secret.error()));
      auto made = sink ? DestinationRun::create(run_parts, *scope, tenant.name, destination, std::move(*sink), holder_)
                       : Result<std::unique_ptr<DestinationRun>>(fail(sink.error()));
      if (!made) {
        [[maybe_unused]] const auto noted =
            parts_.destinations.note_error(*scope, destination.id, made.error().message);
        fail_once(made.error());
        continue;
      }
      run = std::move(*made);
    }
    const auto round = run->round(stop);
    forwarded.add(static_cast<std::uint64_t>(run->delivered() - counted));
    counted = run->delivered();
    if (!round) {
      fail_once(round.error());
      continue;
    }
    wait = kFirstPause;
    failing.reset();
    if (is_told && *round != Round::Elsewhere) tell(*scope, destination, "siem.destination.recovered", "");
    is_told = false;
    if (*round == Round::Sent) continue;
    if (const auto place = parts_.destinations.place(*scope, destination.id)) {
      if (const auto left = parts_.events.outbox_backlog(*scope, *place)) backlog.set(*left);
    }
    if (*round == Round::Waiting) rest(stop, kSettle);
    if (*round == Round::Idle) seen = parts_.feed.wait(seen, kIdle);
    if (*round == Round::Elsewhere) rest(stop, kElsewhere);
  }
  [[maybe_unused]] const auto let_go = parts_.destinations.let_go(*scope, destination.id, holder_);
}

SinkTrial Forwarder::try_out(const TenantScope& scope, const Destination& destination, std::string_view secret) {
  constexpr seconds kPatience{15};
  const auto tenant = parts_.tenants.find(scope.tenant());
  auto sink = make_sink(scope, destination, secret);
  if (!tenant || !sink) return {false, tenant ? sink.error().message : tenant.error().message};
  const std::array events{trial_event(scope, *tenant, parts_.clock.now())};
  const std::stop_token never;
  const SinkReport report = (*sink)->send(events, never);
  if (report.error) return {false, report.error->message};
  if (!report.refused.empty()) return {false, report.refused.front().reason};
  const auto end = steady_clock::now() + kPatience;
  for (;;) {
    const auto open = (*sink)->unsettled();
    if (!open) return {false, open.error().message};
    if (*open == 0) return {true, ""};
    if (steady_clock::now() >= end) return {false, "the receiver has not taken it within 15 s"};
    rest(never, kSettle);
  }
}

void Forwarder::prune() {
  for (const Tenant& tenant : parts_.tenants.list()) {
    const auto scope = parts_.scopes.make(tenant.id, "job:forwarder");
    if (!scope) continue;
    // The end first: what is written for a destination that is made meanwhile lies behind it.
    const auto end = parts_.events.outbox_end(*scope);
    const auto served = parts_.destinations.served_by_all(*scope);
    if (!end || !served) continue;
    auto read = Result<OutboxPlace>(served->value_or(*end));
    if (options_.read_by_others) read = options_.read_by_others(*scope, std::move(*read));
    const auto pruned = read ? parts_.events.prune_outbox(*scope, *read) : Result<void>(fail(read.error()));
    if (!pruned) parts_.log.warning("siem.outbox.prune-failed", pruned.error().message, {{"tenant", tenant.name}});
  }
}

}  // namespace warder::manager
