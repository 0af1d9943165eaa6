// Events that wait for the receiver that the agent sends to by itself: tables of their own in the spool's file, so that
// one transaction puts an event into both, and neither receiver waits for the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "agent/sqlite.h"
#include "base/time.h"
#include "model/event.h"
#include "protocol/agent.pb.h"

namespace warder::agent {

struct OutgoingOptions {
  std::function<bool(const protocol::Event&)> wants;
  std::uint64_t max_bytes = 256 << 20;
};

struct OutgoingItem {
  std::uint64_t number = 0;  // ascending, each once
  protocol::Event event;     // empty when it cannot be read any more
};

/// What has become of events.
struct OutgoingCounts {
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;  // evicted from a full queue
};

struct OutgoingStatus {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::optional<Timestamp> oldest;  // of the events that wait
  OutgoingCounts ever;              // kept over restarts
};

/// Single-threaded: whoever has the connection has the lock. Changes are made within the caller's transaction, and
/// restore(status before) undoes what this has in memory.
class OutgoingQueue {
 public:
  static Result<std::unique_ptr<OutgoingQueue>> open(SqliteConnection& connection);
  ~OutgoingQueue();
  OutgoingQueue(const OutgoingQueue&) = delete;
  OutgoingQueue& operator=(const OutgoingQueue&) = delete;

  /// `event` as it was serialized. Makes room by dropping the least severe, oldest first; never what next() gave last,
  /// or before in one go.
  Result<void> append(const protocol::Event& event, ByteView bytes, std::uint64_t max_bytes);
  /// Those behind `after`, the oldest first.
  Result<std::vector<OutgoingItem>> next(std::uint64_t after, std::size_t max_events, std::size_t max_bytes);
  /// They are certain to have arrived, or will never be taken.
  Result<void> forget(std::uint64_t upto, const OutgoingCounts& counts);
  /// All of it: there is no receiver any more.
  Result<void> clear();

  [[nodiscard]] const OutgoingStatus& status() const noexcept { return status_; }
  void restore(const OutgoingStatus& before) { status_ = before; }

 private:
  struct Statements;
  OutgoingQueue(SqliteConnection& connection, std::unique_ptr<Statements> statements);
  Result<void> load();
  Result<void> load_oldest();
  Result<void> make_room(std::uint64_t max_bytes);
  Result<void> save_counts();

  SqliteConnection& connection_;
  std::unique_ptr<Statements> statements_;
  OutgoingStatus status_;
  std::uint64_t given_ = 0;  // up to here next() has given the last time
};

}  // namespace warder::agent
