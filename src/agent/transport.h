// The connection to the manager: TLS over TCP, through an HTTP proxy if there is one, then a WebSocket or one POST.
// Boost.Beast and Asio stay inside transport.cc.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "crypto/tls.h"

namespace warder::agent {

/// "https://host[:port]" (8444 when absent); a path other than "/" is Invalid.
Result<HostPort> parse_manager_url(std::string_view url);

struct DialTarget {
  HostPort manager;
  std::optional<HostPort> proxy;
  std::shared_ptr<const crypto::TlsClientContext> tls;
  std::chrono::seconds timeout{20};  // for each step: connect, tunnel, handshake, upgrade
  std::stop_token stop;              // gives up the step that is under way
};

/// A WebSocket of binary messages. One thread uses it; wake() may come from any.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Result<void> send(std::string_view message) = 0;
  /// The next message; absent when `deadline` passed or wake() was called. Unavailable when the stream ended.
  virtual Result<std::optional<std::string>> receive(std::chrono::steady_clock::time_point deadline) = 0;
  virtual void wake() = 0;
  /// The manager's certificate.
  [[nodiscard]] virtual std::optional<crypto::PeerCertificate> peer() const = 0;
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Unauthenticated when TLS cannot establish who the manager is; the message has OpenSSL's reason.
  virtual Result<std::unique_ptr<Connection>> dial(const DialTarget& target) = 0;
};

/// The real one: WebSocket path "/agent".
std::unique_ptr<Dialer> make_dialer();

struct PostAnswer {
  int status = 0;
  std::string body;
};
/// POST of JSON; used for enrolment.
Result<PostAnswer> post_json(const DialTarget& target, std::string_view path, std::string_view body);

}  // namespace warder::agent
