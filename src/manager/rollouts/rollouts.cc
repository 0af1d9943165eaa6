#include "manager/rollouts/rollouts.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/fleet/agent_rows.h"
#include "manager/rollouts/rollout_rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxName = 100;
constexpr std::size_t kReadAtOnce = 1'000;
constexpr int kWhole = 100;
/// What became of single hosts is kept this long; the roll-out itself for good.
constexpr std::chrono::days kHostsKept{90};

Result<void> check_ring(const Ring& ring, const std::string& at, int& percent) {
  if (ring.name.empty() || ring.name.size() > kMaxName)
    return fail(ErrorCode::Invalid, at + "/name: 1 to 100 characters");
  const int kinds = (ring.percent != 0 ? 1 : 0) + (ring.groups.empty() ? 0 : 1) + (ring.tag.empty() ? 0 : 1);
  if (kinds != 1) return fail(ErrorCode::Invalid, at + ": one of percent, group_ids and tag");
  if (ring.percent == 0) return {};
  if (ring.percent <= percent || ring.percent >= kWhole)
    return fail(ErrorCode::Invalid, at + "/percent: more than that of the ring before, and less than 100");
  percent = ring.percent;
  return {};
}

Result<void> check(const RolloutDraft& draft) {
  WD_TRY(check_policy_document(draft.document));
  if (draft.rings.empty() || draft.rings.size() >= kMaxRings)
    return fail(ErrorCode::Invalid, "/rings: 1 to 7; the last one, of everybody else, comes by itself");
  int percent = 0;
  for (std::size_t i = 0; i < draft.rings.size(); ++i)
    WD_TRY(check_ring(draft.rings[i], "/rings/" + std::to_string(i), percent));
  return {};
}

/// The policy and those that inherit from it.
Result<std::set<PolicyId>> policies_below(Db& db, const PolicyId& id) {
  std::set<PolicyId> found;
  WD_TRY(select(db,
                "WITH RECURSIVE below (id) AS (SELECT id FROM policies WHERE id = ?1 UNION ALL "
                "SELECT p.id FROM policies p JOIN below b ON p.parent_id = b.id) SELECT id FROM below",
                {id.text()}, [&](const Row& row) -> Result<int> {
                  found.insert(WD_TRY(parse_id<PolicyId>(row.text(0))));
                  return 0;
                }));
  return found;
}

bool is_in(const GroupTree& tree, std::optional<GroupId> group, const std::vector<GroupId>& wanted) {
  constexpr int kMaxDepth = 64;
  for (int depth = 0; group && depth < kMaxDepth; ++depth) {
    if (std::ranges::find(wanted, *group) != wanted.end()) return true;
    const auto found = tree.find(*group);
    if (found == tree.end()) return false;
    group = found->second.parent;
  }
  return false;
}

/// An order that is another in each roll-out, so that not always the same hosts go first.
std::string rank_of(const RolloutId& rollout, const AgentId& agent) {
  const std::string text = rollout.text() + agent.text();
  return to_hex(crypto::sha256(as_bytes(text)));
}

HostBefore before_of(const Agent& agent) {
  return {agent.state == AgentState::Online,
          std::ranges::any_of(agent.modules, [](const AgentModule& module) { return module.state == "degraded"; })};
}

Result<void> check_visible(const TenantScope& scope, const Rollout& rollout) {
  if (scope.is_whole() || scope.reach().policies.contains(rollout.policy.text())) return {};
  return scope.hide("roll-out " + rollout.id.text() + " does not exist");
}

std::string unhealthy_text(const Rollout& rollout) {
  std::int64_t ill = 0;
  std::int64_t hosts = 0;
  for (const RingCounts& ring : rollout.counts) {
    ill += ring.unhealthy;
    hosts += ring.hosts - ring.absent;
  }
  return std::to_string(ill) + " of " + std::to_string(hosts) + " hosts are not well in ring " +
         rollout.rings[rollout.opened - 1].name;
}

}  // namespace

/// What rings are chosen from, and what judges them.
struct Rollouts::Fleet {
  std::unordered_map<AgentId, Agent> agents;
  std::vector<AgentId> concerned;  // those that the policy applies to
  GroupTree groups;
};

