// A TCP connection, plain or under TLS, that sends and never waits longer than it is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/tls.h"
#include "sinks/socket_address.h"

namespace warder::sinks {

struct StreamTarget {
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  std::shared_ptr<const crypto::TlsClientContext> tls;  // absent: plain
  MayReach may_reach;                                   // asked about each address that the name has
};

/// Single-threaded.
class ByteStream {
 public:
  /// Unavailable when nobody answers within `patience`, Unauthenticated when TLS cannot tell who it is.
  static Result<std::unique_ptr<ByteStream>> connect(const StreamTarget& target, std::chrono::milliseconds patience,
                                                     const std::stop_token& stop);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// All of it, or an error, after which the stream is of no use.
  Result<void> write(std::string_view bytes, std::chrono::milliseconds patience, const std::stop_token& stop);
  /// What the peer's kernel has not acknowledged. An error when the connection has ended.
  Result<std::size_t> unacknowledged();
  /// "TLSv1.3 TLS_AES_256_GCM_SHA384", or "plain".
  [[nodiscard]] std::string protection() const;

 private:
  struct State;
  explicit ByteStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace warder::sinks
