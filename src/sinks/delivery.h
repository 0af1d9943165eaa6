// What is on its way to one receiver: sent in order, remembered until it is certain to have arrived, sent again when
// the connection was lost before. Where events come from, and where is kept how far they have come, is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// One event of a queue, by its place there.
struct Passage {
  std::int64_t file = 0;  // of a queue that has several
  std::int64_t number = 0;
  Fate fate = Fate::Sent;
  EventId event;
  Timestamp time{};      // of the event
  std::string reason{};  // why it was refused
};

/// Whether an event may leave at all: a policy of its host may say that it stays.
bool may_leave(const Event& event);

/// Single-threaded.
class Delivery {
 public:
  static constexpr std::size_t kMaxInFlight = 20'000;

  explicit Delivery(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

  [[nodiscard]] bool has_room() const noexcept { return in_flight_.size() < kMaxInFlight; }
  [[nodiscard]] bool is_empty() const noexcept { return in_flight_.empty(); }

  struct Sending {
    std::size_t taken = 0;       // of the batch, from its beginning: in flight now
    std::optional<Error> error;  // why it was not all
  };
  /// `events` are those of the batch whose fate is Sent, in order.
  Sending send(std::vector<Passage> batch, std::span<const formats::OutgoingEvent> events, const std::stop_token& stop);
  /// The first ones in flight whose fate is certain. An error says that the connection was lost: nothing is in flight
  /// any more, and what was must be sent again.
  Result<std::span<const Passage>> settled();
  /// Of settled(): the caller has kept how far they go.
  void forget(std::size_t count);
  /// Nothing is in flight.
  void begin_again() { in_flight_.clear(); }

 private:
  const std::unique_ptr<Sink> sink_;
  std::vector<Passage> in_flight_;
};

}  // namespace warder::sinks
