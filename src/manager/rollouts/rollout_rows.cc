#include "manager/rollouts/rollout_rows.h"

#include "base/json.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxStoredBytes = 512 << 10;
constexpr std::string_view kColumns =
    "id, policy_id, document, base_version, rings, opened, is_forced, ring_started, soak_s, max_unhealthy_percent, "
    "state, reason, started, started_by, ended";

json::object to_json(const Ring& ring) {
  json::array groups;
  for (const GroupId& group : ring.groups) groups.push_back(json::string(group.text()));
  return {{"name", ring.name}, {"percent", ring.percent}, {"groups", std::move(groups)}, {"tag", ring.tag}};
}

Result<Ring> ring_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "stored ring: not an object");
  const json::object& object = value.as_object();
  Ring ring;
  ring.name = WD_TRY(get_string(object, "name"));
  ring.percent = static_cast<int>(WD_TRY(get_int(object, "percent")));
  for (const json::value& group : *WD_TRY(get_array(object, "groups"))) {
    if (!group.is_string()) return fail(ErrorCode::Corrupt, "stored ring: a group is not a string");
    ring.groups.push_back(WD_TRY(parse_id<GroupId>(std::string_view(group.as_string()))));
  }
  ring.tag = WD_TRY(get_string(object, "tag"));
  return ring;
}

Result<std::vector<Ring>> rings_from_text(const std::string& text) {
  const json::value value = WD_TRY(parse_json(text, kMaxStoredBytes).in("stored rings"));
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "stored rings: not an array");
  std::vector<Ring> rings;
  for (const json::value& ring : value.as_array()) rings.push_back(WD_TRY(ring_from_json(ring)));
  return rings;
}

Result<RolloutState> parse_state(std::string_view text) {
  for (const RolloutState state :
       {RolloutState::Running, RolloutState::Paused, RolloutState::Finished, RolloutState::BackedOut})
    if (name(state) == text) return state;
  return fail(ErrorCode::Corrupt, "stored roll-out: state " + std::string{text});
}

Result<Rollout> read_row(const Row& row) {
  enum Column : int {
    kId,
    kPolicy,
    kDocument,
    kBaseVersion,
    kRings,
    kOpened,
    kForced,
    kRingStarted,
    kSoak,
    kMaxUnhealthy,
    kState,
    kReason,
    kStarted,
    kStartedBy,
    kEnded
  };
  Rollout rollout;
  rollout.id = WD_TRY(parse_id<RolloutId>(row.text(kId)));
  rollout.policy = WD_TRY(parse_id<PolicyId>(row.text(kPolicy)));
  json::value document = WD_TRY(parse_json(row.text(kDocument), kMaxStoredBytes).in("stored roll-out"));
  if (!document.is_object()) return fail(ErrorCode::Corrupt, "stored roll-out: the document is not an object");
  rollout.document = std::move(document.as_object());
  rollout.base_version = row.integer(kBaseVersion);
  rollout.rings = WD_TRY(rings_from_text(row.text(kRings)));
  rollout.opened = static_cast<std::size_t>(row.integer(kOpened));
  rollout.is_forced = row.integer(kForced) != 0;
  rollout.ring_started = from_micros(row.integer(kRingStarted));
  rollout.soak = std::chrono::seconds{row.integer(kSoak)};
  rollout.max_unhealthy_percent = static_cast<int>(row.integer(kMaxUnhealthy));
  rollout.state = WD_TRY(parse_state(row.text(kState)));
  rollout.reason = row.text(kReason);
  rollout.started = from_micros(row.integer(kStarted));
  rollout.started_by = row.text(kStartedBy);
  rollout.ended = optional_time(row, kEnded);
  rollout.counts.resize(rollout.opened);
  return rollout;
}

Result<void> read_counts(Db& db, Rollout& rollout) {
  const auto count = [&](const Row& row) -> Result<int> {
    const auto ring = static_cast<std::size_t>(row.integer(0));
    const HostVerdict verdict = WD_TRY(parse_host_verdict(row.text(1)));
    if (ring >= rollout.counts.size()) return 0;
    for (std::int64_t hosts = row.integer(2); hosts > 0; --hosts) rollout.counts[ring].add(verdict);
    return 0;
  };
  WD_TRY(select(db,
                "SELECT ring, verdict, COUNT(*) FROM policy_rollout_agents WHERE rollout_id = ?1 "
                "GROUP BY ring, verdict",
                {rollout.id.text()}, count));
  return {};
}

