// Syslog: RFC 5424 or RFC 3164 over TLS (RFC 5425), TCP (RFC 6587) or UDP (RFC 5426).
//
// A syslog receiver acknowledges nothing. A message over TCP or TLS counts as arrived when the receiver's kernel has it
// and the connection has held for `settle_ms` since; until then it is sent again when the connection breaks. Over UDP
// what is sent is gone.
#pragma once

#include "sinks/sink.h"

namespace warder::sinks {

struct SyslogSettings {
  std::string host;
  std::int64_t port = 6514;
  std::string transport = "tls";
  std::string form = "rfc5424";
  std::string framing = "counted";
  std::int64_t facility = 16;
  std::string program = "warder";
  std::string ca_pem;
  std::string server_name;
  std::string certificate_pem;
  std::int64_t max_bytes = 8192;
  std::int64_t settle_ms = 2000;

  friend bool operator==(const SyslogSettings&, const SyslogSettings&) = default;
  static std::span<const Field<SyslogSettings>> fields();
};

Result<void> check_syslog(const boost::json::object& settings, std::string_view secret);
Result<std::unique_ptr<Sink>> make_syslog_sink(SinkOptions options);

}  // namespace warder::sinks
