// The HTTPS listener: HTTP/1.1, server-sent events and WebSockets over TLS on one event loop. Beast and Asio stay
// inside this folder's .cc files. Handlers run on a pool of worker threads and may block.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "crypto/client_certificate.h"
#include "crypto/tls.h"

namespace warder::manager {

/// Header names are lower-case.
using Headers = std::map<std::string, std::string, std::less<>>;

struct HttpRequest {
  std::string method;                                     // "GET"
  std::string path;                                       // percent-decoded, starts with '/', no "..", no NUL
  std::map<std::string, std::string, std::less<>> query;  // decoded; a repeated key is refused with 400
  Headers headers;
  std::string body;
  IpAddress peer;
  std::optional<crypto::PeerCertificate> certificate;  // verified against the listener's client CA
  /// At a listener that only asks: the client holds its key, and nothing else of it is verified.
  std::shared_ptr<const crypto::ShownCertificate> shown_certificate{};
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// Empty when it is absent or there twice.
  [[nodiscard]] std::string cookie(std::string_view name) const;
};

/// Written by a handler for as long as it likes: server-sent events, exports. Thread-safe.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  /// Queues bytes. False when the client is gone or more than `max_queued_bytes` wait: the caller drops and counts.
  virtual bool write(std::string_view bytes) = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
};

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
  /// Set for a streamed answer: called once, on a worker thread, after the head was sent; keep the pointer as long as
  /// needed.
  std::function<void(std::shared_ptr<ResponseStream>)> stream;
};

/// One accepted WebSocket. send() is thread-safe and keeps order.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// False when more than the limit waits unsent or the peer is gone.
  virtual bool send(std::string message) = 0;
  virtual void close(std::string_view reason) = 0;
  [[nodiscard]] virtual IpAddress peer() const = 0;
};

/// Called on worker threads, one at a time per socket, in order.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
  virtual void on_message(std::string_view message) = 0;
  virtual void on_close() = 0;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual HttpResponse respond(const HttpRequest& request) = 0;
  /// A WebSocket upgrade: nullptr refuses with 403.
  virtual std::unique_ptr<WebSocketHandler> accept_websocket(const HttpRequest& request);
  /// How large a body this request may have, asked when only its head is there; nothing: the listener's limit. Called
  /// on the event loop: must be quick.
  [[nodiscard]] virtual std::optional<std::size_t> body_limit(const HttpRequest& head) const;
};

struct HttpServerOptions {
  std::string name = "api";  // in logs and metrics
  HostPort listen;           // port 0: any free one
  std::size_t max_body_bytes = 4 << 20;
  std::size_t max_bodies_bytes = 256 << 20;  // of all requests that are being read or answered
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_peer = 0;  // 0: no limit; agents may all sit behind one NAT
  std::size_t max_websocket_message_bytes = 4 << 20;
  std::size_t max_queued_bytes = 8 << 20;  // per connection, unsent
  std::uint32_t accepts_per_second = 0;    // 0: no limit; sheds reconnect storms by leaving them in the backlog
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds header_timeout{15};  // from the first byte to the end of the head
  std::chrono::seconds body_timeout{30};    // plus a second for every 64 KiB
  std::chrono::seconds write_timeout{60};
  std::chrono::seconds idle_timeout{75};  // between requests; a silent WebSocket is pinged after half of it
  unsigned workers = 4;
};

/// Listens from construction until destruction, which ends every connection and waits for running handlers.
class HttpServer {
 public:
  /// `tls` null: plain HTTP (the metrics listener on loopback). `handler`, `log` and `metrics` outlive the server.
  static Result<std::unique_ptr<HttpServer>> create(HttpServerOptions options,
                                                    std::shared_ptr<const crypto::TlsServerContext> tls,
                                                    HttpHandler& handler, Log& log, Metrics& metrics);
  virtual ~HttpServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
  /// New certificate for new connections.
  virtual void use(std::shared_ptr<const crypto::TlsServerContext> tls) = 0;
};

}  // namespace warder::manager
