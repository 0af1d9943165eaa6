// Handing a mail to a mail server (RFC 5321), under TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "sinks/socket_address.h"

namespace warder::manager {

enum class MailSecurity : std::uint8_t {
  StartTls,  // begins plain; without TLS nothing is said
  Tls,       // from the first byte
  Loopback,  // plain, to an address of this machine and to no other
};

struct MailServer {
  std::string host;
  std::uint16_t port = 587;
  MailSecurity security = MailSecurity::StartTls;
  std::string ca_pem;  // trust exactly these; empty: the system's store
  std::string username;
  std::string password;
  sinks::MayReach may_reach;  // asked about each address before it is connected to
};

/// Returns when the server has taken the mail for all of `to`. `text` is what compose_mail made. Invalid when the
/// server will never take it, Unauthenticated for a wrong password or certificate, Forbidden for an address that may
/// not be reached, Timeout; else Unavailable. No error holds anything of the mail.
Result<void> send_mail(const MailServer& server, const std::string& from, const std::vector<std::string>& to,
                       const std::string& text, std::chrono::milliseconds patience, const std::stop_token& stop);

}  // namespace warder::manager
