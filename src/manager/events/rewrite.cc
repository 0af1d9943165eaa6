// Fields of events that are changed after they were stored: a person's data is erased.
#include "manager/events/batch.h"
#include "manager/events/event_rows.h"
#include "manager/events/stored_changes.h"

namespace warder::manager {
namespace {

/// Within the caller's transaction: whether the event changed.
Result<bool> rewrite_one(Db& db, const StoredEvent& listed, const EventRewrite& change) {
  const auto before = WD_TRY(read_stored(db, listed));
  if (!before) return false;
  StoredEvent after = *before;
  if (!WD_TRY(change(after.event))) return false;
  if (const std::string refused = reason_to_refuse(after.event); !refused.empty())
    return fail(ErrorCode::Internal, "event " + after.event.type + ": " + refused);
  WD_TRY(db.execute("UPDATE events SET fields = ?3 WHERE time = ?1 AND id = ?2",
                    {to_micros(after.event.time), bytes_of(after.event.id), fields_text(after.event)}));
  WD_TRY(count_again(db, *before, after));
  return true;
}

}  // namespace

Result<RetagResult> EventStore::rewrite_fields(const TenantScope& scope, const EventSelection& selection,
                                               const EventRewrite& change, std::size_t limit) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  return change_listed(
      open, [&](std::string_view cursor) { return list(scope, selection, kChangedAtOnce, cursor); },
      {[&](Db& db, const StoredEvent& listed) { return rewrite_one(db, listed, change); }, {}}, limit);
}

}  // namespace warder::manager
