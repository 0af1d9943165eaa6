// Tells connections that what they serve may have changed: a policy, a group, an agent, a command waiting. In-process;
// a second node will hear of it through the store's wake-up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "model/ids.h"

namespace warder::manager {

struct Change {
  TenantId tenant;
  std::optional<AgentId> agent;  // absent: any agent of the tenant may be concerned
};

/// Thread-safe. A listener is called on the thread that made the change, after it was committed, and only takes a note:
/// it must not call the bus.
class ChangeBus {
 public:
  using Listener = std::function<void(const Change&)>;

  /// Once destroyed, the listener is not called again.
  class Subscription {
   public:
    Subscription(ChangeBus& bus, std::uint64_t id) noexcept : bus_(&bus), id_(id) {}
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    ChangeBus* bus_;
    std::uint64_t id_;
  };

  [[nodiscard]] std::unique_ptr<Subscription> subscribe(Listener listener);
  void publish(const Change& change);

 private:
  std::mutex mutex_;  // guards the two below; held while listeners run
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, Listener> listeners_;
};

}  // namespace warder::manager
