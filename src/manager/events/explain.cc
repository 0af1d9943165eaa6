// Events that are explained after they were stored: by a person, or because the golden host has the same.
#include "manager/events/batch.h"
#include "manager/events/event_rows.h"
#include "manager/events/event_store.h"
#include "manager/events/explained.h"
#include "manager/events/golden_hosts.h"
#include "manager/events/golden_rows.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

bool is_change(const Event& event) {
  return event.type.starts_with("integrity.file.") || event.type.starts_with("integrity.entity.");
}

Result<void> rewrite(Db& db, const StoredEvent& before, const StoredEvent& after) {
  const Event& event = after.event;
  WD_TRY(db.execute(
      "UPDATE events SET severity = ?3, fields = ?4 WHERE time = ?1 AND id = ?2",
      {to_micros(event.time), bytes_of(event.id), static_cast<std::int64_t>(event.severity), fields_text(event)}));
  return count_again(db, before, after);
}

Result<void> apply(Db& db, const GoldenVerdict& verdict, std::string_view by) {
  std::optional<StoredEvent> before;
  {
    const StmtHandle statement =
        WD_TRY(db.prepare("SELECT " + std::string(kEventColumns) + " FROM events WHERE time = ?1 AND id = ?2"));
    WD_TRY(statement->bind({to_micros(verdict.time), bytes_of(verdict.id)}));
    const Row* row = WD_TRY(statement->step());
    if (row == nullptr) return {};  // not stored yet, or for too long
    before = WD_TRY(read_event(*row));
  }
  StoredEvent after = *before;
  const EventValue* has = after.event.find("change.explained_by");
  const auto* explained = has == nullptr ? nullptr : std::get_if<std::string>(has);
  if (verdict.is_explained && has == nullptr) {
    explain_event(after.event, by, {});
  } else if (!verdict.is_explained && explained != nullptr && explained->starts_with(kGoldenLabel)) {
    withdraw_explanation(after.event);
  } else {
    return {};  // a person was faster, or it was done before
  }
  return rewrite(db, *before, after);
}

}  // namespace

void explain_event(Event& event, std::string_view by, std::string_view reason) {
  event.set("change.explained_by", std::string(by));
  if (!reason.empty()) event.set("change.explained_reason", std::string(reason));
  event.set("change.severity_was", std::string(name(event.severity)));
  event.severity = Severity::Info;
}

void withdraw_explanation(Event& event) {
  if (const EventValue* was = event.find("change.severity_was"))
    if (const auto* text = std::get_if<std::string>(was))
      if (const auto severity = parse_severity(*text)) event.severity = *severity;
  std::erase_if(event.fields, [](const auto& field) {
    return field.first == "change.explained_by" || field.first == "change.explained_reason" ||
           field.first == "change.severity_was";
  });
}

Result<StoredEvent> EventStore::explain(const TenantScope& scope, const EventId& id, const PersonalExplanation& why) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  const std::scoped_lock lock{open.writing};
  StoredEvent stored = WD_TRY(find(scope, id));
  const StoredEvent before = stored;
  Event& event = stored.event;
  if (!is_change(event)) return fail(ErrorCode::Invalid, "only a change that integrity monitoring found is explained");
  if (event.find("change.explained_by") != nullptr) return fail(ErrorCode::Conflict, "the change is explained already");
  explain_event(event, why.by, why.reason);
  if (const std::string refused = reason_to_refuse(event); !refused.empty()) return fail(ErrorCode::Invalid, refused);
  const EventFileRef file = WD_TRY(open.files->open_or_create(month_of(event.time)));
  auto db = WD_TRY(file->writer->acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  WD_TRY(rewrite(*db, before, stored));
  if (why.before_commit) WD_TRY(why.before_commit(stored));
  WD_TRY(transaction.commit());
  return stored;
}

Result<void> EventStore::compare_with_golden(const TenantScope& scope, TenantEvents& open, const AgentRef& agent,
                                             std::span<PreparedEvent> events) {
  if (golden_ == nullptr) return {};
  const GoldenComparison comparison = WD_TRY(golden_->compare(scope, agent, events));
  std::map<Month, std::vector<GoldenVerdict>> months;
  for (const GoldenVerdict& verdict : comparison.stored) months[month_of(verdict.time)].push_back(verdict);
  for (const auto& [month, verdicts] : months) {
    const EventFileRef file = WD_TRY(open.files->open_or_create(month));
    auto db = WD_TRY(file->writer->acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    for (const GoldenVerdict& verdict : verdicts) WD_TRY(apply(*db, verdict, comparison.by));
    WD_TRY(transaction.commit());
  }
  // Before the agent's events are acknowledged: after a crash in between they come again, and all this with them.
  return golden_->settle(scope, comparison);
}

}  // namespace warder::manager
