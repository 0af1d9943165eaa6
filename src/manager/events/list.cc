#include <algorithm>
#include <array>
#include <tuple>

#include "manager/events/batch.h"
#include "manager/events/event_cursor.h"
#include "manager/events/event_rows.h"
#include "manager/events/event_store.h"
#include "manager/events/filter_match.h"
#include "manager/events/filter_sql.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

constexpr Timestamp kBeginning = Timestamp::min();
constexpr Timestamp kEnd = Timestamp::max();

std::string select_events(std::string_view where) {
  return "SELECT " + std::string{kEventColumns} + " FROM events WHERE " + std::string{where};
}

/// Whether SQLite is to walk the index of ranks: it has no statistics, and would read and sort all events of the time,
/// of which in a long one every rank has many.
bool walks_ranks(const EventSelection& selection, Dialect dialect) {
  constexpr auto kLong = std::chrono::days{1};
  return dialect == Dialect::Sqlite && selection.filter.kind == Filter::Kind::All &&
         selection.to.value_or(kEnd) - kLong >= selection.from.value_or(kBeginning);
}

/// Appends up to `limit` events of one file that lie before `before`, in the order of their rank.
Result<void> read_ranked(Db& db, const EventSelection& selection, const EventCursor& before, std::size_t limit,
                         std::vector<StoredEvent>& events) {
  constexpr std::size_t kFirstParameter = 7;
  SqlCondition condition = to_sql(selection.filter, kFirstParameter, db.dialect());
  const std::string rank{kRankSql};
  const std::string time = walks_ranks(selection, db.dialect()) ? "+time" : "time";  // + keeps its index out
  // `rank <=` once more by itself: the place at which the index is entered.
  const StmtHandle statement =
      WD_TRY(db.prepare(select_events(time + " >= ?1 AND " + time + " < ?2 AND " + rank + " <= ?3 AND (" + rank +
                                      " < ?3 OR " + "time < ?4 OR (time = ?4 AND id < ?5)) AND (" + condition.text +
                                      ") ORDER BY " + rank + " DESC, time DESC, id DESC LIMIT ?6")));
  std::vector<DbValue> values = {to_micros(selection.from.value_or(kBeginning)),
                                 to_micros(selection.to.value_or(kEnd)),
                                 before.rank,
                                 to_micros(before.time),
                                 bytes_of(before.id),
                                 static_cast<std::int64_t>(limit)};
  std::ranges::move(condition.values, std::back_inserter(values));
  WD_TRY(statement->bind(values));
  while (const Row* row = WD_TRY(statement->step())) events.push_back(WD_TRY(read_event(*row)));
  return {};
}

auto rank_key(const StoredEvent& stored) {
  const Event& event = stored.event;
  return std::tuple{rank_of(stored.asset_value, event.severity), event.time, event.id};
}

/// Appends the events of one file that lie before `before`, newest first, until `events` has `limit`.
Result<void> read_page(Db& db, const EventSelection& selection, const EventCursor& before, std::size_t limit,
                       std::vector<StoredEvent>& events) {
  constexpr std::size_t kFirstParameter = 6;
  SqlCondition condition = to_sql(selection.filter, kFirstParameter, db.dialect());
  const StmtHandle statement =
      WD_TRY(db.prepare(select_events("time >= ?1 AND time <= ?2 AND (time < ?3 OR (time = ?3 AND id < ?4)) AND (" +
                                      condition.text + ") ORDER BY time DESC, id DESC LIMIT ?5")));
  const Timestamp last = selection.to ? *selection.to - std::chrono::microseconds{1} : kEnd;
  std::vector<DbValue> values = {to_micros(selection.from.value_or(kBeginning)), to_micros(std::min(last, before.time)),
                                 to_micros(before.time), bytes_of(before.id),
                                 static_cast<std::int64_t>(limit - events.size())};
  std::ranges::move(condition.values, std::back_inserter(values));
  WD_TRY(statement->bind(values));
  while (const Row* row = WD_TRY(statement->step())) events.push_back(WD_TRY(read_event(*row)));
  return {};
}

Result<std::optional<StoredEvent>> find_between(Db& db, Timestamp first, Timestamp last, const EventId& id) {
  const StmtHandle statement = WD_TRY(db.prepare(select_events("time >= ?1 AND time <= ?2 AND id = ?3 LIMIT 1")));
  const std::array<DbView, 3> values = {to_micros(first), to_micros(last), ByteView{id.uuid.bytes}};
  WD_TRY(statement->bind_views(values));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<StoredEvent>{};
  return std::optional{WD_TRY(read_event(*row))};
}

Result<std::optional<StoredEvent>> find_displaced(Db& db, const EventId& id) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT time FROM displaced WHERE id = ?1"));
  const std::array<DbView, 1> values = {ByteView{id.uuid.bytes}};
  WD_TRY(statement->bind_views(values));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<StoredEvent>{};
  const Timestamp time = from_micros(row->integer(0));
  return find_between(db, time, time, id);
}

