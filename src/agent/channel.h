// One end of the socketpair between supervisor and worker: protobuf messages, each after its length (4 bytes, network
// order).
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "protocol/worker.pb.h"

namespace warder::agent {

/// Longest message either side accepts: a batch of the largest events.
inline constexpr std::size_t kMaxWorkerMessageBytes = 16 << 20;

class Channel {
 public:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// Writes one message; blocks while the peer is behind. Thread-safe. Unavailable when the peer is gone.
  Result<void> send(const protocol::WorkerEnvelope& message);

  /// Blocks for the next message. Absent: the peer closed. Corrupt when the bytes are no message.
  Result<std::optional<protocol::WorkerEnvelope>> receive();

  /// Reads what is there without blocking; call until it gives nothing. Unavailable: the peer closed.
  Result<std::optional<protocol::WorkerEnvelope>> poll();

 private:
  Result<std::optional<protocol::WorkerEnvelope>> take_buffered();

  UniqueFd fd_;
  std::mutex send_mutex_;  // one message at a time on the wire
  std::string buffer_;     // of the one thread that receives
};

/// A connected pair, close-on-exec.
struct ChannelPair {
  UniqueFd supervisor;
  UniqueFd worker;
};
Result<ChannelPair> make_channel_pair();

}  // namespace warder::agent
