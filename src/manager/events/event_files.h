// Where one tenant's events are: month files of SQLite, or partitions of PostgreSQL (event_partitions.h).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/events/event_store.h"
#include "manager/events/month.h"
#include "manager/events/retention.h"
#include "manager/store/pool.h"

namespace warder::manager {

/// A database with the events of [from, to).
struct EventFile {
  Timestamp from;
  Timestamp to;
  std::unique_ptr<Pool> writer;
  std::unique_ptr<Pool> reader;  // read-only, with the limit on time
};
using EventFileRef = std::shared_ptr<EventFile>;

/// Thread-safe.
class EventFiles {
 public:
  virtual ~EventFiles() = default;
  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;
  /// Finds what is there.
  virtual Result<void> load() = 0;
  virtual Result<EventFileRef> open_or_create(Month month) = 0;
  /// Those with events of [from, to), newest first.
  [[nodiscard]] virtual std::vector<EventFileRef> newest_first(std::optional<Timestamp> from,
                                                               std::optional<Timestamp> to) const = 0;
  [[nodiscard]] std::vector<EventFileRef> newest_first() const { return newest_first(std::nullopt, std::nullopt); }
  /// Removes what holds nothing that is to be kept, and returns the names of the periods ("2026-01"); places in spools
  /// and the end of an outbox that would go with it are carried to `config`.
  virtual Result<std::vector<std::string>> remove_expired(const EventLimits& limits, Pool& config) = 0;
  /// What has expired besides and lies among events that stay.
  virtual Result<std::vector<ExpiredRows>> expired_rows(const EventLimits& limits) const = 0;
};

/// One file a month in the tenant's folder.
class MonthFiles final : public EventFiles {
 public:
  MonthFiles(std::filesystem::path directory, const EventStoreOptions& options);

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::Sqlite; }
  Result<void> load() override;
  Result<EventFileRef> open_or_create(Month month) override;
  [[nodiscard]] std::vector<EventFileRef> newest_first(std::optional<Timestamp> from,
                                                       std::optional<Timestamp> to) const override;
  /// Unlinks; who reads it still may.
  Result<std::vector<std::string>> remove_expired(const EventLimits& limits, Pool& config) override;
  Result<std::vector<ExpiredRows>> expired_rows(const EventLimits& limits) const override;

 private:
  [[nodiscard]] std::filesystem::path path_of(Month month) const;
  Result<EventFileRef> open(Month month) const;
  Result<void> remove(Month month);

  const std::filesystem::path directory_;
  const EventStoreOptions options_;
  mutable std::mutex mutex_;  // guards files_
  std::map<Month, EventFileRef> files_;
};

}  // namespace warder::manager