DbValue time_or_null(std::optional<Timestamp> time) {
  return time ? DbValue{to_micros(*time)} : DbValue{nullptr};
}

std::int64_t flag(bool value) {
  return value ? 1 : 0;
}

}  // namespace

Result<std::vector<Rollout>> read_rollouts(Db& db, std::string_view where, std::span<const DbValue> values) {
  const std::string sql = "SELECT " + std::string{kColumns} + " FROM policy_rollouts WHERE " + std::string{where};
  auto rollouts = WD_TRY(select(db, sql, values, read_row));
  for (Rollout& rollout : rollouts) WD_TRY(read_counts(db, rollout));
  return rollouts;
}

Result<Rollout> read_rollout(Db& db, const RolloutId& id) {
  const DbValue value{id.text()};
  auto found = WD_TRY(read_rollouts(db, "id = ?1", {&value, 1}));
  if (found.empty()) return fail(ErrorCode::NotFound, "roll-out " + id.text() + " does not exist");
  return std::move(found.front());
}

Result<void> insert_rollout(Db& db, const Rollout& rollout) {
  json::array rings;
  for (const Ring& ring : rollout.rings) rings.push_back(to_json(ring));
  WD_TRY(
      db.execute("INSERT INTO policy_rollouts (" + std::string{kColumns} +
                     ") VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8, ?9, '', ?6, ?10, NULL)",
                 {rollout.id.text(), rollout.policy.text(), canonical_json(rollout.document), rollout.base_version,
                  canonical_json(rings), to_micros(rollout.started), std::int64_t{rollout.soak.count()},
                  std::int64_t{rollout.max_unhealthy_percent}, std::string{name(rollout.state)}, rollout.started_by}));
  return {};
}

Result<std::vector<RolloutAgent>> read_rollout_agents(Db& db, const RolloutId& id) {
  enum Column : int { kAgent, kRing, kWasPresent, kWasDegraded, kBadSince, kVerdict, kProblem };
  return select(db,
                "SELECT agent_id, ring, was_present, was_degraded, bad_since, verdict, problem "
                "FROM policy_rollout_agents WHERE rollout_id = ?1",
                {id.text()}, [](const Row& row) -> Result<RolloutAgent> {
                  RolloutAgent agent;
                  agent.agent = WD_TRY(parse_id<AgentId>(row.text(kAgent)));
                  agent.ring = static_cast<std::size_t>(row.integer(kRing));
                  agent.before = {row.integer(kWasPresent) != 0, row.integer(kWasDegraded) != 0};
                  agent.judgement.verdict = WD_TRY(parse_host_verdict(row.text(kVerdict)));
                  agent.judgement.problem = row.text(kProblem);
                  agent.judgement.bad_since = optional_time(row, kBadSince);
                  return agent;
                });
}

Result<void> insert_rollout_agent(Db& db, const RolloutId& id, const RolloutAgent& agent) {
  WD_TRY(
      db.execute("INSERT INTO policy_rollout_agents (rollout_id, agent_id, ring, was_present, was_degraded, "
                 "bad_since, verdict, problem) VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, '')",
                 {id.text(), agent.agent.text(), static_cast<std::int64_t>(agent.ring), flag(agent.before.was_present),
                  flag(agent.before.was_degraded), std::string{name(agent.judgement.verdict)}}));
  return {};
}

Result<void> write_judgement(Db& db, const RolloutId& id, const AgentId& agent, const HostJudgement& judgement) {
  WD_TRY(
      db.execute("UPDATE policy_rollout_agents SET bad_since = ?3, verdict = ?4, problem = ?5 "
                 "WHERE rollout_id = ?1 AND agent_id = ?2",
                 {id.text(), agent.text(), time_or_null(judgement.bad_since), std::string{name(judgement.verdict)},
                  judgement.problem}));
  return {};
}

}  // namespace warder::manager
