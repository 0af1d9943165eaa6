#include "manager/events/stored_changes.h"

#include <map>

#include "manager/events/event_rows.h"

namespace warder::manager {

Result<std::optional<StoredEvent>> read_stored(Db& db, const StoredEvent& listed) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT " + std::string(kEventColumns) + " FROM events WHERE time = ?1 AND id = ?2"));
  WD_TRY(statement->bind({to_micros(listed.event.time), bytes_of(listed.event.id)}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<StoredEvent>{};
  return std::optional{WD_TRY(read_event(*row))};
}

Result<std::size_t> change_stored(TenantEvents& open, std::span<const StoredEvent> events, const StoredChange& change) {
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
      if (WD_TRY(change.one(*db, *stored))) ++of_month;
    if (of_month == 0) continue;
    if (change.before_commit) WD_TRY(change.before_commit(of_month));
    WD_TRY(transaction.commit());
    changed += of_month;
  }
  return changed;
}

Result<RetagResult> change_listed(TenantEvents& open, const std::function<Result<EventPage>(std::string_view)>& page,
                                  const StoredChange& change, std::size_t limit) {
  RetagResult result;
  std::string cursor;
  std::size_t seen = 0;
  do {
    const EventPage listed = WD_TRY(page(cursor));
    result.changed += WD_TRY(change_stored(open, listed.items, change));
    seen += listed.items.size();
    cursor = listed.next_cursor.value_or("");
  } while (!cursor.empty() && seen < limit);
  result.is_complete = cursor.empty();
  return result;
}

}  // namespace warder::manager
