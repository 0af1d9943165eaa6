#include "manager/fleet/agents.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/fleet/agent_rows.h"
#include "manager/fleet/host_match.h"
#include "manager/fleet/visibility.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

/// Between host name and id in a cursor; neither can hold it.
constexpr char kCursorSeparator = '\n';

std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

Result<std::string> read_text(const Row& row) {
  return row.text(0);
}

Result<std::set<std::string>> read_tags(Db& db, const AgentId& id) {
  const auto tags =
      WD_TRY(select(db, "SELECT tag FROM agent_tags WHERE agent_id = ?1 ORDER BY tag", {id.text()}, read_text));
  return std::set<std::string>(tags.begin(), tags.end());
}

Result<void> write_tags(Db& db, const AgentId& id, const std::set<std::string>& tags) {
  WD_TRY(db.execute("DELETE FROM agent_tags WHERE agent_id = ?1", {id.text()}));
  for (const std::string& tag : tags)
    WD_TRY(db.execute("INSERT INTO agent_tags (agent_id, tag) VALUES (?1, ?2)", {id.text(), tag}));
  return {};
}

Result<AgentRow> get(Db& db, const TenantScope& scope, const AgentId& id, Timestamp now) {
  WD_TRY(check_visible(db, scope, id));
  auto row = WD_TRY(select_one(db, select_agents("id = ?2"), {to_micros(now), id.text()}, read_agent_row));
  if (!row) return fail(ErrorCode::NotFound, "agent " + id.text() + " does not exist");
  row->agent.tags = WD_TRY(read_tags(db, id));
  return std::move(*row);
}

