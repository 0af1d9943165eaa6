// The kernel's rules that send packets to the queues: tables of our own (ip and ip6), made and removed over netlink
// without a program, so that a worker without the right to run programs can do it.
//
// Order on each hook: flows marked "inspected enough" or "bypass" pass, condemned ones are dropped (TCP: with a reset
// to the sender), loopback passes, the rest is queued. Behind the queue, marks that a verdict has put on a packet are
// saved to its connection; so the kernel resets both sides of a condemned one, each at its next packet, and nobody
// needs a raw socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace warder::host {

struct QueueRulesOptions {
  std::uint16_t first_queue = 0;
  std::uint16_t queues = 1;  // flows are spread over them, both directions to the same
  bool inspects_input = true;
  bool inspects_output = true;
  bool inspects_forwarded = false;
  bool inspects_loopback = false;
  /// True: the tables belong to this process and go with it, and a queue without a reader lets packets pass. False: the
  /// tables stay when the process dies, and packets are dropped until it is back.
  bool fails_open = true;
};

/// The rules are in force while this lives.
class QueueRules {
 public:
  /// Replaces what an earlier process may have left. Needs CAP_NET_ADMIN.
  static Result<std::unique_ptr<QueueRules>> install(const QueueRulesOptions& options);
  /// What any process left; no error when there is nothing.
  static Result<void> remove_leftovers();
  virtual ~QueueRules() = default;
  /// "queue" or "NFQUEUE": the statement of nftables, or the target of iptables where the kernel lacks it.
  [[nodiscard]] virtual std::string_view mechanism() const noexcept = 0;
};

}  // namespace warder::host
