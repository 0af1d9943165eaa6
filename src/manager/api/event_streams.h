// Long answers about events: live tails, all fed by one thread, and exports, each on a thread of its own.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "manager/events/event_feed.h"
#include "manager/events/event_store.h"
#include "manager/net/http.h"
#include "model/messages.h"

namespace warder::manager {

/// Names a live event for Last-Event-ID: "<received, µs>-<event id>".
std::string tail_id(const StoredEvent& stored);

struct TailPosition {
  Timestamp received;
  EventId id;
};
/// Invalid when it is not of that form.
Result<TailPosition> parse_tail_id(std::string_view text);

struct TailOptions {
  std::chrono::milliseconds heartbeat{15'000};
  std::chrono::minutes longest{30};  // then the client comes back, and is asked again who it is
};

/// Server-sent events for every open tail. Thread-safe.
class EventTails {
 public:
  EventTails(EventFeed& feed, const Messages& messages, TailOptions options = {});
  ~EventTails();
  EventTails(const EventTails&) = delete;
  EventTails& operator=(const EventTails&) = delete;

  /// `missed`: what the client has not seen since it left, oldest first; sent before anything new.
  void add(std::shared_ptr<ResponseStream> stream, std::shared_ptr<EventFollower> follower, std::string locale,
           const std::vector<StoredEvent>& missed);

 private:
  struct Tail;
  void run(const std::stop_token& stop);
  void serve(Tail& tail, std::chrono::steady_clock::time_point now);
  bool send(Tail& tail, const StoredEvent& stored) const;

  EventFeed& feed_;
  const Messages& messages_;
  const TailOptions options_;
  std::mutex mutex_;  // guards tails_
  std::vector<std::unique_ptr<Tail>> tails_;
  std::jthread thread_;
};

/// Runs exports beside the workers, so that a slow client holds none of them. Thread-safe.
class ExportThreads {
 public:
  ExportThreads() = default;
  ~ExportThreads();
  ExportThreads(const ExportThreads&) = delete;
  ExportThreads& operator=(const ExportThreads&) = delete;

  /// False when too many run already.
  bool start(std::function<void(const std::stop_token&)> work);

 private:
  struct Running {
    std::shared_ptr<std::atomic<bool>> is_done;
    std::jthread thread;
  };
  std::mutex mutex_;  // guards running_
  std::list<Running> running_;
};

/// Writes as fast as the client reads. False when the client is gone, reads nothing for a minute, or stop is asked.
bool write_patiently(ResponseStream& stream, std::string_view bytes, const std::stop_token& stop);

}  // namespace warder::manager
