#include "manager/trust/policy_reminders.h"

#include <algorithm>
#include <map>

#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr int kOverdue = 3;

/// How far somebody was told of what; another deadline is another round.
struct Told {
  Timestamp deadline;
  int stage = 0;
};
using ToldPeople = std::map<std::string, Told>;  // by user
using ToldPolicies = std::map<std::string, ToldPeople>;

Result<ToldPolicies> told_in(Db& db) {
  struct Read {
    std::string policy;
    std::string user;
    Told told;
  };
  const auto read = [](const Row& row) -> Result<Read> {
    return Read{row.text(0), row.text(1), {from_micros(row.integer(2)), static_cast<int>(row.integer(3))}};
  };
  ToldPolicies told;
  for (const Read& each :
       WD_TRY(read_rows(db, "SELECT policy, user_id, deadline, stage FROM trust_policy_reminders", {}, read)))
    told[each.policy].emplace(each.user, each.told);
  return told;
}

Result<void> note(Db& db, const std::string& policy, const ToldPeople& people) {
  WD_TRY(db.execute("DELETE FROM trust_policy_reminders WHERE policy = ?1", {policy}));
  for (const auto& [user, told] : people)
    WD_TRY(db.execute("INSERT INTO trust_policy_reminders (policy, user_id, deadline, stage) VALUES (?1, ?2, ?3, ?4)",
                      {policy, user, to_micros(told.deadline), std::int64_t{told.stage}}));
  return {};
}

bool is_anybody_overdue(const ToldPeople& people) {
  return std::ranges::any_of(people, [](const auto& each) { return each.second.stage >= kOverdue; });
}

struct Round {
  ToldPeople now;  // of those who have not acknowledged
  int stage = 0;   // the highest that somebody has newly come to
};

Round next_round(const std::vector<PolicyReader>& readers, const ToldPeople& before, Timestamp now) {
  Round round;
  for (const PolicyReader& reader : readers) {
    const int stage = reminder_stage(reader.standing, now);
    if (stage == 0) continue;
    const Timestamp deadline = *reader.standing.deadline;
    const auto known = before.find(reader.person.id);
    const int was = known != before.end() && known->second.deadline == deadline ? known->second.stage : 0;
    round.now.emplace(reader.person.id, Told{deadline, std::max(stage, was)});
    if (stage > was) round.stage = std::max(round.stage, stage);
  }
  return round;
}

}  // namespace

std::string describe(const PolicyReminder& reminder) {
  const std::int64_t waiting = reminder.count.due + reminder.count.overdue;
  std::string text = reminder.title + " (" + reminder.owner;
  if (reminder.stage >= kOverdue && !reminder.deputy.empty()) text.append(", ").append(reminder.deputy);
  text.append("): ").append(std::to_string(waiting)).append(" of ").append(std::to_string(reminder.count.people));
  text.append(" have yet to acknowledge it, ").append(std::to_string(reminder.count.overdue));
  return text.append(" of them overdue");
}

Result<std::vector<PolicyReminder>> PolicyReminders::take_due(const TenantScope& scope) {
  ToldPolicies before;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    before = WD_TRY(told_in(*db));
  }
  std::vector<PolicyReminder> due;
  for (const WrittenPolicy& policy : WD_TRY(policies_.list(scope))) {
    const auto readers = WD_TRY(policies_.readers(scope, policy));
    const auto taken = before.extract(policy.id);
    const ToldPeople known = taken ? taken.mapped() : ToldPeople{};
    const Round round = next_round(readers, known, clock_.now());
    const bool is_over = is_anybody_overdue(known) && !is_anybody_overdue(round.now);
    if (round.stage == 0 && known.size() == round.now.size() && !is_over) continue;
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    WD_TRY(note(*db, policy.id, round.now));
    WD_TRY(tx.commit());
    const WrittenVersion& version = policy.held ? *policy.held : policy.newest;
    const PolicyReminder reminder{policy.id,      version.title, version.owner,
                                  version.deputy, round.stage,   count_readers(readers)};
    if (round.stage > 0) due.push_back(reminder);
    if (is_over) {
      due.push_back(reminder);
      due.back().stage = 0;
    }
  }
  for (const auto& [policy, people] : before) {  // what is not there any more
    auto db = WD_TRY(tenants_.config(scope).acquire());
    WD_TRY(note(*db, policy, {}));
    if (is_anybody_overdue(people)) due.push_back({policy, {}, {}, {}, 0, {}});
  }
  return due;
}

}  // namespace warder::manager
