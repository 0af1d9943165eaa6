// Port: connections of this host as they begin and end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/address.h"
#include "base/result.h"

namespace warder::host {

struct ConnectionRecord {
  bool is_new = true;  // false: it has ended
  std::uint8_t protocol = 0;
  IpAddress source;  // who began it
  IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::optional<std::uint64_t> packets;  // both directions; where the host counts them (nf_conntrack_acct)
  std::optional<std::uint64_t> bytes;
};

/// Single-threaded.
class ConnectionWatch {
 public:
  virtual ~ConnectionWatch() = default;
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// What has happened; empty: nothing more now.
  virtual Result<std::span<const ConnectionRecord>> take() = 0;
  /// How often the kernel had to drop records because we were slow.
  [[nodiscard]] virtual std::uint64_t overflows() const noexcept = 0;
};

}  // namespace warder::host
