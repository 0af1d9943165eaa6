// Brings the manager's inventory of this host up to date: sends what differs from what the manager says it has, one
// list at a time, and the whole list when the two have lost each other.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/inventory/snapshot.h"
#include "protocol/agent.pb.h"

namespace warder::agent {

/// Single-threaded.
class InventorySender {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Send = std::function<Result<void>(const protocol::Envelope&)>;

  explicit InventorySender(Send send) : send_(std::move(send)) {}

  /// What the host has now; kinds that are absent stay as they were.
  void set(inventory::Snapshot snapshot, std::int64_t collected_us);
  /// A new stream, and what the manager has. Before the first one nothing is sent.
  void on_connected(const protocol::HelloAck& ack);
  void on_ack(const protocol::InventoryAck& ack, Time now);
  /// Sends the next list if one differs and none is on its way. Call every few seconds.
  Result<void> step(Time now);

  [[nodiscard]] bool is_current() const;
  [[nodiscard]] std::size_t items() const;
  [[nodiscard]] std::uint64_t lists_sent() const noexcept { return lists_sent_; }
  /// A list that is too large to be sent.
  [[nodiscard]] bool is_overfull() const noexcept { return is_overfull_; }
  [[nodiscard]] const std::vector<inventory::Item>* list(inventory::Kind kind) const;

 private:
  using Items = std::shared_ptr<const std::vector<inventory::Item>>;
  struct List {
    Items items;
    crypto::Digest digest{};
    std::int64_t collected_us = 0;
  };
  struct InFlight {
    inventory::Kind kind;
    List list;
    Time until;
  };

  Result<void> send_list(inventory::Kind kind, const List& list, Time now);

  Send send_;
  std::map<inventory::Kind, List> lists_;
  std::map<inventory::Kind, List> acknowledged_;  // what the manager took from us: the base of the next delta
  std::optional<std::map<inventory::Kind, std::string>> known_;  // digests that the manager has; absent: no stream yet
  std::map<inventory::Kind, Time> not_before_;                   // of lists that were refused
  std::optional<InFlight> in_flight_;
  std::uint64_t lists_sent_ = 0;
  bool is_overfull_ = false;
};

/// The messages of one change, in order. `base` empty: the whole list. TooLarge beyond kMaxParts.
inline constexpr std::size_t kMaxParts = 64;
Result<std::vector<protocol::Envelope>> make_updates(inventory::Kind kind, const inventory::Delta& delta,
                                                     std::string_view base, const crypto::Digest& digest,
                                                     std::int64_t collected_us);

}  // namespace warder::agent
