// Files that something happened to, waiting until they have settled. What happens to a file within that time is one
// change. Time comes with each call.
//
// A file is looked at `settle` after its writer closed it, or after it appeared, disappeared, moved or got new
// attributes. While a writer has it open it is looked at once it was left alone for `quiet`, and at the latest
// `patience` after the first sign.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/file_watch.h"
#include "host/process_table.h"

namespace warder::integrity {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

struct SettleTimes {
  milliseconds settle{50};
  milliseconds quiet{1000};
  milliseconds patience{5000};
};

struct QueuedSuspect {
  std::string path;
  std::optional<host::ProcessInfo> actor;
  bool was_seen_happening = false;  // by the watch; else only a scan found it
  bool may_be_unwritten = false;    // made and not closed yet
  int attempts = 0;                 // how often it was looked at and found unsettled
};

class SuspectQueue {
 public:
  explicit SuspectQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False when the queue is full and the event is lost.
  bool add(const host::WatchEvent& event, std::optional<host::ProcessInfo> actor, SteadyTime now,
           const SettleTimes& times);
  /// A scan found it different; it is looked at after `delay`.
  bool add_from_scan(const std::string& path, SteadyTime now, milliseconds delay);
  /// Puts one back that has not settled.
  void put_back(QueuedSuspect suspect, SteadyTime now, milliseconds delay);

  /// The suspects that are due, the longest waiting first: `count`, and more if these are due at the same moment, for
  /// what happened together (both ends of a rename) is looked at together.
  std::vector<QueuedSuspect> take(SteadyTime now, std::size_t count);
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

 private:
  struct Waiting {
    QueuedSuspect suspect;
    SteadyTime first;
    SteadyTime due;
    bool is_open = false;  // written and not closed since
  };
  Waiting* find_or_make(const std::string& path, SteadyTime now);
  void set_due(Waiting& waiting, SteadyTime due);

  std::size_t capacity_;
  std::unordered_map<std::string, Waiting> waiting_;
  std::set<std::pair<SteadyTime, std::string>> order_;
};

}  // namespace warder::integrity
