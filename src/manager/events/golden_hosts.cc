#include "manager/events/golden_hosts.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "manager/events/batch.h"
#include "manager/events/explained.h"
#include "manager/events/golden_rows.h"

namespace warder::manager {
namespace {

const std::string* text_of(const Event& event, std::string_view key) {
  const EventValue* value = event.find(key);
  return value == nullptr ? nullptr : std::get_if<std::string>(value);
}

// A path that was cut, or that has bytes which are no text, may stand for more than one.
bool is_exact(const Event& event, const std::string* path) {
  return path != nullptr && path->starts_with('/') && path->find('\\') == std::string::npos &&
         event.find("truncated") == nullptr;
}

/// What the event says of a file; nothing when it says nothing of one.
std::optional<GoldenChange> change_of(const Event& event) {
  if (!event.type.starts_with("integrity.file.")) return std::nullopt;
  GoldenChange change{event.time, event.id, {}, {}, std::string(kUnknownState)};
  const std::string* path = text_of(event, "file.path");
  if (!is_exact(event, path)) return std::nullopt;
  change.path = *path;
  if (const std::string* old_path = text_of(event, "file.path.was")) {
    if (!is_exact(event, old_path)) return std::nullopt;
    change.old_path = *old_path;
  }
  if (event.type == "integrity.file.deleted") {
    change.state = kAbsentState;
  } else if (const std::string* state = text_of(event, "file.state")) {
    if (const auto bytes = from_hex(*state); bytes && bytes->size() == crypto::Digest{}.size()) change.state = *state;
  }
  return change;
}

}  // namespace

GoldenHosts::GoldenHosts(Tenants& tenants, AuditLog& audit, const host::Clock& clock, PolicyOf policy_of,
                         GoldenLimits limits)
    : tenants_(tenants), audit_(audit), clock_(clock), policy_of_(std::move(policy_of)), limits_(limits) {}

Result<std::optional<GoldenHost>> GoldenHosts::find(const TenantScope& scope, const PolicyId& policy) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  auto golden = WD_TRY(find_golden(*db, policy));
  if (golden) golden->changes = WD_TRY(count_golden_states(*db, policy));
  return golden;
}

Result<void> GoldenHosts::name(const TenantScope& scope, const PolicyId& policy, const AgentRef& agent) {
  if (WD_TRY(policy_of_(scope, agent.id)) != policy)
    return fail(ErrorCode::Invalid, "/agent_id: another policy applies to this host");
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const auto before = WD_TRY(find_golden(*db, policy));
  if (before && before->agent == agent.id) return {};
  WD_TRY(db->execute("DELETE FROM golden_hosts WHERE policy_id = ?1", {policy.text()}));
  WD_TRY(db->execute(
      "INSERT INTO golden_hosts (policy_id, agent_id, hostname, named, named_by) VALUES (?1, ?2, ?3, ?4, ?5)",
      {policy.text(), agent.id.text(), agent.hostname, to_micros(clock_.now()), scope.actor()}));
  WD_TRY(audit_.append_in(
      *db, scope,
      {"golden-host.name",
       "policy:" + policy.text(),
       AuditOutcome::Success,
       {{"agent", agent.id.text()}, {"hostname", agent.hostname}, {"before", before ? before->agent.text() : ""}}}));
  return transaction.commit();
}

Result<void> GoldenHosts::clear(const TenantScope& scope, const PolicyId& policy) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const auto golden = WD_TRY(find_golden(*db, policy));
  if (!golden) return fail(ErrorCode::NotFound, "the policy has no golden host");
  WD_TRY(db->execute("DELETE FROM golden_hosts WHERE policy_id = ?1", {policy.text()}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"golden-host.clear",
                           "policy:" + policy.text(),
                           AuditOutcome::Success,
                           {{"agent", golden->agent.text()}, {"hostname", golden->hostname}}}));
  return transaction.commit();
}

