#include "manager/trust/duties.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

using std::chrono::days;

struct Assigned {
  std::string commitment;
  DutyTerms terms;
  std::int64_t version = 0;
};

Result<Assigned> read_assigned(const Row& row) {
  Assigned read{row.text(0), {row.text(1), row.text(2), row.text(3), std::nullopt, from_micros(row.integer(5))}, 0};
  if (row.integer(4) > 0) read.terms.cadence = days(row.integer(4));
  read.version = row.integer(6);
  return read;
}

Result<std::vector<Assigned>> all_assigned(Db& db) {
  return read_rows(db, "SELECT commitment, owner, deputy, reviewer, cadence_days, assigned, version FROM trust_duties",
                   {}, read_assigned);
}

Duty duty_of(const Commitment& commitment, const std::vector<Assigned>& assigned,
             const std::vector<EvidenceRecord>& records, Timestamp now) {
  Duty duty;
  duty.commitment = &commitment;
  const auto own = std::ranges::find(assigned, commitment.id, &Assigned::commitment);
  std::vector<EvidenceFacts> facts;
  for (const EvidenceRecord& record : records) {
    if (record.facts.commitment != commitment.id) continue;
    if (facts.empty()) {  // the newest comes first
      duty.newest = record.id;
      duty.terms.owner = record.facts.owner;
      duty.terms.deputy = record.deputy;
    }
    facts.push_back(record.facts);
  }
  if (own != assigned.end()) {
    duty.terms = own->terms;
    duty.version = own->version;
  }
  duty.standing = assess_duty(commitment, duty.terms, facts, now);
  return duty;
}

Result<void> check(const Commitment& commitment, const DutyDraft& draft) {
  if (draft.owner.empty()) return fail(ErrorCode::Invalid, "/owner: somebody must answer for it");
  if (draft.deputy == draft.owner) return fail(ErrorCode::Invalid, "/deputy: is the owner");
  if (draft.reviewer.empty()) return fail(ErrorCode::Invalid, "/reviewer: somebody else must look at its evidence");
  if (draft.reviewer == draft.owner || draft.reviewer == draft.deputy)
    return fail(ErrorCode::Invalid, "/reviewer: answers for it");
  if (draft.cadence < days(0) || draft.cadence > *commitment.evidence_life)
    return fail(ErrorCode::Invalid, "/cadence_days: is not in 0.." + std::to_string(commitment.evidence_life->count()));
  return {};
}

AuditRecord entry_of(std::string_view commitment, const DutyDraft& draft) {
  AuditRecord entry;
  entry.action = "trust.duty.assign";
  entry.object = "commitment:" + std::string(commitment);
  entry.detail = {{"owner", json::string(draft.owner)},
                  {"deputy", json::string(draft.deputy)},
                  {"reviewer", json::string(draft.reviewer)},
                  {"cadence_days", std::int64_t{draft.cadence.count()}}};
  return entry;
}

using AllTold = std::map<std::string, ToldStage, std::less<>>;

Result<AllTold> told_in(Db& db) {
  struct Read {
    std::string commitment;
    ToldStage told;
  };
  const auto read = [](const Row& row) -> Result<Read> {
    return Read{row.text(0), {from_micros(row.integer(1)), static_cast<int>(row.integer(2))}};
  };
  AllTold told;
  for (Read& each : WD_TRY(read_rows(db, "SELECT commitment, due, stage FROM trust_duty_reminders", {}, read)))
    told.emplace(std::move(each.commitment), each.told);
  return told;
}

Result<void> note(Db& db, const std::string& commitment, const ToldStage& told) {
  WD_TRY(
      db.execute("INSERT INTO trust_duty_reminders (commitment, due, stage) VALUES (?1, ?2, ?3) ON CONFLICT "
                 "(commitment) DO UPDATE SET due = excluded.due, stage = excluded.stage",
                 {commitment, to_micros(told.due), std::int64_t{told.stage}}));
  return {};
}

}  // namespace

Result<std::vector<Duty>> Duties::list(const TenantScope& scope) {
  const auto records = WD_TRY(evidence_.list(scope));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto assigned = WD_TRY(all_assigned(*db));
  const Timestamp now = clock_.now();
  std::vector<Duty> duties;
  for (const Commitment& commitment : commitments_)
    if (commitment.needs_evidence()) duties.push_back(duty_of(commitment, assigned, records, now));
  return duties;
}

Result<Duty> Duties::find(const TenantScope& scope, std::string_view commitment) {
  for (Duty& duty : WD_TRY(list(scope)))
    if (duty.commitment->id == commitment) return std::move(duty);
  return fail(ErrorCode::NotFound, "there is no such duty");
}

Result<Duty> Duties::assign(const TenantScope& scope, std::string_view commitment, const DutyDraft& draft,
                            std::string_view etag) {
  const Duty before = WD_TRY(find(scope, commitment));
  WD_TRY(check(*before.commitment, draft));
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const auto version = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
    const std::int64_t there = WD_TRY(read_row(*db, "SELECT version FROM trust_duties WHERE commitment = ?1",
                                               {before.commitment->id}, version))
                                   .value_or(0);
    WD_TRY(check_etag(etag, "\"" + std::to_string(there) + "\""));
    WD_TRY(db->execute(
        "INSERT INTO trust_duties (commitment, owner, deputy, reviewer, cadence_days, assigned, version) VALUES (?1, "
        "?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT (commitment) DO UPDATE SET owner = excluded.owner, deputy = "
        "excluded.deputy, reviewer = excluded.reviewer, cadence_days = excluded.cadence_days, version = "
        "trust_duties.version + 1",
        {before.commitment->id, draft.owner, draft.deputy, draft.reviewer, std::int64_t{draft.cadence.count()},
         to_micros(clock_.now())}));
    WD_TRY(audit_.append_in(*db, scope, entry_of(commitment, draft)));
    WD_TRY(tx.commit());
  }
  return find(scope, commitment);
}

Result<std::vector<DutyReminder>> Duties::take_due(const TenantScope& scope) {
  std::vector<Duty> duties = WD_TRY(list(scope));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const AllTold told = WD_TRY(told_in(*db));
  const Timestamp now = clock_.now();
  std::vector<DutyReminder> due;
  for (Duty& duty : duties) {
    const auto known = told.find(duty.commitment->id);
    const ToldStage before = known == told.end() ? ToldStage{} : known->second;
    const ToldStage next = next_stage(before, duty.standing, now);
    if (next == before) continue;
    WD_TRY(note(*db, duty.commitment->id, next));
    if (next.stage != 0 || before.stage != 0) due.push_back({std::move(duty), next.stage});
  }
  return due;
}

}  // namespace warder::manager
