// Port: the kernel's word on every fork, exec and exit of this host.
#pragma once

#include <string_view>

#include "host/recent_processes.h"

namespace warder::host {

/// Single-threaded.
class ProcessEvents {
 public:
  virtual ~ProcessEvents() = default;
  /// "ebpf", "connector".
  [[nodiscard]] virtual std::string_view mechanism() const noexcept = 0;
  /// Readable when there are events.
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// Takes what is there, without waiting. When the kernel dropped some, `into` forgets first.
  virtual void read(RecentProcesses& into) = 0;
};

}  // namespace warder::host
