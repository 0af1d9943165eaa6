// The kernel's word on every fork, exec and exit of this host, through the process event connector
// (Documentation/driver-api/connector.rst, linux/cn_proc.h).
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "host/recent_processes.h"

namespace warder::host {

/// Single-threaded.
class ProcessEvents {
 public:
  /// Takes CAP_NET_ADMIN in the initial namespaces; afterwards none. Unavailable where the kernel has no connector.
  static Result<ProcessEvents> open();

  /// Readable when there are events.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// Takes what is there, without waiting. When the kernel dropped some, `into` forgets first.
  void read(RecentProcesses& into) const;

 private:
  explicit ProcessEvents(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace warder::host
