// Events to a receiver that takes many in one request, and may refuse them all because of one.
#pragma once

#include <chrono>
#include <functional>

#include "manager/siem/sink.h"

namespace warder::manager {

/// What came of one request.
struct BatchOutcome {
  std::size_t count = 0;              // how many of the events, from the first, it was about: at least one
  std::vector<RefusedEvent> refused;  // of those, when it was taken but for these
  std::string refusal;                // why the receiver will not take it as a whole; empty: it did
  std::optional<Error> error;         // why it is not known or not now; none of it is taken
};

using SendBatch =
    std::function<BatchOutcome(std::span<const formats::OutgoingEvent> events, std::chrono::milliseconds patience)>;

/// Makes batches smaller until the one event is found that is refused, and larger again behind it. Single-threaded.
class Batches {
 public:
  explicit Batches(std::size_t max_events) : max_events_(max_events), next_(max_events) {}

  /// At most half a minute. `send` gets at most max_events.
  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop, const SendBatch& send);

 private:
  const std::size_t max_events_;
  std::size_t next_;  // of the next request
};

}  // namespace warder::manager
