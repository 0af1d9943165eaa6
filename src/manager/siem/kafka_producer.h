// A producer of librdkafka, which connects only to addresses that may be reached.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sinks/socket_address.h"

namespace warder::manager {

struct KafkaMessage {
  std::string_view topic;
  std::string_view key;
  std::string_view event_id;  // header "event-id"
  std::string_view content_type;
  std::string_view payload;
};

/// What the brokers said of a message.
enum class KafkaFate : std::uint8_t {
  Waiting,
  Delivered,
  TooLarge,  // it, or what was sent together with it
  Invalid,
  Failed
};

/// Single-threaded, though librdkafka has threads of its own.
class KafkaProducer {
 public:
  using Properties = std::vector<std::pair<std::string, std::string>>;

  /// Invalid when librdkafka does not take a property; names only the property.
  static Result<std::unique_ptr<KafkaProducer>> create(const Properties& properties, sinks::MayReach may_reach);
  /// Ends without waiting: what is not delivered is forgotten.
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  /// Takes a copy. TooMany when what waits is as much as may wait.
  Result<void> produce(const KafkaMessage& message);
  /// Notes a message that was never produced, so that `fates` has its place.
  void skip() { fates_.push_back(KafkaFate::Delivered); }
  /// Reads delivery reports, for at most `patience`.
  void poll(std::chrono::milliseconds patience);
  /// Of all messages in the order of producing, those at the front that are settled left out by `forget`.
  [[nodiscard]] const std::deque<KafkaFate>& fates() const noexcept { return fates_; }
  void forget(std::size_t count);
  /// Why nothing will be delivered as it is: no broker can be reached, a message failed, the producer is broken.
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  struct Native;
  explicit KafkaProducer(sinks::MayReach may_reach);
  void on_report(std::size_t number, int code);
  void on_error(int code, std::string_view reason);

  const sinks::MayReach may_reach_;
  std::atomic<bool> has_forbidden_ = false;
  std::unique_ptr<Native> native_;
  std::deque<KafkaFate> fates_;
  std::size_t first_ = 0;  // number of the first of fates_
  std::optional<Error> failure_;
  std::string detail_;  // of the last connection that failed
};

}  // namespace warder::manager