std::string_view name(RolloutState state) noexcept {
  switch (state) {
    case RolloutState::Running:
      return "running";
    case RolloutState::Paused:
      return "paused";
    case RolloutState::Finished:
      return "finished";
    case RolloutState::BackedOut:
      return "backed-out";
  }
  return "";
}

Result<RolloutStep> parse_rollout_step(std::string_view text) {
  if (text == "pause") return RolloutStep::Pause;
  if (text == "resume") return RolloutStep::Resume;
  if (text == "advance") return RolloutStep::Advance;
  if (text == "back-out") return RolloutStep::BackOut;
  return fail(ErrorCode::Invalid, "/step: not pause, resume, advance or back-out");
}

Result<Rollout> Rollouts::start(const TenantScope& scope, const PolicyId& policy, std::string_view etag,
                                const RolloutDraft& draft) {
  const Policy present = WD_TRY(policies_.find(scope, policy));
  WD_TRY(check_etag(etag, present.etag()));
  WD_TRY(check(draft));
  if (canonical_json(present.document) == canonical_json(draft.document))
    return fail(ErrorCode::Invalid, "/document: the policy has it already");
  Rollout rollout;
  rollout.id = new_id<RolloutId>(clock_.now());
  rollout.policy = policy;
  rollout.document = draft.document;
  rollout.base_version = present.version;
  rollout.rings = draft.rings;
  rollout.rings.push_back({"*", kWhole, {}, ""});
  rollout.soak = draft.soak;
  rollout.max_unhealthy_percent = draft.max_unhealthy_percent;
  rollout.started = clock_.now();
  rollout.started_by = scope.actor();
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    WD_TRY(check_no_rollout(*db, policy));
    WD_TRY(insert_rollout(*db, rollout));
    WD_TRY(
        db->execute("DELETE FROM policy_rollout_agents WHERE rollout_id IN "
                    "(SELECT id FROM policy_rollouts WHERE ended < ?1)",
                    {to_micros(clock_.now() - kHostsKept)}));
    WD_TRY(record(*db, scope, "policy.rollout.start", rollout));
    WD_TRY(tx.commit());
  }
  tell(scope, "policy.rollout.started", rollout.id);
  return rollout;
}

Result<Page<Rollout>> Rollouts::list(const TenantScope& scope, const PolicyId& policy, const PageRequest& page) {
  WD_TRY(policies_.find(scope, policy));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::string before = page.cursor.empty() ? "~" : WD_TRY(read_cursor(page.cursor));
  const std::vector<DbValue> values{policy.text(), before, static_cast<std::int64_t>(page.limit) + 1};
  Page<Rollout> result;
  // Their ids sort by time.
  result.items = WD_TRY(read_rollouts(*db, "policy_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3", values));
  finish_page(result, page.limit, [](const Rollout& rollout) { return rollout.id.text(); });
  return result;
}

Result<Rollout> Rollouts::find(const TenantScope& scope, const RolloutId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Rollout rollout = WD_TRY(read_rollout(*db, id));
  WD_TRY(check_visible(scope, rollout));
  return rollout;
}

Result<Page<RolloutHost>> Rollouts::hosts(const TenantScope& scope, const RolloutId& id, const PageRequest& page) {
  WD_TRY(find(scope, id));
  std::vector<RolloutAgent> rows;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    rows = WD_TRY(read_rollout_agents(*db, id));
  }
  const auto key = [](const RolloutAgent& row) {
    return (row.judgement.verdict == HostVerdict::Unhealthy ? "0" : "1") + row.agent.text();
  };
  std::ranges::sort(rows, {}, key);
  const std::string after = WD_TRY(read_cursor(page.cursor));
  Page<RolloutHost> result;
  std::string last;
  for (const RolloutAgent& row : rows) {
    if (key(row) <= after) continue;
    if (result.items.size() == page.limit) {
      result.next_cursor = to_base64url(as_bytes(last));
      break;
    }
    const auto agent = agents_.find(scope, row.agent);
    if (!agent && agent.error().code != ErrorCode::NotFound) return fail(agent.error());
    last = key(row);
    if (agent)
      result.items.push_back({row.agent, agent->hostname, row.ring, row.judgement.verdict, row.judgement.problem});
  }
  return result;
}

