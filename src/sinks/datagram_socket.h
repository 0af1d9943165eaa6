// UDP to one receiver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "sinks/socket_address.h"

namespace warder::sinks {

/// Single-threaded.
class DatagramSocket {
 public:
  static Result<std::unique_ptr<DatagramSocket>> connect(const std::string& host, std::uint16_t port,
                                                         const MayReach& may_reach);
  /// An error also when the receiver's host said of an earlier one that nobody listens.
  Result<void> send(std::string_view message) const;

 private:
  explicit DatagramSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace warder::sinks
