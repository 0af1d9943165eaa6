// The packet filter by the nft program: nftables' own library is GPL-2.0-only and cannot be part of this program.
#pragma once

#include <chrono>
#include <memory>

#include "host/packet_filter.h"

namespace warder::host {

struct NftFilterOptions {
  std::chrono::milliseconds patience{30'000};  // for one run; then it is ended and nothing has changed
};

/// Works in the network namespace of the process.
std::unique_ptr<PacketFilter> make_nft_filter(NftFilterOptions options = {});

}  // namespace warder::host