Result<Rollout> Rollouts::step(const TenantScope& scope, const RolloutId& id, RolloutStep step) {
  const Rollout rollout = WD_TRY(find(scope, id));
  if (rollout.ended) return fail(ErrorCode::Conflict, "the roll-out is over");
  if (step == RolloutStep::BackOut) {
    WD_TRY(back_out(scope, rollout, "by hand"));
    return find(scope, id);
  }
  if (step == RolloutStep::Pause && rollout.state == RolloutState::Paused)
    return fail(ErrorCode::Conflict, "the roll-out is paused already");
  if (step == RolloutStep::Resume && rollout.state == RolloutState::Running)
    return fail(ErrorCode::Conflict, "the roll-out runs already");
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    const bool is_forced = step == RolloutStep::Advance;
    const RolloutState state = step == RolloutStep::Pause ? RolloutState::Paused : RolloutState::Running;
    const auto changed = WD_TRY(db->execute(
        "UPDATE policy_rollouts SET state = ?2, is_forced = ?3 WHERE id = ?1 AND ended IS NULL AND opened = ?4",
        {id.text(), std::string{name(state)}, std::int64_t{is_forced ? 1 : 0},
         static_cast<std::int64_t>(rollout.opened)}));
    if (changed == 0) return fail(ErrorCode::Conflict, "the roll-out has moved on meanwhile; look again");
    constexpr std::string_view kActions[] = {"policy.rollout.pause", "policy.rollout.resume", "policy.rollout.advance"};
    WD_TRY(record(*db, scope, kActions[static_cast<std::size_t>(step)], rollout));
    WD_TRY(tx.commit());
  }
  return find(scope, id);
}

Result<void> Rollouts::keep_up(const TenantScope& scope) {
  std::vector<Rollout> running;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    running = WD_TRY(read_rollouts(*db, "ended IS NULL AND state = 'running' ORDER BY id", {}));
  }
  Result<void> outcome;
  for (const Rollout& rollout : running)
    if (auto done = look_after(scope, rollout); !done) outcome = std::move(done);
  return outcome;
}

Result<void> Rollouts::look_after(const TenantScope& scope, const Rollout& rollout) {
  const Fleet fleet = WD_TRY(read_fleet(scope, rollout.policy));
  if (rollout.opened == 0) return open_ring(scope, rollout, fleet);
  const bool is_soaked = clock_.now() - rollout.ring_started >= rollout.soak;
  Rollout judged;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    for (const RolloutAgent& row : WD_TRY(read_rollout_agents(*db, rollout.id))) {
      const auto agent = fleet.agents.find(row.agent);
      // A host that was removed says nothing.
      const HostJudgement judgement =
          agent == fleet.agents.end()
              ? HostJudgement{HostVerdict::Absent, "", {}}
              : judge(row.before, agent->second, row.judgement.bad_since, is_soaked, clock_.now());
      if (judgement != row.judgement) WD_TRY(write_judgement(*db, rollout.id, row.agent, judgement));
    }
    WD_TRY(tx.commit());
    judged = WD_TRY(read_rollout(*db, rollout.id));
  }
  if (judged.state != RolloutState::Running) return {};
  const RingMove move = decide(judged.counts, judged.max_unhealthy_percent, is_soaked);
  if (move == RingMove::BackOut && !judged.is_forced) return back_out(scope, judged, unhealthy_text(judged));
  if (move == RingMove::Wait && !judged.is_forced) return {};
  return judged.opened == judged.rings.size() ? finish(scope, judged) : open_ring(scope, judged, fleet);
}

Result<Rollouts::Fleet> Rollouts::read_fleet(const TenantScope& scope, const PolicyId& policy) {
  Fleet fleet;
  PageRequest page{kReadAtOnce, ""};
  while (true) {
    auto found = WD_TRY(agents_.list(scope, {}, page));
    for (Agent& agent : found.items) fleet.agents.emplace(agent.id, std::move(agent));
    if (!found.next_cursor) break;
    page.cursor = *found.next_cursor;
  }
  const auto applied = WD_TRY(agents_.policies_of_all(scope));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  fleet.groups = WD_TRY(read_group_tree(*db));
  const std::set<PolicyId> below = WD_TRY(policies_below(*db, policy));
  for (const auto& [agent, its_policy] : applied)
    if (below.contains(its_policy) && fleet.agents.contains(agent)) fleet.concerned.push_back(agent);
  return fleet;
}