Result<GoldenComparison> GoldenHosts::compare(const TenantScope& scope, const AgentRef& agent,
                                              std::span<PreparedEvent> events) {
  GoldenComparison result;
  std::vector<std::pair<Event*, GoldenChange>> changes;
  for (PreparedEvent& prepared : events)
    if (auto change = change_of(prepared.stored.event))
      changes.emplace_back(&prepared.stored.event, std::move(*change));
  if (changes.empty()) return result;
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  if (!WD_TRY(has_golden(*db))) return result;
  const auto policy = policy_of_(scope, agent.id);
  if (!policy && policy.error().code == ErrorCode::NotFound) return result;
  if (!policy) return fail(policy.error());
  // Writers take turns: not for a policy that has none.
  if (!WD_TRY(find_golden(*db, *policy))) return result;
  Tx transaction = WD_TRY(Tx::begin(*db));
  const auto golden = WD_TRY(find_golden(*db, *policy));
  if (!golden) return result;
  result.policy = *policy;
  if (golden->agent == agent.id) {
    result.by = kGoldenLabel + agent.hostname;
    if (golden->hostname != agent.hostname) WD_TRY(rename_golden(*db, *policy, agent.hostname));
    std::set<std::string> paths;
    for (const auto& [event, change] : changes) {
      WD_TRY(add_golden_state(*db, *policy, change, limits_.states_of_path));
      paths.insert(change.path);
      if (!change.old_path.empty()) paths.insert(change.old_path);
    }
    for (const std::string& path : paths)
      WD_TRY(judge_path(*db, *policy, path, limits_.changes_of_path, result.stored));
  } else {
    for (const auto& [event, change] : changes) {
      if (change.state == kUnknownState || event->find("change.explained_by") != nullptr) continue;
      const bool is_explained = WD_TRY(is_as_golden_host(*db, *policy, change));
      WD_TRY(add_golden_change(*db, *policy, change, is_explained));
      if (is_explained) explain_event(*event, kGoldenLabel + golden->hostname, {});
    }
  }
  if (is_bound_due(*policy, changes.size())) WD_TRY(bound(*db, *policy));
  WD_TRY(transaction.commit());
  return result;
}

// To count to a hundred thousand rows for each batch would cost more than the batch.
bool GoldenHosts::is_bound_due(const PolicyId& policy, std::size_t added) {
  constexpr std::int64_t kShare = 64;  // of the limits
  const auto period = static_cast<std::size_t>(std::min(limits_.states, limits_.changes) / kShare + 1);
  const std::scoped_lock lock{mutex_};
  std::size_t& count = added_[policy.text()];
  count += added;
  if (count < period) return false;
  count = 0;
  return true;
}

Result<void> GoldenHosts::settle(const TenantScope& scope, const GoldenComparison& comparison) {
  if (comparison.stored.empty()) return {};
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  for (const GoldenVerdict& verdict : comparison.stored) WD_TRY(settle_golden_change(*db, comparison.policy, verdict));
  return transaction.commit();
}

Result<void> GoldenHosts::bound(Db& db, const PolicyId& policy) {
  WD_TRY(db.execute("DELETE FROM golden_changes WHERE policy_id = ?1 AND time < ?2",
                    {policy.text(), to_micros(clock_.now() - limits_.change_age)}));
  WD_TRY(
      db.execute("DELETE FROM golden_changes WHERE policy_id = ?1 AND (time, id) < (SELECT time, id FROM "
                 "golden_changes WHERE policy_id = ?1 ORDER BY time DESC, id DESC LIMIT 1 OFFSET ?2)",
                 {policy.text(), limits_.changes - 1}));
  WD_TRY(
      db.execute("DELETE FROM golden_states WHERE policy_id = ?1 AND (time, id, path) < (SELECT time, id, path FROM "
                 "golden_states WHERE policy_id = ?1 ORDER BY time DESC, id DESC, path DESC LIMIT 1 OFFSET ?2)",
                 {policy.text(), limits_.states - 1}));
  return {};
}

}  // namespace warder::manager
