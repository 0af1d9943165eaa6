// What the stream keeps on this host: sealed records that wait for the receiver, how far its chain and its reading
// came. All of a step is written at once, so that a crash leaves no gap and no record twice.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "manager/events/outbox.h"
#include "manager/store/db.h"
#include "model/ids.h"
#include "stream/writer.h"

namespace warder::manager {

/// Of one tenant's outbox.
struct TenantPlace {
  OutboxPlace read;
  OutboxPlace end;  // as it was seen last: what vanishes unread is missed
  friend bool operator==(const TenantPlace&, const TenantPlace&) = default;
};
using TenantPlaces = std::map<TenantId, TenantPlace>;

struct SpoolState {
  stream::ChainPlace chain;
  bool is_running = false;  // started, and not stopped in order since
  std::string settings;     // of the last start
  Timestamp began{};
  friend bool operator==(const SpoolState&, const SpoolState&) = default;
};

struct SpooledLine {
  std::uint64_t number = 0;
  std::string line;
};

/// Thread-safe.
class StreamSpool {
 public:
  static Result<std::unique_ptr<StreamSpool>> open(const std::filesystem::path& file);
  Result<SpoolState> state();
  Result<TenantPlaces> places();
  Result<void> write(std::span<const stream::Record> records, const SpoolState& state, const TenantPlaces& places);
  /// The oldest, at most so many and about so many bytes.
  Result<std::vector<SpooledLine>> front(std::size_t limit, std::size_t bytes);
  /// The receiver has all up to this one.
  Result<void> forget(std::uint64_t number);
  struct Size {
    std::int64_t records = 0;
    std::int64_t bytes = 0;
  };
  [[nodiscard]] Size size() const;

 private:
  explicit StreamSpool(std::unique_ptr<Db> db) : db_(std::move(db)) {}
  mutable std::mutex mutex_;  // guards all below
  const std::unique_ptr<Db> db_;
  Size size_;
};

}  // namespace warder::manager
