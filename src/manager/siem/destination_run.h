// One destination as it is served: what is new is read from the outbox, sent, and counted as served once it is certain
// to have arrived. At least once, in the order of storing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "manager/events/event_store.h"
#include "manager/siem/destinations.h"
#include "manager/siem/sink.h"
#include "model/messages.h"
#include "sinks/delivery.h"

namespace warder::manager {

struct RunParts {
  Destinations& destinations;
  EventStore& events;
  const Messages& messages;
  const host::Clock& clock;
};

enum class Round : std::uint8_t {
  Sent,       // there may be more
  Waiting,    // nothing is new, and something has not settled yet
  Idle,       // nothing is new
  Elsewhere,  // another manager serves it
};

/// Single-threaded.
class DestinationRun {
 public:
  /// Invalid when the filter or the settings cannot be used any more.
  static Result<std::unique_ptr<DestinationRun>> create(const RunParts& parts, const TenantScope& scope,
                                                        std::string tenant_name, const Destination& destination,
                                                        std::unique_ptr<Sink> sink, std::string holder);

  /// An error is the receiver's or the database's; it is noted with the destination. Come again later.
  Result<Round> round(const std::stop_token& stop);
  /// Of this run: for metrics.
  [[nodiscard]] std::int64_t delivered() const noexcept { return delivered_; }

 private:
  DestinationRun(const RunParts& parts, TenantScope scope, std::string tenant_name, Destination destination,
                 Filter filter, std::unique_ptr<Sink> sink, std::string holder)
      : parts_(parts),
        scope_(std::move(scope)),
        tenant_name_(std::move(tenant_name)),
        destination_(std::move(destination)),
        filter_(std::move(filter)),
        delivery_(std::move(sink)),
        holder_(std::move(holder)) {}

  Result<Round> advance(const std::stop_token& stop);
  Result<void> settle();
  Result<void> settle_now_and_then();
  Result<std::size_t> send_new(const std::stop_token& stop);
  Result<void> send_letters(const std::stop_token& stop);
  void note_letter(const sinks::Passage& passage, Progress& progress) const;
  [[nodiscard]] bool is_wanted(const StoredEvent& event) const;
  [[nodiscard]] formats::OutgoingEvent outgoing(StoredEvent event) const;
  void begin_again();

  const RunParts parts_;
  const TenantScope scope_;
  const std::string tenant_name_;
  const Destination destination_;
  const Filter filter_;
  sinks::Delivery delivery_;
  const std::string holder_;
  bool holds_ = false;
  bool has_more_ = false;                            // the last batch was full
  std::chrono::steady_clock::time_point renewal_{};  // of the hold
  std::chrono::steady_clock::time_point settle_due_{};
  OutboxPlace served_;                                   // as it is stored
  OutboxPlace read_;                                     // served_ and what is in flight
  std::chrono::steady_clock::time_point letters_due_{};  // when to look for dead letters that are to be sent again
  std::size_t letters_ = 0;                              // of those, in flight
  std::int64_t delivered_ = 0;
};

}  // namespace warder::manager