Result<void> check_exists(Db& db, std::string_view sql, const std::string& id, std::string_view message) {
  const auto found =
      WD_TRY(select_one(db, sql, {id}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (!found) return fail(ErrorCode::Invalid, std::string{message});
  return {};
}

struct Assignment {
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
};

Result<Assignment> read_assignment(const Row& row) {
  return Assignment{WD_TRY(optional_id<GroupId>(row, 0)), WD_TRY(optional_id<PolicyId>(row, 1))};
}

PolicyId resolve(const GroupTree& groups, const Assignment& assignment, const PolicyId& base) {
  if (assignment.policy) return *assignment.policy;
  return policy_of_group(groups, assignment.group).value_or(base);
}

/// So many rows are held against a filter at a time.
constexpr std::size_t kScanBatch = 500;

struct ListPlace {
  std::string hostname;
  std::string id;
};
struct ListStep {
  ListPlace after;
  std::size_t most = 0;
  Timestamp now;
};

Result<std::vector<AgentRow>> read_after(Db& db, const AgentFilter& filter, const VisibleAgents& visible,
                                         const ListStep& step) {
  std::string where =
      "(hostname > ?2 OR (hostname = ?2 AND id > ?3)) AND LOWER(hostname) LIKE ?5 ESCAPE '\\' "
      "AND (?6 = '' OR group_id = ?6) "
      "AND (?7 = '' OR EXISTS (SELECT 1 FROM agent_tags t WHERE t.agent_id = agents.id AND t.tag = ?7))";
  if (filter.state) where += " AND " + std::string{state_condition(*filter.state)};
  if (filter.protection) where += " AND " + std::string{protection_condition(*filter.protection)};
  where += visible.condition("id", 8, db.dialect()) + " ORDER BY hostname, id LIMIT ?4";
  std::vector<DbValue> values{to_micros(step.now),
                              step.after.hostname,
                              step.after.id,
                              static_cast<std::int64_t>(step.most),
                              like_pattern(to_lower_ascii(filter.hostname)),
                              filter.group ? filter.group->text() : std::string{},
                              filter.tag};
  if (!visible.are_all()) values.emplace_back(visible.value());
  return select(db, select_agents(where), values, read_agent_row);
}

}  // namespace

std::string Agent::etag() const {
  return '"' + std::to_string(version) + '"';
}

std::string_view name(AgentState state) noexcept {
  switch (state) {
    case AgentState::NeverConnected:
      return "never-connected";
    case AgentState::Online:
      return "online";
    case AgentState::Offline:
      return "offline";
  }
  return "";
}

Result<AgentState> parse_agent_state(std::string_view text) {
  for (const AgentState state : {AgentState::NeverConnected, AgentState::Online, AgentState::Offline})
    if (name(state) == text) return state;
  return fail(ErrorCode::Invalid, "state: not online, offline or never-connected");
}

Result<Protection> parse_protection(std::string_view text) {
  if (text == "none") return Protection::None;
  if (text == "degraded") return Protection::Degraded;
  return fail(ErrorCode::Invalid, "protection: not none or degraded");
}

std::string_view name(PolicyState state) noexcept {
  switch (state) {
    case PolicyState::None:
      return "none";
    case PolicyState::Pending:
      return "pending";
    case PolicyState::Applied:
      return "applied";
    case PolicyState::Failed:
      return "failed";
  }
  return "";
}

Agents::Agents(Tenants& tenants, AuditLog& audit, Policies& policies, ChangeBus& bus, const host::Clock& clock)
    : tenants_(tenants), audit_(audit), policies_(policies), bus_(bus), clock_(clock) {}

Result<Agents::PolicyContext> Agents::policy_context(const TenantScope& scope, Db& db) {
  return PolicyContext{WD_TRY(read_group_tree(db)), WD_TRY(policies_.base_id(scope))};
}

PolicyId Agents::policy_in(const PolicyContext& context, const Agent& agent) {
  return resolve(context.groups, {agent.group, agent.policy}, context.base);
}

// Works out what a row cannot say: whether the policy in force is the one that should be.
Result<Agent> Agents::finish(const TenantScope& scope, const PolicyContext& context, AgentRow row) {
  Agent& agent = row.agent;
  const std::string digest = WD_TRY(policies_.effective(scope, policy_in(context, agent), agent.id)).digest;
  if (agent.state == AgentState::NeverConnected)
    agent.policy_state = PolicyState::None;
  else if (row.policy_digest == digest)
    agent.policy_state = PolicyState::Applied;
  else if (row.refused_digest == digest)
    agent.policy_state = PolicyState::Failed;
  else
    agent.policy_state = PolicyState::Pending;
  if (agent.policy_state != PolicyState::Failed) agent.policy_error.clear();
  return std::move(agent);
}

Result<Page<Agent>> Agents::list(const TenantScope& scope, const AgentFilter& filter, const PageRequest& page) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::string cursor = WD_TRY(read_cursor(page.cursor));
  const std::size_t cut = cursor.find(kCursorSeparator);
  ListPlace place{cursor.substr(0, cut), cut == std::string::npos ? "" : cursor.substr(cut + 1)};
  const VisibleAgents visible = WD_TRY(VisibleAgents::of(*db, scope));
  const HostMatcher matcher = WD_TRY(HostMatcher::of(*db, filter.filters));
  const PolicyContext context = WD_TRY(policy_context(scope, *db));
  const std::size_t batch = matcher.takes_all() ? page.limit + 1 : kScanBatch;
  Page<Agent> result;
  for (bool is_end = false; !is_end && result.items.size() <= page.limit;) {
    auto rows = WD_TRY(read_after(*db, filter, visible, {place, batch, clock_.now()}));
    is_end = rows.size() < batch;
    for (AgentRow& row : rows) {
      if (result.items.size() > page.limit) break;
      place = {row.agent.hostname, row.agent.id.text()};
      row.agent.tags = WD_TRY(read_tags(*db, row.agent.id));
      Agent agent = WD_TRY(finish(scope, context, std::move(row)));
      if (matcher.matches(agent, policy_in(context, agent))) result.items.push_back(std::move(agent));
    }
  }
  finish_page(result, page.limit,
              [](const Agent& agent) { return agent.hostname + kCursorSeparator + agent.id.text(); });
  return result;
}

Result<Agent> Agents::find(const TenantScope& scope, const AgentId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return finish(scope, WD_TRY(policy_context(scope, *db)), WD_TRY(get(*db, scope, id, clock_.now())));
}

