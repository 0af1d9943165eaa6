// One tenant's events in PostgreSQL: tables partitioned by time, made ahead by the owner's login and dropped with the
// retention.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "manager/events/event_files.h"
#include "manager/tenancy/postgres_schemas.h"

namespace warder::manager {

/// How a month's partitions are to be made.
struct PartitionPlan {
  PartitionSize size = PartitionSize::Month;
  std::vector<std::vector<ModuleKind>> groups{};  // each a part of its own; all others together are the rest
};

/// Thread-safe. A partition is one table, or, where modules are kept for different times, a table for each such group
/// of modules and one for the rest, so that each can be dropped in its time. What was made before the times were set,
/// or is not made for those that are set now, stays as it is: its events go one by one.
class EventPartitions final : public EventFiles {
 public:
  /// `plan`: asked for whenever a month's are made.
  EventPartitions(const PostgresSchemas& schemas, const std::string& schema, const EventStoreOptions& options,
                  std::function<Result<PartitionPlan>()> plan);

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::Postgres; }
  /// Nothing to find: the tables are there, and what they lack is made.
  Result<void> load() override { return {}; }
  /// Makes what is missing of the month's partitions; a month keeps the size it was made with.
  Result<EventFileRef> open_or_create(Month month) override;
  [[nodiscard]] std::vector<EventFileRef> newest_first(std::optional<Timestamp> from,
                                                       std::optional<Timestamp> to) const override;
  Result<std::vector<std::string>> remove_expired(const EventLimits& limits, Pool& config) override;
  Result<std::vector<ExpiredRows>> expired_rows(const EventLimits& limits) const override;

 private:
  Result<void> make(Month month);

  const std::function<Result<PartitionPlan>()> plan_;
  const std::unique_ptr<Pool> owner_;
  const EventFileRef events_;  // all of them
  std::mutex mutex_;           // guards made_
  std::set<Month> made_;       // whole, as of this process
};

/// Days of one partition, and what it is called behind the table's name.
struct EventPartition {
  Timestamp from;
  Timestamp to;
  std::string suffix;  // "_2026_11", "_2026_11_w2" or "_2026_11_05"
  PartitionSize size = PartitionSize::Month;
};
/// Of the same size, without a gap, none beyond the month. Weeks begin on its 1st, 8th, 15th and 22nd; the last one
/// goes to its end.
std::vector<EventPartition> partitions_of(Month month, PartitionSize size);
/// "2026-11-w2": what its removal is told as.
std::string to_text(const EventPartition& part);
std::optional<EventPartition> parse_partition(std::string_view suffix);

/// "_m3_6" for some modules of a partition, behind its suffix; "_rest" for all others.
std::string modules_suffix(std::span<const ModuleKind> modules);
std::optional<std::vector<ModuleKind>> parse_modules_suffix(std::string_view suffix);
inline constexpr std::string_view kRestSuffix = "_rest";

/// Small enough that what is kept for so long does not stay much longer.
PartitionSize size_for(std::chrono::days shortest) noexcept;

}  // namespace warder::manager