Result<void> Rollouts::open_ring(const TenantScope& scope, const Rollout& rollout, const Fleet& fleet) {
  const Ring& ring = rollout.rings[rollout.opened];
  std::vector<AgentId> order = fleet.concerned;
  std::ranges::sort(order, {}, [&](const AgentId& agent) { return rank_of(rollout.id, agent); });
  if (ring.percent != 0) {
    // At least one, so that somebody says something.
    order.resize((order.size() * static_cast<std::size_t>(ring.percent) + kWhole - 1) / kWhole);
  } else {
    std::erase_if(order, [&](const AgentId& id) {
      const Agent& agent = fleet.agents.at(id);
      return ring.tag.empty() ? !is_in(fleet.groups, agent.group, ring.groups) : !agent.tags.contains(ring.tag);
    });
  }
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    const auto changed =
        WD_TRY(db->execute("UPDATE policy_rollouts SET opened = ?2 + 1, is_forced = 0, ring_started = ?3 "
                           "WHERE id = ?1 AND opened = ?2 AND state = 'running' AND ended IS NULL",
                           {rollout.id.text(), static_cast<std::int64_t>(rollout.opened), to_micros(clock_.now())}));
    // Another manager or a person was faster.
    if (changed == 0) return {};
    std::set<AgentId> known;
    for (const RolloutAgent& row : WD_TRY(read_rollout_agents(*db, rollout.id))) known.insert(row.agent);
    for (const AgentId& id : order)
      if (!known.contains(id))
        WD_TRY(insert_rollout_agent(*db, rollout.id, {id, rollout.opened, before_of(fleet.agents.at(id)), {}}));
    WD_TRY(record(*db, scope, "policy.rollout.ring", rollout, {{"ring", ring.name}}));
    WD_TRY(tx.commit());
  }
  policies_.rollouts_changed(scope);
  return {};
}

Result<void> Rollouts::finish(const TenantScope& scope, const Rollout& rollout) {
  PolicyChange change;
  change.document = rollout.document;
  change.author = rollout.started_by;
  change.is_end_of_rollout = true;
  change.also = [&](Db& db) -> Result<void> {
    const auto changed =
        WD_TRY(db.execute("UPDATE policy_rollouts SET state = 'finished', ended = ?2 WHERE id = ?1 AND ended IS NULL",
                          {rollout.id.text(), to_micros(clock_.now())}));
    if (changed == 0) return fail(ErrorCode::Conflict, "the roll-out is over");
    return record(db, scope, "policy.rollout.finish", rollout);
  };
  auto finished = policies_.update(scope, rollout.policy, "*", change);
  if (!finished && finished.error().code == ErrorCode::Conflict) return {};
  if (!finished) return fail(std::move(finished).error());
  tell(scope, "policy.rollout.finished", rollout.id);
  return {};
}

Result<void> Rollouts::back_out(const TenantScope& scope, const Rollout& rollout, const std::string& reason) {
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    const auto changed = WD_TRY(db->execute(
        "UPDATE policy_rollouts SET state = 'backed-out', reason = ?2, ended = ?3 WHERE id = ?1 AND ended IS NULL",
        {rollout.id.text(), reason, to_micros(clock_.now())}));
    if (changed == 0) return {};
    WD_TRY(record(*db, scope, "policy.rollout.back-out", rollout, {{"reason", reason}}));
    WD_TRY(tx.commit());
  }
  policies_.rollouts_changed(scope);
  tell(scope, "policy.rollout.backed-out", rollout.id);
  return {};
}

Result<void> Rollouts::record(Db& db, const TenantScope& scope, std::string_view action, const Rollout& rollout,
                              json::object detail) {
  detail["rollout"] = rollout.id.text();
  WD_TRY(audit_.append_in(
      db, scope, {std::string{action}, "policy:" + rollout.policy.text(), AuditOutcome::Success, std::move(detail)}));
  return {};
}

void Rollouts::tell(const TenantScope& scope, std::string_view type, const RolloutId& id) {
  if (!tell_) return;
  const auto rollout = find(scope, id);
  if (!rollout) return;
  const auto policy = policies_.find(scope, rollout->policy);
  tell_(scope, {type, *rollout, policy ? policy->name : rollout->policy.text()});
}

}  // namespace warder::manager