Result<void> Agents::apply(Db& db, const TenantScope& scope, const AgentChange& change, Agent& agent) {
  if (change.group) {
    WD_TRY(check_target(scope, *change.group));
    if (*change.group)
      WD_TRY(check_exists(db, "SELECT 1 FROM agent_groups WHERE id = ?1", (*change.group)->text(),
                          "/group_id: there is no such group"));
    agent.group = *change.group;
  }
  if (change.policy) {
    WD_TRY(check_target(scope, *change.policy));
    if (*change.policy)
      WD_TRY(check_exists(db, "SELECT 1 FROM policies WHERE id = ?1", (*change.policy)->text(),
                          "/policy_id: there is no such policy"));
    agent.policy = *change.policy;
  }
  if (change.tags) {
    if (change.tags->size() > kMaxTags) return fail(ErrorCode::TooLarge, "/tags: more than 32");
    std::set<std::string> changed;
    std::ranges::set_symmetric_difference(*change.tags, agent.tags, std::inserter(changed, changed.end()));
    WD_TRY(check_target(scope, changed));
    agent.tags = *change.tags;
    WD_TRY(write_tags(db, agent.id, agent.tags));
  }
  if (change.asset_value) agent.asset_value = *change.asset_value;
  return {};
}

Result<Agent> Agents::update(const TenantScope& scope, const AgentId& id, std::string_view etag,
                             const AgentChange& change) {
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    Agent agent = WD_TRY(get(*db, scope, id, clock_.now())).agent;
    WD_TRY(check_etag(etag, agent.etag()));
    WD_TRY(apply(*db, scope, change, agent));
    const DbValue value = agent.asset_value ? DbValue{*agent.asset_value} : DbValue{nullptr};
    WD_TRY(
        db->execute("UPDATE agents SET group_id = ?2, policy_id = ?3, asset_value = ?4, version = version + 1 "
                    "WHERE id = ?1",
                    {id.text(), to_db(agent.group), to_db(agent.policy), value}));
    WD_TRY(audit_.append_in(*db, scope,
                            {"agent.update",
                             "agent:" + id.text(),
                             AuditOutcome::Success,
                             {{"group", agent.group ? agent.group->text() : ""},
                              {"policy", agent.policy ? agent.policy->text() : ""},
                              {"asset_value", agent.asset_value.value_or(0)},
                              {"tags", json::array(agent.tags.begin(), agent.tags.end())}}}));
    WD_TRY(tx.commit());
  }
  bus_.publish({scope.tenant(), id});
  return find(scope, id);
}

Result<void> Agents::remove(const TenantScope& scope, const AgentId& id, std::string_view etag) {
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    const Agent agent = WD_TRY(get(*db, scope, id, clock_.now())).agent;
    WD_TRY(check_etag(etag, agent.etag()));
    WD_TRY(write_tags(*db, id, {}));
    WD_TRY(db->execute("DELETE FROM agent_commands WHERE agent_id = ?1", {id.text()}));
    WD_TRY(db->execute("DELETE FROM agents WHERE id = ?1", {id.text()}));
    WD_TRY(audit_.append_in(
        *db, scope, {"agent.delete", "agent:" + id.text(), AuditOutcome::Success, {{"hostname", agent.hostname}}}));
    WD_TRY(tx.commit());
  }
  bus_.publish({scope.tenant(), id});
  return {};
}

Result<FleetSummary> Agents::summary(const TenantScope& scope, const std::optional<GroupId>& group,
                                     const std::vector<std::string>& filters) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const PolicyContext context = WD_TRY(policy_context(scope, *db));
  const HostMatcher matcher = WD_TRY(HostMatcher::of(*db, filters));
  FleetSummary summary;
  const VisibleAgents visible = WD_TRY(VisibleAgents::of(*db, scope));
  std::vector<DbValue> values{to_micros(clock_.now()), group ? group->text() : std::string{}};
  if (!visible.are_all()) values.emplace_back(visible.value());
  const std::string sql = select_agents("(?2 = '' OR group_id = ?2)" + visible.condition("id", 3, db->dialect()));
  for (AgentRow& row : WD_TRY(select(*db, sql, values, read_agent_row))) {
    const bool is_unprotected = row.modules_in_force == 0;
    if (!matcher.takes_all()) row.agent.tags = WD_TRY(read_tags(*db, row.agent.id));
    const Agent agent = WD_TRY(finish(scope, context, std::move(row)));
    if (!matcher.matches(agent, policy_in(context, agent))) continue;
    if (is_unprotected) ++summary.unprotected;
    ++summary.agents;
    if (agent.state == AgentState::Online) ++summary.online;
    if (agent.state == AgentState::Offline) ++summary.offline;
    if (agent.policy_state == PolicyState::Pending) ++summary.pending_policies;
    summary.degraded_modules += count_degraded(agent.modules);
  }
  return summary;
}

