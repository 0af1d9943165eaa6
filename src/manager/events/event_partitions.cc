#include "manager/events/event_partitions.h"

#include <algorithm>
#include <iterator>
#include <map>
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

/// A partition as it is there: one leaf without a suffix of its own, or several.
struct Existing {
  EventPartition part;
  struct Leaf {
    std::string suffix;  // behind the partition's
    std::vector<ModuleKind> modules;
  };
  std::vector<Leaf> leaves;
};

std::vector<ModuleKind> all_modules() {
  return {kModuleKinds.begin(), kModuleKinds.end()};
}

/// The rest holds every module, for those whose own leaf has been dropped come there.
void sort_leaf(Existing& existing, std::string_view suffix) {
  auto modules = suffix == kRestSuffix ? std::optional{all_modules()} : parse_modules_suffix(suffix);
  if (modules) existing.leaves.push_back({std::string{suffix}, std::move(*modules)});
}

/// Which modules the rest of a partition has: those without a leaf of their own.
void settle_rest(Existing& existing) {
  if (existing.leaves.empty()) existing.leaves.push_back({"", all_modules()});
  for (Existing::Leaf& leaf : existing.leaves) {
    if (leaf.suffix != kRestSuffix) continue;
    for (const Existing::Leaf& other : existing.leaves) {
      if (other.suffix == kRestSuffix) continue;
      std::erase_if(leaf.modules, [&](ModuleKind module) { return std::ranges::count(other.modules, module) > 0; });
    }
  }
}

Result<std::vector<Existing>> existing(Db& db) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT c.relname, p.relname FROM pg_catalog.pg_partition_tree(CAST('events' AS regclass)) t "
                        "JOIN pg_catalog.pg_class c ON c.oid = t.relid "
                        "JOIN pg_catalog.pg_class p ON p.oid = t.parentrelid ORDER BY t.level, c.relname"));
  std::map<std::string, Existing> found;
  while (const Row* row = WD_TRY(statement->step())) {
    const std::string name = row->text(0);
    if (const auto parent = found.find(row->text(1)); parent != found.end()) {
      sort_leaf(parent->second, std::string_view{name}.substr(std::min(parent->first.size(), name.size())));
    } else if (auto part = parse_partition(std::string_view{name}.substr(std::min(kEvents.size(), name.size())))) {
      found[name] = {std::move(*part), {}};
    }
  }
  std::vector<Existing> list;
  for (auto& [name, one] : found) {
    settle_rest(one);
    list.push_back(std::move(one));
  }
  std::ranges::sort(list, {}, [](const Existing& one) { return one.part.from; });
  return list;
}

/// A leaf for each group and one for the rest.
Result<void> make_leaves(Db& db, const EventPartition& part, const std::vector<std::vector<ModuleKind>>& groups) {
  const std::string table = std::string{kEvents} + part.suffix;
  for (const std::vector<ModuleKind>& group : groups) {
    std::string numbers;
    for (const ModuleKind module : group)
      numbers += (numbers.empty() ? "" : ", ") + std::to_string(static_cast<int>(module));
    WD_TRY(db.execute("CREATE TABLE IF NOT EXISTS " + table + modules_suffix(group) + " PARTITION OF " + table +
                      " FOR VALUES IN (" + numbers + ")"));
  }
  WD_TRY(db.execute("CREATE TABLE IF NOT EXISTS " + table + std::string{kRestSuffix} + " PARTITION OF " + table +
                    " DEFAULT"));
  return {};
}

std::string leaf_name(const EventPartition& part, const Existing::Leaf& leaf) {
  std::string text = to_text(part);
  if (leaf.suffix == kRestSuffix) return text + " rest";
  for (const ModuleKind module : leaf.modules) text.append(" ").append(name(module));
  return text;
}

/// With what was counted of its events.
Result<void> drop_leaf(Db& db, const EventPartition& part, const Existing::Leaf& leaf) {
  Tx transaction = WD_TRY(Tx::begin(db));
  WD_TRY(db.execute("DROP TABLE " + std::string{kEvents} + part.suffix + leaf.suffix));
  const std::int64_t slot = std::chrono::microseconds{kCountedSlot}.count();
  for (const ModuleKind module : leaf.modules) {
    const auto kind = static_cast<std::int64_t>(module);
    WD_TRY(db.execute("DELETE FROM rollups WHERE hour >= ?1 AND hour < ?2 AND module = ?3",
                      {hours_of(part.from), hours_of(part.to), kind}));
    WD_TRY(db.execute("DELETE FROM type_counts WHERE slot >= ?1 AND slot < ?2 AND module = ?3",
                      {to_micros(part.from) / slot, to_micros(part.to) / slot, kind}));
  }
  return transaction.commit();
}

