// Where a browser on this computer hands over what it got for the command line (RFC 8252 §7.3): one request to
// loopback.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace warder::cli {

class TicketListener {
 public:
  /// On any free port of 127.0.0.1.
  static Result<TicketListener> open();
  TicketListener(TicketListener&& other) noexcept;
  TicketListener& operator=(TicketListener&& other) noexcept;
  TicketListener(const TicketListener&) = delete;
  TicketListener& operator=(const TicketListener&) = delete;
  ~TicketListener();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// The ticket of the first request "GET /?ticket=…"; others are answered with 404. Timeout when there is none by
  /// then.
  Result<std::string> wait(std::chrono::seconds limit);

 private:
  TicketListener(int socket, std::uint16_t port) : socket_(socket), port_(port) {}
  int socket_;
  std::uint16_t port_;
};

}  // namespace warder::cli
