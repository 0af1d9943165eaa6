// The one stream to the manager: connects, says hello, sends what the spool holds, and hands on what the manager says.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/backoff.h"
#include "agent/identity.h"
#include "agent/spool.h"
#include "agent/transport.h"
#include "base/log.h"
#include "host/clock.h"
#include "protocol/protocol.h"

namespace warder::agent {

/// Idle: not enrolled, or not started.
enum class UplinkCondition : std::uint8_t { Idle, Connecting, Connected, Waiting };

struct UplinkStatus {
  UplinkCondition condition = UplinkCondition::Idle;
  std::string
      reason;  // message id: why the last attempt failed ("agent.uplink.certificate-expired"); empty: it did not
  /// "idle", "connecting", "connected", or the reason's last word: "unreachable", "certificate-expired",
  /// "certificate-time", "manager-unknown", "refused".
  [[nodiscard]] std::string_view state() const noexcept;
  std::string error;  // the last failure, in words; kept after it was overcome
  std::string manager;
  std::optional<Timestamp> connected_since;
  std::optional<std::int64_t> clock_offset_ms;  // the manager's clock minus ours
  Timestamp certificate_expires;
  std::uint64_t connects = 0;
};

/// Called on the uplink's thread; implementations hand over and return.
class UplinkListener {
 public:
  virtual ~UplinkListener() = default;
  virtual void on_connected(const protocol::HelloAck& ack) = 0;
  virtual void on_policy(protocol::PolicyPush policy) = 0;
  virtual void on_command(protocol::Command command) = 0;
  virtual void on_renewed(Timestamp expires) = 0;
  virtual void on_audit(protocol::AuditCheckpoint /*audit*/) {}
  /// For a module, not for the agent itself.
  virtual void on_module_message(protocol::Envelope /*message*/) {}
  virtual void on_state_change() = 0;
};

/// Takes the content packs that the manager offers. Called on the uplink's thread.
class ContentReceiver {
 public:
  virtual ~ContentReceiver() = default;
  /// The wanted set; returns the first request, or nothing when all is here.
  virtual std::optional<protocol::ContentGet> on_offer(const protocol::ContentOffer& offer) = 0;
  /// The next request, or nothing.
  virtual std::optional<protocol::ContentGet> on_chunk(const protocol::ContentChunk& chunk) = 0;
};

struct UplinkOptions {
  std::vector<std::string> managers;
  std::optional<HostPort> proxy;
  std::filesystem::path identity_directory;
  std::chrono::milliseconds reconnect_first{500};
  std::chrono::milliseconds reconnect_longest{60'000};
  std::chrono::milliseconds answer_patience{30'000};  // hello, acknowledgement
  std::size_t max_batch_events = 1000;
  std::size_t max_batch_bytes = 1 << 20;
  Dice dice = system_dice();
};

/// What the uplink works with; all of it outlives the uplink.
struct UplinkParts {
  Spool& spool;
  Dialer& dialer;
  UplinkListener& listener;
  ContentReceiver* content;  // may be absent
  const host::Clock& clock;
  Log& log;
};

/// Thread-safe. Has one thread, from start() until destruction.
class Uplink {
 public:
  Uplink(UplinkOptions options, Identity identity, const UplinkParts& parts);
  ~Uplink();
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

  void start();
  /// There is something new in the spool.
  void wake();
  /// Sent as soon as there is a stream; of what waits for one, the newest hundred are kept. Heartbeats do not wait.
  void send(protocol::Envelope message);
  /// What the hello says of the policy in force.
  void set_policy_digest(std::string digest);
  /// As it is now: a renewal changes key and certificate.
  [[nodiscard]] Identity identity() const;
  /// Asks for a new certificate now; for tests and `warder-agent renew`.
  void renew();
  [[nodiscard]] UplinkStatus status() const;

 private:
  class Stream;
  friend class Stream;

  void run(const std::stop_token& stop);
  Result<void> serve(const std::stop_token& stop, const std::string& manager);
  Result<DialTarget> make_target(const std::string& manager) const;
  protocol::Hello make_hello() const;
  void set_condition(UplinkCondition condition, std::string_view reason, std::string_view error);
  void pause(const std::stop_token& stop, std::chrono::milliseconds time);
  [[nodiscard]] std::string_view reason_of(const Error& error) const;

  const UplinkOptions options_;
  Spool& spool_;
  Dialer& dialer_;
  UplinkListener& listener_;
  ContentReceiver* content_;
  const host::Clock& clock_;
  Log& log_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any paused_;
  Identity identity_;
  UplinkStatus status_;
  std::string policy_digest_;
  std::deque<protocol::Envelope> outbox_;
  Connection* connection_ = nullptr;  // alive while it is set
  bool wants_renewal_ = false;

  std::jthread thread_;
};

}  // namespace warder::agent
