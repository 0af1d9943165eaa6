// Tells when somebody has changed our tables: nftables' notifications (linux/netfilter/nfnetlink.h, NFNLGRP_NFTABLES).
#pragma once

#include <memory>

#include "base/result.h"

namespace warder::host {

/// Single-threaded.
class FilterWatch {
 public:
  virtual ~FilterWatch() = default;
  /// Readable when there is something to take.
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Takes all there is. True: our tables were changed, by us or another, or notifications were lost.
  virtual Result<bool> take() = 0;
};

/// Needs CAP_NET_ADMIN in the network namespace of the process.
Result<std::unique_ptr<FilterWatch>> open_filter_watch();

}  // namespace warder::host
