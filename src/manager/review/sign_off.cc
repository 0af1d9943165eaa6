// A person's look at a day.
#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/review/review_rows.h"

namespace warder::manager {
namespace {

/// What a sign-off says of one system.
struct Look {
  TriagedSystem seen;
  std::string judgement;  // empty: quiet, and nothing was said
  std::string note;
};
using Looks = std::map<std::string, Look>;

Result<void> check_note(const std::string& note, const std::string& place) {
  if (note.size() > kMaxNoteBytes) return fail(ErrorCode::TooLarge, place + ": is too long");
  if (!is_utf8(note) || note.find('\0') != std::string::npos) return fail(ErrorCode::Invalid, place + ": is no text");
  return {};
}

Result<Looks> named_looks(const DayRecords& records, const SignOffDraft& draft) {
  Looks looks;
  for (std::size_t i = 0; i < draft.systems.size(); ++i) {
    const SystemJudgement& each = draft.systems[i];
    const std::string place = "/systems/" + std::to_string(i);
    const auto found = records.systems.find(each.system);
    if (found == records.systems.end()) return fail(ErrorCode::Invalid, place + "/system: the day has no such system");
    WD_TRY(check_note(each.note, place + "/note"));
    if (found->second.result != TriageResult::Quiet && trim(each.note).empty())
      return fail(ErrorCode::Invalid, place + "/note: what stands out needs a reason for its judgement");
    looks[each.system] = {found->second, std::string(name(each.judgement)), each.note};
  }
  return looks;
}

/// Adds the quiet systems. Conflict while one that stands out has no judgement that has seen all of its events.
Result<void> add_the_rest(const DayRecords& records, Looks& looks) {
  std::map<std::string, std::int64_t> seen;
  for (const Covered& each : records.covered) seen[each.system] = each.events;
  std::size_t missing = 0;
  std::string first;
  for (const auto& [system, triaged] : records.systems) {
    if (looks.contains(system)) continue;
    if (triaged.result == TriageResult::Quiet) {
      looks[system] = {triaged, {}, {}};
      continue;
    }
    const auto known = seen.find(system);
    if (known != seen.end() && known->second >= triaged.events) continue;
    if (missing++ == 0) first = system;
  }
  if (missing == 0) return {};
  return fail(ErrorCode::Conflict,
              std::to_string(missing) + " systems stand out and have no judgement; the first is " + first);
}

Result<void> write(Db& db, const std::string& id, const std::string& day, Timestamp now, const Looks& looks) {
  const StmtHandle statement =
      WD_TRY(db.prepare("INSERT INTO review_covered (sign_off, day, system, time, events, result, judgement, note) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  for (const auto& [system, look] : looks) {
    const std::array<DbView, 8> values = {std::string_view(id),
                                          std::string_view(day),
                                          std::string_view(system),
                                          to_micros(now),
                                          look.seen.events,
                                          static_cast<std::int64_t>(look.seen.result),
                                          std::string_view(look.judgement),
                                          std::string_view(look.note)};
    WD_TRY(statement->run(values));
  }
  return {};
}

/// Judgements by name; quiet systems are a number.
AuditRecord audit_record(const std::string& day, const std::string& id, const SignOffDraft& draft, const Looks& looks,
                         bool is_late) {
  constexpr std::size_t kMaxNamed = 100;
  json::array judged;
  for (const auto& [system, look] : looks) {
    if (look.judgement.empty() || judged.size() == kMaxNamed) continue;
    judged.push_back(json::object{{"system", system},
                                  {"result", name(look.seen.result)},
                                  {"judgement", look.judgement},
                                  {"events", look.seen.events}});
  }
  AuditRecord record;
  record.action = "review.sign";
  record.object = "review:" + day;
  record.detail = {{"sign_off", id},
                   {"whole_day", draft.is_whole_day},
                   {"late", is_late},
                   {"systems", static_cast<std::int64_t>(looks.size())},
                   {"judged", std::move(judged)}};
  return record;
}

}  // namespace

Result<ReviewDay> Reviews::sign(const TenantScope& scope, Day day, const SignOffDraft& draft) {
  const auto found = WD_TRY(rows(scope, "WHERE day = ?1", {to_text(day)}));
  if (found.empty()) return fail(ErrorCode::NotFound, "this day is not reviewed");
  const DayRow& row = found.front();
  const Timestamp now = clock_.now();
  if (now < row.to) return fail(ErrorCode::Conflict, "the day is not over");
  if (!row.triaged) return fail(ErrorCode::Conflict, "the day is not triaged yet; try again in a minute");
  if (draft.systems.empty() && !draft.is_whole_day)
    return fail(ErrorCode::Invalid, "/systems: names no system, and it is not the whole day");
  WD_TRY(check_note(draft.note, "/note"));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const DayRecords records = WD_TRY(records_of(*db, row));
  Looks looks = WD_TRY(named_looks(records, draft));
  if (draft.is_whole_day) WD_TRY(add_the_rest(records, looks));
  const std::string id = make_id<EventId>(now).text();
  const std::string text = to_text(day);
  const auto before = WD_TRY(read_row(*db, "SELECT count(*) FROM review_sign_offs WHERE day = ?1", {text},
                                      [](const Row& count) -> Result<std::int64_t> { return count.integer(0); }));
  if (before.value_or(0) >= kMaxSignOffs) return fail(ErrorCode::Conflict, "the day has too many sign-offs");
  WD_TRY(
      db->execute("INSERT INTO review_sign_offs (id, day, actor, time, note, whole_day) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  {id, text, scope.actor(), to_micros(now), draft.note, std::int64_t{draft.is_whole_day}}));
  WD_TRY(write(*db, id, text, now, looks));
  WD_TRY(audit_.append_in(*db, scope, audit_record(text, id, draft, looks, now > row.deadline)));
  WD_TRY(tx.commit());
  return find(scope, day);
}

}  // namespace warder::manager
