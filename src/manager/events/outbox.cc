#include "manager/events/outbox.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/events/event_rows.h"
#include "manager/events/event_store.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

Result<std::int64_t> advance_end(Db& db, std::int64_t count) {
  const StmtHandle statement =
      WD_TRY(db.prepare("INSERT INTO outbox_end (one, number) VALUES (1, ?1) ON CONFLICT (one) "
                        "DO UPDATE SET number = outbox_end.number + excluded.number RETURNING number"));
  const std::array<DbView, 1> values = {count};
  WD_TRY(statement->bind_views(values));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? 0 : row->integer(0);
}

Result<std::int64_t> end_of(Db& db) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT number FROM outbox_end WHERE one = 1"));
  WD_TRY(statement->bind(std::span<const DbValue>{}));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? 0 : row->integer(0);
}

std::int64_t key_of(const EventFile& file) {
  return to_micros(file.from);
}

std::int64_t read_up_to(const OutboxPlace& place, std::int64_t file) {
  const auto found = place.numbers.find(file);
  return found == place.numbers.end() ? 0 : found->second;
}

std::int64_t read_up_to(const OutboxPlace& place, const EventFile& file) {
  return read_up_to(place, key_of(file));
}

std::vector<EventFileRef> oldest_first(const EventFiles& files) {
  std::vector<EventFileRef> list = files.newest_first();
  std::ranges::reverse(list);
  return list;
}

/// The event's columns behind the number; they are NULL when it is gone.
Result<void> read_file(const EventFile& file, std::int64_t after, std::size_t limit, std::vector<OutboxItem>& items) {
  auto db = WD_TRY(file.writer->acquire());
  const StmtHandle statement = WD_TRY(db->prepare(
      "SELECT e.time, e.id, e.received, e.agent_id, e.host, e.module, e.type, e.severity, e.action, e.rule, e.fields, "
      "e.asset_value, e.tags, o.number FROM outbox o LEFT JOIN events e ON e.time = o.time AND e.id = o.id WHERE "
      "o.number > ?1 "
      "ORDER BY o.number LIMIT ?2"));
  const std::array<DbView, 2> values = {after, static_cast<std::int64_t>(limit)};
  WD_TRY(statement->bind_views(values));
  constexpr int kNumber = kEventColumnCount;
  while (const Row* row = WD_TRY(statement->step())) {
    OutboxItem item{key_of(file), row->integer(kNumber), std::nullopt};
    if (!row->is_null(0)) item.event = WD_TRY(read_event(*row));
    items.push_back(std::move(item));
  }
  return {};
}

}  // namespace

Result<void> OutboxesGone::load(Db& config) {
  std::map<std::int64_t, std::int64_t> ends;
  const StmtHandle statement = WD_TRY(config.prepare("SELECT file, number FROM event_outboxes_gone"));
  while (const Row* row = WD_TRY(statement->step())) ends[row->integer(0)] = row->integer(1);
  const std::scoped_lock lock{mutex_};
  ends_ = std::move(ends);
  return {};
}

std::map<std::int64_t, std::int64_t> OutboxesGone::ends(const EventFiles& files) const {
  std::map<std::int64_t, std::int64_t> found;
  {
    const std::scoped_lock lock{mutex_};
    found = ends_;
  }
  if (found.empty()) return found;
  for (const EventFileRef& file : files.newest_first()) found.erase(key_of(*file));
  return found;
}

std::string OutboxPlace::text() const {
  json::object object;
  for (const auto& [file, number] : numbers) object[std::to_string(file)] = number;
  return json::serialize(object);
}

Result<OutboxPlace> OutboxPlace::parse(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text).in("place in the outbox"));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "place in the outbox: no object");
  OutboxPlace place;
  for (const auto& [key, number] : value.as_object()) {
    const auto file = parse_integer<std::int64_t>(key);
    if (!file || !number.is_int64()) return fail(ErrorCode::Corrupt, "place in the outbox: no numbers");
    place.numbers[*file] = number.as_int64();
  }
  return place;
}

