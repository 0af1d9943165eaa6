// How records reach the receiver: by POST over HTTPS, where the answer says that it has them, or as syslog over TLS.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>

#include "manager/stream/stream_settings.h"
#include "manager/stream/stream_spool.h"

namespace warder::manager {

/// Single-threaded.
class StreamTransport {
 public:
  virtual ~StreamTransport() = default;
  StreamTransport() = default;
  StreamTransport(const StreamTransport&) = delete;
  StreamTransport& operator=(const StreamTransport&) = delete;
  /// All of them, or an error: then they are sent again.
  virtual Result<void> send(std::span<const SpooledLine> lines, const std::stop_token& stop) = 0;
};

/// Reads the files that the settings name.
Result<std::unique_ptr<StreamTransport>> make_stream_transport(const StreamSettings& settings);

}  // namespace warder::manager
