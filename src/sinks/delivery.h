// What is on its way to one receiver: sent in order, remembered until it is certain to have arrived, sent again when
// the connection was lost before. Where events come from, and where is kept how far they have come, is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "model/event.h"
#include "sinks/sink.h"

namespace warder::sinks {

enum class Fate : std::uint8_t {
  Sent,
  Refused,     // the receiver will never take it
  PassedOver,  // not for this receiver
  Lost,        // gone before it was sent
};

/// One event of a queue, by its place there; of what has settled, several neighbours of one fate together.
struct Passage {
  /// Of one that has no place in a queue: those are never counted together. Places begin with 1.
  static constexpr std::int64_t kNoNumber = 0;

  std::int64_t file = 0;  // of a queue that has several
  std::int64_t number = kNoNumber;
  Fate fate = Fate::Sent;
  EventId event;
  Timestamp time{};       // of the event
  std::string reason{};   // why it was refused
  std::size_t count = 1;  // of how many this is the last one: they have the numbers before it
};

/// Whether an event may leave at all: a policy of its host may say that it stays.
bool may_leave(const Event& event);

/// Single-threaded.
class Delivery {
 public:
  // What is sent to syslog settles when the connection has held for `settle_ms`. With 20,000 events in flight and two
  // seconds no receiver got more than 10,000 a second.
  static constexpr std::size_t kMaxInFlight = 500'000;
  static constexpr std::size_t kMaxRuns = 50'000;  // of neighbours, each remembered in about 100 bytes

  explicit Delivery(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

  [[nodiscard]] bool has_room() const noexcept {
    return events_in_flight_ < kMaxInFlight && in_flight_.size() < kMaxRuns;
  }
  [[nodiscard]] bool is_empty() const noexcept { return in_flight_.empty(); }

  struct Sending {
    std::size_t taken = 0;       // of the batch, from its beginning: in flight now
    std::optional<Error> error;  // why it was not all
  };
  /// `events` are those of the batch whose fate is Sent, in order.
  Sending send(std::vector<Passage> batch, std::span<const formats::OutgoingEvent> events, const std::stop_token& stop);
  /// The first ones in flight whose fate is certain. An error says that the connection was lost: nothing is in flight
  /// any more, and what was must be sent again.
  Result<std::vector<Passage>> settled();
  /// Of settled(), the first `runs`: the caller has kept how far they go.
  void forget(std::size_t runs);
  /// Nothing is in flight.
  void begin_again();

 private:
  void remember(Passage passage);

  const std::unique_ptr<Sink> sink_;
  std::deque<Passage> in_flight_;
  std::size_t events_in_flight_ = 0;
};

}  // namespace warder::sinks
