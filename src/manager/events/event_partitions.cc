#include "manager/events/event_partitions.h"

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "manager/events/type_counts.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::string_view kEvents = "events";
constexpr std::string_view kRollups = "rollups";
constexpr unsigned kWeeks = 4;  // of a month

EventFileRef all_events(const PostgresSchemas& schemas, const std::string& schema, const EventStoreOptions& options) {
  PostgresPin writer;
  writer.turn = schema + "_events";  // not that of the tenant's configuration, as with files
  writer.durable = options.durable;
  PostgresPin reader;
  reader.read_only = true;
  reader.statement_limit = options.query_limit;
  return std::make_shared<EventFile>(
      EventFile{Timestamp::min(), Timestamp::max(), schemas.pool(schema, writer), schemas.pool(schema, reader)});
}

std::string two_digits(unsigned number) {
  return (number < 10 ? "_0" : "_") + std::to_string(number);
}

/// "FOR VALUES FROM (…) TO (…)": numbers of ours, DDL takes no parameters.
std::string make_partition(std::string_view table, const EventPartition& part, std::int64_t from, std::int64_t to) {
  std::string sql = "CREATE TABLE IF NOT EXISTS ";
  sql.append(table).append(part.suffix).append(" PARTITION OF ").append(table);
  return sql + " FOR VALUES FROM (" + std::to_string(from) + ") TO (" + std::to_string(to) + ")";
}

std::int64_t hours_of(Timestamp time) {
  return std::chrono::floor<hours>(time).time_since_epoch().count();
}

Result<std::vector<EventPartition>> existing(Db& db) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = "
                        "i.inhrelid WHERE i.inhparent = CAST('events' AS regclass)"));
  std::vector<EventPartition> found;
  while (const Row* row = WD_TRY(statement->step())) {
    const std::string name = row->text(0);
    auto part = parse_partition(std::string_view{name}.substr(std::min(kEvents.size(), name.size())));
    if (part) found.push_back(std::move(*part));
  }
  std::ranges::sort(found, {}, &EventPartition::from);
  return found;
}

}  // namespace

std::optional<PartitionSize> parse_partition_size(std::string_view text) noexcept {
  if (text == "month") return PartitionSize::Month;
  if (text == "week") return PartitionSize::Week;
  if (text == "day") return PartitionSize::Day;
  return std::nullopt;
}

std::vector<EventPartition> partitions_of(Month month, PartitionSize size) {
  std::string name = to_text(month);
  std::ranges::replace(name, '-', '_');
  name.insert(0, "_");
  std::vector<EventPartition> parts;
  switch (size) {
    case PartitionSize::Month:
      parts.push_back({start_of(month), end_of(month), name, size});
      break;
    case PartitionSize::Week:
      for (unsigned week = 0; week < kWeeks; ++week) {
        const Timestamp from = start_of(month) + std::chrono::weeks{week};
        const Timestamp to = week + 1 == kWeeks ? end_of(month) : from + std::chrono::weeks{1};
        parts.push_back({from, to, name + "_w" + std::to_string(week + 1), size});
      }
      break;
    case PartitionSize::Day:
      unsigned day = 0;
      for (Timestamp from = start_of(month); from < end_of(month); from += days{1})
        parts.push_back({from, from + days{1}, name + two_digits(++day), size});
      break;
  }
  return parts;
}

std::string to_text(const EventPartition& part) {
  std::string name = part.suffix.substr(1);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::optional<EventPartition> parse_partition(std::string_view suffix) {
  constexpr std::size_t kMonthBytes = 8;  // "_2026_11"
  if (suffix.size() < kMonthBytes || suffix[0] != '_' || suffix[5] != '_') return std::nullopt;
  const auto month = parse_month(std::string{suffix.substr(1, 4)}.append("-").append(suffix.substr(6, 2)));
  if (!month) return std::nullopt;
  for (const PartitionSize size : {PartitionSize::Month, PartitionSize::Week, PartitionSize::Day}) {
    std::vector<EventPartition> parts = partitions_of(*month, size);
    const auto found = std::ranges::find(parts, suffix, &EventPartition::suffix);
    if (found != parts.end()) return std::move(*found);
  }
  return std::nullopt;
}

EventPartitions::EventPartitions(const PostgresSchemas& schemas, const std::string& schema,
                                 const EventStoreOptions& options, std::function<PartitionSize()> size)
    : size_(std::move(size)), owner_(schemas.owner_pool(schema)), events_(all_events(schemas, schema, options)) {}

Result<void> EventPartitions::make(Month month) {
  auto db = WD_TRY(owner_->acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  // Made before, of another size perhaps; some of it may have been dropped since.
  std::vector<EventPartition> there = WD_TRY(existing(*db));
  std::erase_if(there, [&](const EventPartition& part) { return month_of(part.from) != month; });
  const auto is_there = [&](const EventPartition& part) {
    return std::ranges::find(there, part.suffix, &EventPartition::suffix) != there.end();
  };
  for (const EventPartition& part : partitions_of(month, there.empty() ? size_() : there.front().size)) {
    if (is_there(part)) continue;
    WD_TRY(db->execute(make_partition(kEvents, part, to_micros(part.from), to_micros(part.to))));
    WD_TRY(db->execute(make_partition(kRollups, part, hours_of(part.from), hours_of(part.to))));
  }
  return transaction.commit();
}

Result<EventFileRef> EventPartitions::open_or_create(Month month) {
  const std::scoped_lock lock{mutex_};
  if (!made_.contains(month)) {
    WD_TRY(make(month));
    made_.insert(month);
  }
  return events_;
}

std::vector<EventFileRef> EventPartitions::newest_first(std::optional<Timestamp> /*from*/,
                                                        std::optional<Timestamp> /*to*/) const {
  return {events_};
}

Result<std::vector<std::string>> EventPartitions::remove_before(Timestamp limit, Pool& /*config*/) {
  auto db = WD_TRY(owner_->acquire());
  std::vector<std::string> removed;
  for (const EventPartition& part : WD_TRY(existing(*db))) {
    if (part.to > limit) break;
    const std::scoped_lock lock{mutex_};
    Tx transaction = WD_TRY(Tx::begin(*db));
    for (const std::string_view table : {kEvents, kRollups})
      WD_TRY(db->execute(std::string{"DROP TABLE IF EXISTS "}.append(table).append(part.suffix)));
    WD_TRY(db->execute("DELETE FROM displaced WHERE time < ?1", {to_micros(part.to)}));
    WD_TRY(db->execute("DELETE FROM type_counts WHERE slot < ?1",
                       {to_micros(part.to) / std::chrono::microseconds{kCountedSlot}.count()}));
    WD_TRY(transaction.commit());
    made_.erase(month_of(part.from));
    removed.push_back(to_text(part));
  }
  return removed;
}

}  // namespace warder::manager
