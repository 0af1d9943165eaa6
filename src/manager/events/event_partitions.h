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

/// Thread-safe.
class EventPartitions final : public EventFiles {
 public:
  /// `size`: asked for whenever a month's are made.
  EventPartitions(const PostgresSchemas& schemas, const std::string& schema, const EventStoreOptions& options,
                  std::function<PartitionSize()> size);

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::Postgres; }
  /// Nothing to find: the tables are there, and what they lack is made.
  Result<void> load() override { return {}; }
  /// Makes what is missing of the month's partitions; a month keeps the size it was made with.
  Result<EventFileRef> open_or_create(Month month) override;
  [[nodiscard]] std::vector<EventFileRef> newest_first(std::optional<Timestamp> from,
                                                       std::optional<Timestamp> to) const override;
  Result<std::vector<std::string>> remove_before(Timestamp limit, Pool& config) override;

 private:
  Result<void> make(Month month);

  const std::function<PartitionSize()> size_;
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

}  // namespace warder::manager
