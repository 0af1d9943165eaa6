#include "manager/alert_states.h"

#include <algorithm>
#include <iterator>

#include "base/file.h"
#include "crypto/pki.h"
#include "manager/content/signatures.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using Samples = std::vector<StateSample>;

std::int64_t days_until(Timestamp time, Timestamp now) {
  return std::chrono::floor<days>(time - now).count();
}

Result<Samples> fleet_samples(const AlertStateParts& parts, const TenantScope& scope) {
  Samples samples;
  PageRequest page{1000, ""};
  const Timestamp now = parts.installation.clock.now();
  for (;;) {
    const auto agents = WD_TRY(parts.installation.agents.list(scope, {}, page));
    for (const Agent& each : agents.items) std::ranges::move(agent_states(each, now), std::back_inserter(samples));
    if (!agents.next_cursor) return samples;
    page.cursor = *agents.next_cursor;
  }
}

Result<Samples> destination_samples(const AlertStateParts& parts, const TenantScope& scope) {
  Samples samples;
  for (const Destination& each : WD_TRY(parts.destinations.list(scope))) {
    if (!each.is_enabled) continue;
    const AlertGroup about{{"sink.name", each.name}};
    const DestinationState state = WD_TRY(parts.destinations.state(scope, each.id));
    const auto now = parts.installation.clock.now();
    const std::int64_t failing =
        state.failing_since ? std::chrono::floor<seconds>(now - *state.failing_since).count() : 0;
    samples.push_back({"destination.failing", about, failing});
    const auto place = WD_TRY(parts.destinations.place(scope, each.id));
    samples.push_back({"destination.backlog", about, WD_TRY(parts.events.outbox_backlog(scope, place))});
  }
  return samples;
}

Result<Samples> login_samples(const AlertStateParts& parts, const TenantScope& scope) {
  constexpr std::chrono::minutes kWithin{10};
  AuditQuery query;
  query.action = "session.login";
  query.limit = 1000;
  const Timestamp from = parts.installation.clock.now() - kWithin;
  const auto page = WD_TRY(parts.installation.audit.list(scope, query));
  const auto failures = std::ranges::count_if(page.items, [&](const AuditEntry& entry) {
    return entry.time >= from && entry.record.outcome == AuditOutcome::Denied;
  });
  return Samples{{"login.failures", {}, failures},
                 {"login.locked", {}, WD_TRY(parts.installation.identity.users().count_locked(scope))}};
}

Result<Samples> signature_samples(const AlertStateParts& parts, const TenantScope& scope) {
  const auto page = WD_TRY(parts.content.list(scope, 100, ""));
  for (const ContentPack& each : page.items) {
    if (each.name != kSignaturePack || !each.active) continue;
    return Samples{{"signatures.age", {}, -days_until(each.imported, parts.installation.clock.now())}};
  }
  return Samples{};  // without signatures there is nothing that could be old
}

/// Whether it is the tenant of those who run the manager.
bool is_first(const AlertStateParts& parts, const TenantScope& scope) {
  const auto first = parts.installation.tenants->find_by_name(kFirstTenant);
  return first && first->id == scope.tenant();
}

// The manager renews its own certificates; one that an administrator has put there it cannot.
Result<Samples> certificate_samples(const AlertStateParts& parts, const TenantScope& scope) {
  const Config& config = parts.installation.config;
  if (config.tls_certificate.empty() || !is_first(parts, scope)) return Samples{};
  const auto pem = WD_TRY(read_file(config.tls_certificate).in("tls_certificate"));
  const auto facts = WD_TRY(crypto::read_certificate(pem).in("tls_certificate"));
  const std::int64_t left = days_until(facts.not_after, parts.installation.clock.now());
  return Samples{{"certificate.manager", {{"listener", "API"}}, -left}};
}

// In intervals that went by since the last one was taken, or since the first was put there.
Result<Samples> heartbeat_samples(const AlertStateParts& parts, const TenantScope& scope) {
  constexpr std::size_t kLately = 50;
  Samples samples;
  for (const AlertHeartbeat& each : WD_TRY(parts.settings.heartbeats(scope))) {
    const auto notices = WD_TRY(parts.notices.list(scope, "heartbeat:" + each.id, kLately));
    if (!each.is_enabled || notices.empty()) continue;
    const auto sent = std::ranges::find(notices, NoticeState::Sent, &StoredNotice::state);
    const Timestamp last = sent == notices.end() ? notices.back().created : sent->sent.value_or(sent->created);
    samples.push_back(
        {"heartbeat.stopped", {{"heartbeat", each.name}}, (parts.installation.clock.now() - last) / each.interval});
  }
  return samples;
}

Result<Samples> backup_samples(const AlertStateParts& parts, const TenantScope& scope) {
  if (!is_first(parts, scope)) return Samples{};
  const auto overdue = WD_TRY(parts.backups.overdue());
  if (!overdue) return Samples{};
  return Samples{{"backup.overdue", {}, std::chrono::floor<std::chrono::hours>(*overdue).count()}};
}

using Collect = Result<Samples> (*)(const AlertStateParts&, const TenantScope&);

}  // namespace

std::vector<StateSample> agent_states(const Agent& agent, Timestamp now) {
  Samples samples;
  const AlertGroup about{{"host.name", agent.hostname}, {"agent", agent.id.text()}};
  const auto add = [&](std::string_view state, std::int64_t value) {
    samples.push_back({std::string(state), about, value});
  };
  if (agent.state == AgentState::NeverConnected) return samples;
  const bool is_offline = agent.state == AgentState::Offline;
  if (agent.last_seen && is_offline) add("agent.silent", std::chrono::floor<seconds>(now - *agent.last_seen).count());
  if (agent.certificate_expires) add("certificate.agent", -days_until(*agent.certificate_expires, now));
  for (const std::string& warning : agent.warnings) {
    if (warning == "agent.clock.wrong") add("agent.clock", 1);
    if (warning == "agent.clone") add("agent.clone", 1);
  }
  if (is_offline) return samples;  // what it said last says nothing of now
  add("policy.not-applied",
      agent.policy_state == PolicyState::Applied || agent.policy_state == PolicyState::None ? 0 : 1);
  add("spool.backlog", agent.spool_events);
  for (const AgentModule& module : agent.modules) {
    AlertGroup group = about;
    group["module"] = module.module;
    samples.push_back({"module.unhealthy", std::move(group), module.state == "degraded" ? 1 : 0});
  }
  return samples;
}

std::vector<StateSource> alert_states(const AlertStateParts& parts) {
  const auto source = [&parts](std::set<std::string> states, Collect collect) {
    return StateSource{std::move(states), [parts, collect](const TenantScope& scope) { return collect(parts, scope); }};
  };
  return {source({"agent.silent", "agent.clock", "agent.clone", "certificate.agent", "module.unhealthy",
                  "policy.not-applied", "spool.backlog"},
                 &fleet_samples),
          source({"destination.failing", "destination.backlog"}, &destination_samples),
          source({"login.failures", "login.locked"}, &login_samples),
          source({"signatures.age"}, &signature_samples),
          source({"certificate.manager"}, &certificate_samples),
          source({"heartbeat.stopped"}, &heartbeat_samples),
          source({"backup.overdue"}, &backup_samples)};
}

}  // namespace warder::manager