Result<void> drop_partition(Db& db, const EventPartition& part) {
  Tx transaction = WD_TRY(Tx::begin(db));
  for (const std::string_view table : {kEvents, kRollups})
    WD_TRY(db.execute(std::string{"DROP TABLE IF EXISTS "}.append(table).append(part.suffix)));
  WD_TRY(db.execute("DELETE FROM displaced WHERE time < ?1", {to_micros(part.to)}));
  WD_TRY(db.execute("DELETE FROM type_counts WHERE slot < ?1",
                    {to_micros(part.to) / std::chrono::microseconds{kCountedSlot}.count()}));
  return transaction.commit();
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

std::string modules_suffix(std::span<const ModuleKind> modules) {
  std::string suffix = "_m";
  for (const ModuleKind module : modules)
    suffix.append(suffix.size() > 2 ? "_" : "").append(std::to_string(static_cast<int>(module)));
  return suffix;
}

std::optional<std::vector<ModuleKind>> parse_modules_suffix(std::string_view suffix) {
  if (!suffix.starts_with("_m")) return std::nullopt;
  std::vector<ModuleKind> modules;
  for (const std::string_view part : split(suffix.substr(2), '_')) {
    const auto number = parse_integer<int>(part);
    if (!number || std::ranges::count(kModuleKinds, static_cast<ModuleKind>(*number)) == 0) return std::nullopt;
    modules.push_back(static_cast<ModuleKind>(*number));
  }
  return modules;
}

PartitionSize size_for(days shortest) noexcept {
  if (shortest <= days{14}) return PartitionSize::Day;
  return shortest <= days{62} ? PartitionSize::Week : PartitionSize::Month;
}

EventPartitions::EventPartitions(const PostgresSchemas& schemas, const std::string& schema,
                                 const EventStoreOptions& options, std::function<Result<PartitionPlan>()> plan)
    : plan_(std::move(plan)), owner_(schemas.owner_pool(schema)), events_(all_events(schemas, schema, options)) {}

Result<void> EventPartitions::make(Month month) {
  const PartitionPlan plan = WD_TRY(plan_());
  auto db = WD_TRY(owner_->acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  // Made before, of another size perhaps; some of it may have been dropped since.
  std::vector<Existing> there = WD_TRY(existing(*db));
  std::erase_if(there, [&](const Existing& one) { return month_of(one.part.from) != month; });
  const auto is_there = [&](const EventPartition& part) {
    return std::ranges::any_of(there, [&](const Existing& one) { return one.part.suffix == part.suffix; });
  };
  for (const EventPartition& part : partitions_of(month, there.empty() ? plan.size : there.front().part.size)) {
    if (is_there(part)) continue;
    std::string sql = make_partition(kEvents, part, to_micros(part.from), to_micros(part.to));
    if (!plan.groups.empty()) sql += " PARTITION BY LIST (module)";
    WD_TRY(db->execute(sql));
    if (!plan.groups.empty()) WD_TRY(make_leaves(*db, part, plan.groups));
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

Result<std::vector<std::string>> EventPartitions::remove_expired(const EventLimits& limits, Pool& /*config*/) {
  auto db = WD_TRY(owner_->acquire());
  std::vector<std::string> removed;
  for (const Existing& one : WD_TRY(existing(*db))) {
    if (one.part.to <= limits.earliest(kModuleKinds)) {
      const std::scoped_lock lock{mutex_};
      WD_TRY(drop_partition(*db, one.part));
      made_.erase(month_of(one.part.from));
      removed.push_back(to_text(one.part));
      continue;
    }
    for (const Existing::Leaf& leaf : one.leaves) {
      // What comes late finds its place in the rest.
      if (leaf.suffix.empty() || leaf.suffix == kRestSuffix || one.part.to > limits.earliest(leaf.modules)) continue;
      WD_TRY(drop_leaf(*db, one.part, leaf));
      removed.push_back(leaf_name(one.part, leaf));
    }
  }
  return removed;
}

Result<std::vector<ExpiredRows>> EventPartitions::expired_rows(const EventLimits& limits) const {
  auto db = WD_TRY(owner_->acquire());
  std::vector<ExpiredRows> all;
  for (const Existing& one : WD_TRY(existing(*db))) {
    for (const Existing::Leaf& leaf : one.leaves)
      std::ranges::move(manager::expired_rows(leaf.modules, one.part.from, one.part.to, limits),
                        std::back_inserter(all));
  }
  return all;
}

}  // namespace warder::manager
