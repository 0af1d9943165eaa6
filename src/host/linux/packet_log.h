// Packets that rules log (linux/netfilter/nfnetlink_log.h), with what the kernel knows of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "host/packet_source.h"

namespace warder::host {

/// Views live until the next take().
struct LoggedPacket {
  Timestamp time;
  std::string_view prefix;
  PacketHook hook = PacketHook::Unknown;
  std::uint32_t in_interface = 0;  // index; 0: none
  std::uint32_t out_interface = 0;
  std::optional<std::uint32_t> uid;  // of the local socket
  ByteView mac;                      // source hardware address
  ByteView bytes;                    // from the network header on, cut to what was asked for
};

struct PacketLogOptions {
  std::uint16_t group = 0;
  std::uint32_t copy_bytes = 128;
  std::uint32_t batch = 64;              // packets the kernel gathers before it tells
  std::chrono::milliseconds flush{100};  // or so long
  int receive_buffer = 16 << 20;
};

struct PacketLogCounters {
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;  // by the kernel's sequence numbers
};

/// Single-threaded.
class PacketLog {
 public:
  virtual ~PacketLog() = default;
  [[nodiscard]] virtual int fd() const noexcept = 0;
  /// What has arrived, some hundreds at most; empty: nothing more now.
  virtual Result<std::span<const LoggedPacket>> take() = 0;
  [[nodiscard]] virtual PacketLogCounters counters() const noexcept = 0;
};

/// Needs CAP_NET_ADMIN. Conflict: somebody else has that group.
Result<std::unique_ptr<PacketLog>> open_packet_log(const PacketLogOptions& options);

}  // namespace warder::host
