// The kernel's packet queue (linux/netfilter/nfnetlink_queue.h): PacketSource by nfnetlink, large packets whole (GSO),
// verdicts in batches. One queue, one socket and one thread a core.
#pragma once

#include <memory>

#include "host/packet_source.h"

namespace warder::host {

struct PacketQueueOptions {
  std::uint16_t number = 0;
  std::uint32_t max_packets = 8192;  // waiting in the kernel
  bool fails_open = true;            // a full queue lets packets pass instead of dropping them
  bool takes_whole = true;           // large packets before segmentation: seven to nine times the throughput
  std::uint32_t batch = 64;
};

/// Needs CAP_NET_ADMIN in the network namespace of the calling thread. Conflict: somebody else has that queue.
Result<std::unique_ptr<PacketSource>> open_packet_queue(const PacketQueueOptions& options);

}  // namespace warder::host
