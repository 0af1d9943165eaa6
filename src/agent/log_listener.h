// A syslog listener as a source: UDP, TCP with both framings, and TLS.
#pragma once

#include <memory>
#include <string>

#include "agent/log_source.h"
#include "base/address.h"

namespace warder::agent {

enum class ListenKind : std::uint8_t { Udp, Tcp, Tls };

struct ListenOptions {
  std::string text;  // as the policy writes it
  ListenKind kind = ListenKind::Udp;
  HostPort address;
  std::size_t max_message_bytes = 64 << 10;
  std::size_t max_connections = 200;
  std::chrono::seconds idle{600};  // a connection on which nothing came for so long is closed
  std::string certificate_pem;     // of TLS
  std::string private_key_pem;
  std::string client_ca_pem;  // with it, only senders with a certificate of this authority may connect
};

/// "udp 127.0.0.1:514", "tcp [::1]:601", "tls 0.0.0.0:6514".
Result<ListenOptions> parse_listen(std::string_view text);

/// Listens from now on; Unavailable or Forbidden when it cannot. What comes while it is not polled waits with the
/// kernel: UDP messages beyond its buffer are lost and counted, TCP senders wait.
Result<std::unique_ptr<LogSource>> make_log_listener(ListenOptions options);

}  // namespace warder::agent
