// Fields of events that are changed after they were stored: a person's data is erased.
#include <map>

#include "manager/events/batch.h"
#include "manager/events/event_rows.h"
#include "manager/events/event_store.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

constexpr std::size_t kPart = 500;  // written at once: ingest waits that long

Result<std::optional<StoredEvent>> read_stored(Db& db, const StoredEvent& listed) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT " + std::string(kEventColumns) + " FROM events WHERE time = ?1 AND id = ?2"));
  WD_TRY(statement->bind({to_micros(listed.event.time), bytes_of(listed.event.id)}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<StoredEvent>{};
  return std::optional{WD_TRY(read_event(*row))};
}

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

/// Of one part, by month: each month's in a transaction of its own.
Result<std::size_t> rewrite_part(TenantEvents& open, std::span<const StoredEvent> events, const EventRewrite& change) {
  std::map<Month, std::vector<const StoredEvent*>> months;
  for (const StoredEvent& stored : events) months[month_of(stored.event.time)].push_back(&stored);
  const std::scoped_lock lock{open.writing};
  std::size_t changed = 0;
  for (const auto& [month, listed] : months) {
    const EventFileRef file = WD_TRY(open.files->open_or_create(month));
    auto db = WD_TRY(file->writer->acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    std::size_t of_month = 0;
    for (const StoredEvent* stored : listed)
      if (WD_TRY(rewrite_one(*db, *stored, change))) ++of_month;
    WD_TRY(transaction.commit());
    changed += of_month;
  }
  return changed;
}

}  // namespace

Result<RetagResult> EventStore::rewrite_fields(const TenantScope& scope, const EventSelection& selection,
                                               const EventRewrite& change, std::size_t limit) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  RetagResult result;
  std::string cursor;
  std::size_t seen = 0;
  do {
    const EventPage page = WD_TRY(list(scope, selection, kPart, cursor));
    result.changed += WD_TRY(rewrite_part(open, page.items, change));
    seen += page.items.size();
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty() && seen < limit);
  result.is_complete = cursor.empty();
  return result;
}

}  // namespace warder::manager