Result<std::map<PolicyId, std::int64_t>> Agents::count_by_policy(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const PolicyContext context = WD_TRY(policy_context(scope, *db));
  const VisibleAgents visible = WD_TRY(VisibleAgents::of(*db, scope));
  std::vector<DbValue> values;
  if (!visible.are_all()) values.emplace_back(visible.value());
  const std::string sql =
      "SELECT group_id, policy_id FROM agents WHERE 1 = 1" + visible.condition("id", 1, db->dialect());
  std::map<PolicyId, std::int64_t> counts;
  for (const Assignment& assignment : WD_TRY(select(*db, sql, values, read_assignment)))
    ++counts[resolve(context.groups, assignment, context.base)];
  return counts;
}

Result<std::set<AgentId>> Agents::reached(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const VisibleAgents visible = WD_TRY(VisibleAgents::of(*db, scope));
  return visible.are_all() ? std::set<AgentId>{} : visible.ids();
}

Result<PolicyId> Agents::policy_of(const TenantScope& scope, const AgentId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto assignment =
      WD_TRY(select_one(*db, "SELECT group_id, policy_id FROM agents WHERE id = ?1", {id.text()}, read_assignment));
  if (!assignment) return fail(ErrorCode::NotFound, "agent " + id.text() + " does not exist");
  if (assignment->policy) return *assignment->policy;
  if (assignment->group) {
    const auto policy = policy_of_group(WD_TRY(read_group_tree(*db)), assignment->group);
    if (policy) return *policy;
  }
  return WD_TRY(policies_.base_id(scope));
}

Result<std::optional<std::int64_t>> Agents::asset_value_of(const TenantScope& scope, const AgentId& id) {
  // Its own, else that of the nearest group above that has one. The depth ends what could not be a tree.
  constexpr std::string_view kSql =
      "WITH RECURSIVE above (id, parent_id, value, depth) AS (SELECT g.id, g.parent_id, g.asset_value, 1 FROM agents a "
      "JOIN agent_groups g ON g.id = a.group_id WHERE a.id = ?1 UNION ALL SELECT g.id, g.parent_id, g.asset_value, "
      "above.depth + 1 FROM agent_groups g JOIN above ON g.id = above.parent_id WHERE above.depth < 64) "
      "SELECT asset_value, 0 AS depth FROM agents WHERE id = ?1 AND asset_value IS NOT NULL UNION ALL "
      "SELECT value, depth FROM above WHERE value IS NOT NULL ORDER BY depth LIMIT 1";
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return select_one(*db, kSql, {id.text()}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); });
}

Result<std::unordered_map<AgentId, PolicyId>> Agents::policies_of_all(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const PolicyContext context = WD_TRY(policy_context(scope, *db));
  std::unordered_map<AgentId, PolicyId> policies;
  WD_TRY(select(*db, "SELECT group_id, policy_id, id FROM agents", {}, [&](const Row& row) -> Result<int> {
    const auto id = WD_TRY(parse_id<AgentId>(row.text(2)));
    policies.emplace(id, resolve(context.groups, WD_TRY(read_assignment(row)), context.base));
    return 0;
  }));
  return policies;
}

Result<void> Agents::add(Db& transaction, const NewAgent& agent) {
  WD_TRY(transaction.execute(
      "INSERT INTO agents (id, hostname, group_id, policy_id, version, enrolled, agent_version, os, kernel, address, "
      "machine, connected, heartbeat_s, certificate_expires, policy_digest, refused_digest, policy_error, modules, "
      "spool_events) VALUES (?1, ?2, ?3, ?4, 1, ?5, '', '', '', '', '', 0, 30, ?6, '', '', '', '[]', 0)",
      {agent.id.text(), agent.hostname, to_db(agent.group), to_db(agent.policy), to_micros(clock_.now()),
       to_micros(agent.certificate_expires)}));
  return {};
}

Result<void> Agents::reset_connections(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("UPDATE agents SET connected = 0 WHERE connected <> 0"));
  return {};
}

}  // namespace warder::manager
