// The agent's own events: made here, kept until the spool takes them.
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "agent/spool.h"
#include "base/ids.h"
#include "base/log.h"
#include "host/clock.h"
#include "model/event.h"

namespace warder::agent {

using EventFields = std::initializer_list<std::pair<std::string_view, EventValue>>;

/// Single-threaded.
class Reporter {
 public:
  Reporter(Spool& spool, const host::Clock& clock, Log& log, std::function<void()> stored);

  /// Logs the event and puts it into the spool; while that fails it waits in memory, the newest thousand do.
  void report(std::string_view type, Severity severity, EventFields fields = {});
  /// Of a module's worker. Unavailable while the disk is full.
  Result<void> store(std::span<const protocol::Event> events);
  /// Tries again what waits; call every second or so.
  void retry();

 private:
  Spool& spool_;
  const host::Clock& clock_;
  Log& log_;
  std::function<void()> stored_;  // something new is in the spool
  UuidGenerator ids_;
  std::deque<protocol::Event> waiting_;
};

}  // namespace warder::agent