/// By the time in its id, else among those whose time is another.
Result<std::optional<StoredEvent>> find_in_files(const TenantEvents& open, const EventId& id) {
  const Timestamp first = id.uuid.time() - kIdTimeTolerance;
  const Timestamp last = id.uuid.time() + kIdTimeTolerance;
  for (const EventFileRef& file : open.files->newest_first(first, last + std::chrono::microseconds{1})) {
    auto db = WD_TRY(file->reader->acquire());
    auto found = WD_TRY(find_between(*db, first, last, id));
    if (found) return found;
  }
  for (const EventFileRef& file : open.files->newest_first()) {
    auto db = WD_TRY(file->reader->acquire());
    auto found = WD_TRY(find_displaced(*db, id));
    if (found) return found;
  }
  return std::optional<StoredEvent>{};
}

EventCursor start_of_list() {
  EventCursor cursor{kEnd, {}, INT64_MAX};
  cursor.id.uuid.bytes.fill(0xff);
  return cursor;
}

/// Cuts a page that has one more than asked for, and says how to go on.
void finish_page(EventPage& page, std::size_t limit, ByteView key, const EventSelection& selection) {
  if (page.items.size() <= limit) return;
  page.items.resize(limit);
  const StoredEvent& last = page.items.back();
  const std::int64_t rank = rank_of(last.asset_value, last.event.severity);
  page.next_cursor = write_cursor(key, selection, {last.event.time, last.event.id, rank});
}

}  // namespace

Result<EventPage> EventStore::list(const TenantScope& scope, const EventSelection& selection, std::size_t limit,
                                   std::string_view cursor) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection reached{WD_TRY(within_reach(scope, selection.filter)), selection.from, selection.to,
                               selection.order};
  // The cursor is bound to what was asked, not to the agents that the scope reaches at the moment.
  const Bytes key = tenants_.derive_key(scope, "event-cursor");
  EventCursor before = start_of_list();
  if (!cursor.empty()) before = WD_TRY(read_cursor(key, selection, cursor));
  EventPage page;
  if (selection.order == EventOrder::Rank) {
    for (const EventFileRef& file : open.files->newest_first(selection.from, selection.to)) {
      auto db = WD_TRY(file->reader->acquire());
      WD_TRY(read_ranked(*db, reached, before, limit + 1, page.items));
      std::ranges::sort(page.items, std::ranges::greater{}, rank_key);
      if (page.items.size() > limit + 1) page.items.resize(limit + 1);
    }
    finish_page(page, limit, key, selection);
    return page;
  }
  const auto to = cursor.empty() ? selection.to : std::optional{before.time + std::chrono::microseconds{1}};
  for (const EventFileRef& file : open.files->newest_first(selection.from, to)) {
    auto db = WD_TRY(file->reader->acquire());
    WD_TRY(read_page(*db, reached, before, limit + 1, page.items));
    if (page.items.size() > limit) break;
  }
  finish_page(page, limit, key, selection);
  return page;
}

Result<StoredEvent> EventStore::find(const TenantScope& scope, const EventId& id) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const std::string missing = "event " + id.text() + " does not exist";
  auto stored = WD_TRY(find_in_files(open, id));
  if (!stored) return fail(ErrorCode::NotFound, missing);
  if (!matches(WD_TRY(within_reach(scope, {})), *stored)) return scope.hide(missing);
  return std::move(*stored);
}

Result<std::vector<StoredEvent>> EventStore::received_since(const TenantScope& scope, const Filter& filter,
                                                            Timestamp received, std::size_t limit) {
  // Reception has no index: what was received since has, but for late deliveries, happened since shortly before.
  constexpr std::chrono::hours kLate{24};
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const Filter reached = WD_TRY(within_reach(scope, filter));
  std::vector<StoredEvent> events;
  for (const EventFileRef& file : open.files->newest_first(received - kLate, std::nullopt)) {
    auto db = WD_TRY(file->reader->acquire());
    SqlCondition condition = to_sql(reached, 4, db->dialect());
    const StmtHandle statement = WD_TRY(db->prepare(select_events(
        "time >= ?1 AND received >= ?2 AND (" + condition.text + ") ORDER BY received, time, id LIMIT ?3")));
    std::vector<DbValue> values = {to_micros(received - kLate), to_micros(received), static_cast<std::int64_t>(limit)};
    std::ranges::move(condition.values, std::back_inserter(values));
    WD_TRY(statement->bind(values));
    while (const Row* row = WD_TRY(statement->step())) events.push_back(WD_TRY(read_event(*row)));
  }
  std::ranges::stable_sort(events, {}, &StoredEvent::received);
  if (events.size() > limit) events.resize(limit);
  return events;
}

}  // namespace warder::manager
