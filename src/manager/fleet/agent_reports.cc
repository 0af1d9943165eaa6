// The half of Agents that takes what agents report: collected in memory, written together.
#include "manager/fleet/agent_rows.h"
#include "manager/fleet/agents.h"
#include "manager/policies/sql.h"

namespace warder::manager {

Agents::Report& Agents::report(const TenantScope& scope, const AgentId& id) {
  return waiting_.try_emplace(scope.tenant(), Waiting{scope, {}}).first->second.agents[id];
}

Result<HelloOutcome> Agents::record_hello(const TenantScope& scope, const AgentId& id, const AgentHello& hello) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto stored = WD_TRY(select_one(*db, "SELECT machine FROM agents WHERE id = ?1", {id.text()},
                                        [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (!stored) return fail(ErrorCode::NotFound, "agent " + id.text() + " does not exist");
  const std::scoped_lock lock(mutex_);
  Report& waiting = report(scope, id);
  const std::string& machine = waiting.hello ? waiting.hello->machine : *stored;
  const bool is_clone = !machine.empty() && machine != hello.machine;
  waiting.hello = hello;
  waiting.seen = clock_.now();
  waiting.connected = true;
  waiting.policy_digest = hello.policy_digest;
  waiting.certificate_expires = hello.certificate_expires;
  if (is_clone) waiting.clone_seen = clock_.now();
  return HelloOutcome{hello.hostname, is_clone};
}

void Agents::record_heartbeat(const TenantScope& scope, const AgentId& id, const AgentHeartbeat& heartbeat) {
  const std::scoped_lock lock(mutex_);
  Report& waiting = report(scope, id);
  waiting.heartbeat = heartbeat;
  waiting.seen = clock_.now();
}

void Agents::record_disconnect(const TenantScope& scope, const AgentId& id) {
  const std::scoped_lock lock(mutex_);
  report(scope, id).connected = false;
}

void Agents::record_policy_result(const TenantScope& scope, const AgentId& id, std::string_view digest,
                                  std::string_view error) {
  const std::scoped_lock lock(mutex_);
  Report& waiting = report(scope, id);
  if (error.empty())
    waiting.policy_digest = digest;
  else
    waiting.policy_refusal.emplace(digest, error);
}

void Agents::record_certificate(const TenantScope& scope, const AgentId& id, Timestamp expires) {
  const std::scoped_lock lock(mutex_);
  report(scope, id).certificate_expires = expires;
}

namespace {

Result<void> write_hello(Db& db, const AgentId& id, const AgentHello& hello) {
  WD_TRY(
      db.execute("UPDATE agents SET agent_version = ?2, hostname = ?3, os = ?4, kernel = ?5, address = ?6, "
                 "machine = ?7, heartbeat_s = ?8 WHERE id = ?1",
                 {id.text(), hello.agent_version, hello.hostname, hello.os, hello.kernel, hello.address, hello.machine,
                  hello.heartbeat_s}));
  return {};
}

Result<void> write_heartbeat(Db& db, const AgentId& id, const AgentHeartbeat& heartbeat) {
  WD_TRY(
      db.execute("UPDATE agents SET clock_offset_ms = ?2, modules = ?3, spool_events = ?4, heartbeat_s = ?5, "
                 "modules_in_force = ?6, "
                 "modules_degraded = ?7 WHERE id = ?1",
                 {id.text(), heartbeat.clock_offset_ms, modules_to_text(heartbeat.modules), heartbeat.spool_events,
                  heartbeat.heartbeat_s, count_in_force(heartbeat.modules), count_degraded(heartbeat.modules)}));
  return {};
}

template <class Value, class Convert>
DbValue or_null(const std::optional<Value>& value, const Convert& convert) {
  return value ? DbValue{convert(*value)} : DbValue{nullptr};
}

}  // namespace

Result<void> Agents::write(Db& db, const AgentId& id, const Report& report) {
  if (report.hello) WD_TRY(write_hello(db, id, *report.hello));
  if (report.heartbeat) WD_TRY(write_heartbeat(db, id, *report.heartbeat));
  const auto flag = [](bool value) -> std::int64_t { return value ? 1 : 0; };
  const auto text = [](const std::string& value) { return value; };
  WD_TRY(
      db.execute("UPDATE agents SET last_seen = COALESCE(?2, last_seen), clone_seen = COALESCE(?3, clone_seen), "
                 "connected = COALESCE(?4, connected), policy_digest = COALESCE(?5, policy_digest), "
                 "certificate_expires = COALESCE(?6, certificate_expires) WHERE id = ?1",
                 {id.text(), or_null(report.seen, to_micros), or_null(report.clone_seen, to_micros),
                  or_null(report.connected, flag), or_null(report.policy_digest, text),
                  or_null(report.certificate_expires, to_micros)}));
  if (report.policy_refusal)
    WD_TRY(db.execute("UPDATE agents SET refused_digest = ?2, policy_error = ?3 WHERE id = ?1",
                      {id.text(), report.policy_refusal->first, report.policy_refusal->second}));
  return {};
}

// What came in since then is newer and stays.
void Agents::put_back(const Waiting& unwritten) {
  const auto keep = [](auto& newer, const auto& older) {
    if (!newer) newer = older;
  };
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, older] : unwritten.agents) {
    Report& newer = report(unwritten.scope, id);
    keep(newer.hello, older.hello);
    keep(newer.heartbeat, older.heartbeat);
    keep(newer.seen, older.seen);
    keep(newer.clone_seen, older.clone_seen);
    keep(newer.connected, older.connected);
    keep(newer.policy_digest, older.policy_digest);
    keep(newer.policy_refusal, older.policy_refusal);
    keep(newer.certificate_expires, older.certificate_expires);
  }
}

Result<void> Agents::flush() {
  std::unordered_map<TenantId, Waiting> taken;
  {
    const std::scoped_lock lock(mutex_);
    taken.swap(waiting_);
  }
  Result<void> outcome;
  for (const auto& [tenant, waiting] : taken) {
    const auto written = [&]() -> Result<void> {
      const auto db = WD_TRY(tenants_.config(waiting.scope).acquire());
      Tx tx = WD_TRY(Tx::begin(*db));
      for (const auto& [id, report] : waiting.agents) WD_TRY(write(*db, id, report));
      return tx.commit();
    }();
    if (!written) {
      put_back(waiting);
      outcome = written;
    }
  }
  return outcome;
}

}  // namespace warder::manager