OutboxPlace earlier(OutboxPlace one, const OutboxPlace& other) {
  std::erase_if(one.numbers, [&other](const auto& entry) { return !other.numbers.contains(entry.first); });
  for (auto& [file, number] : one.numbers) number = std::min(number, other.numbers.at(file));
  return one;
}

Result<void> append_outbox(Db& db, const std::vector<const StoredEvent*>& events) {
  if (events.empty()) return {};
  const auto count = static_cast<std::int64_t>(events.size());
  std::int64_t number = WD_TRY(advance_end(db, count)) - count;
  if (db.dialect() == Dialect::Postgres) {
    std::vector<DbColumn> columns(3);
    for (const StoredEvent* stored : events) {
      columns[0].emplace_back(++number);
      columns[1].emplace_back(to_micros(stored->event.time));
      columns[2].emplace_back(ByteView{stored->event.id.uuid.bytes});
    }
    const StmtHandle insert = WD_TRY(
        db.prepare("INSERT INTO outbox (number, time, id) SELECT a, b, c FROM unnest(?1, ?2, ?3) AS t(a, b, c)"));
    WD_TRY(insert->bind_columns(columns));
    while (WD_TRY(insert->step()) != nullptr) {
    }
    return {};
  }
  const StmtHandle insert = WD_TRY(db.prepare("INSERT INTO outbox (number, time, id) VALUES (?1, ?2, ?3)"));
  for (const StoredEvent* stored : events) {
    const std::array<DbView, 3> values = {++number, to_micros(stored->event.time),
                                          ByteView{stored->event.id.uuid.bytes}};
    WD_TRY(insert->run(values));
  }
  return {};
}

Result<OutboxPlace> EventStore::outbox_end(const TenantScope& scope) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  OutboxPlace place{open.outboxes_gone.ends(*open.files)};
  for (const EventFileRef& file : oldest_first(*open.files)) {
    auto db = WD_TRY(file->writer->acquire());
    place.numbers[key_of(*file)] = WD_TRY(end_of(*db));
  }
  return place;
}

Result<std::vector<OutboxItem>> EventStore::read_outbox(const TenantScope& scope, const OutboxPlace& place,
                                                        std::size_t limit) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  std::vector<OutboxItem> items;
  for (const auto& [file, end] : open.outboxes_gone.ends(*open.files)) {
    for (std::int64_t number = read_up_to(place, file) + 1; number <= end && items.size() < limit; ++number)
      items.push_back({file, number, std::nullopt});
  }
  for (const EventFileRef& file : oldest_first(*open.files)) {
    if (items.size() >= limit) break;
    WD_TRY(read_file(*file, read_up_to(place, *file), limit - items.size(), items));
  }
  return items;
}

Result<std::int64_t> EventStore::outbox_backlog(const TenantScope& scope, const OutboxPlace& place) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  std::int64_t backlog = 0;
  for (const auto& [file, end] : open.outboxes_gone.ends(*open.files))
    backlog += std::max<std::int64_t>(0, end - read_up_to(place, file));
  for (const EventFileRef& file : oldest_first(*open.files)) {
    auto db = WD_TRY(file->writer->acquire());
    backlog += std::max<std::int64_t>(0, WD_TRY(end_of(*db)) - read_up_to(place, *file));
  }
  return backlog;
}

Result<void> EventStore::prune_outbox(const TenantScope& scope, const OutboxPlace& place) {
  TenantEvents& open = *WD_TRY(tenant(scope));
  const std::scoped_lock lock{open.writing};
  {
    auto config = WD_TRY(tenants_.config(scope).acquire());
    for (const auto& [file, end] : open.outboxes_gone.ends(*open.files)) {
      if (read_up_to(place, file) >= end)
        WD_TRY(config->execute("DELETE FROM event_outboxes_gone WHERE file = ?1", {file}));
    }
    WD_TRY(open.outboxes_gone.load(*config));
  }
  for (const EventFileRef& file : oldest_first(*open.files)) {
    auto db = WD_TRY(file->writer->acquire());
    WD_TRY(db->execute("DELETE FROM outbox WHERE number <= ?1", {read_up_to(place, *file)}));
  }
  return {};
}

}  // namespace warder::manager
