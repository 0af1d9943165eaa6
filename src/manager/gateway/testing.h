// For tests and benchmarks: an agent's end of the stream, small and blocking, with its own WebSocket framing (RFC 6455)
// so that it can also send what a well-behaved one never would.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "crypto/tls.h"
#include "protocol/agent.pb.h"

namespace warder::manager::testing {

/// Single-threaded.
class WireClient {
 public:
  /// TCP to 127.0.0.1 and the TLS handshake.
  static Result<std::unique_ptr<WireClient>> connect(std::uint16_t port,
                                                     std::shared_ptr<const crypto::TlsClientContext> tls);
  ~WireClient();
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  /// Bytes as they are.
  Result<void> write(std::string_view bytes);
  /// The status of the answer to one request; its body is read too.
  struct Answer {
    int status = 0;
    std::string body;
  };
  Result<Answer> post(std::string_view path, std::string_view body) { return request("POST", path, body); }
  /// `headers`: whole lines, each with its "\r\n".
  Result<Answer> request(std::string_view method, std::string_view path, std::string_view body,
                         std::string_view headers = {});
  /// Forbidden when the answer is not 101.
  Result<void> upgrade(std::string_view path);

  Result<void> send(std::string_view message);
  Result<void> send(const protocol::Envelope& envelope);
  /// The next message; absent after `timeout`; Unavailable, with the close frame's reason, when the stream ended.
  Result<std::optional<std::string>> receive(std::chrono::milliseconds timeout);
  /// The next envelope within ten seconds.
  Result<protocol::Envelope> next();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] bool is_resumed() const;

 private:
  WireClient(UniqueFd fd, SSL* ssl, std::shared_ptr<const crypto::TlsClientContext> tls);
  Result<bool> read_some(std::chrono::milliseconds timeout);
  Result<std::string> read_head();
  std::optional<std::string> take_frame(int* opcode);
  Result<void> send_frame(int opcode, std::string_view payload);

  UniqueFd fd_;
  SSL* ssl_;
  std::shared_ptr<const crypto::TlsClientContext> tls_;
  std::string buffer_;
};

}  // namespace warder::manager::testing
