// AF_PACKET (packet(7)): PacketSource that only looks at what an interface sends and receives.
#pragma once

#include <memory>
#include <string>

#include "host/packet_source.h"

namespace warder::host {

struct PacketSocketOptions {
  std::string interface;  // empty: all
  std::uint32_t batch = 64;
};

/// Needs CAP_NET_RAW.
Result<std::unique_ptr<PacketSource>> open_packet_socket(const PacketSocketOptions& options);

}  // namespace warder::host
