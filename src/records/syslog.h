// Syslog messages from the network: taken out of a stream, and put into the form that log files have.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::records {

/// A message as a log file would have it, without its priority: "Nov 22 10:00:00 host sshd[7]: text", or with an RFC
/// 3339 time where the message is of RFC 5424. A message that is of neither form is left as it is. Control characters
/// become spaces. `sender` stands for the host name where there is none.
std::string syslog_line(std::string_view message, std::string_view sender);

/// Messages of one TCP or TLS connection, in both framings of RFC 6587: a count before each message, or a line feed (or
/// NUL) behind it; the first byte of each message says which. Single-threaded.
class SyslogStream {
 public:
  using Take = std::function<void(std::string_view message, bool is_cut)>;
  explicit SyslogStream(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Corrupt when a count cannot be read: the connection is of no use any more. The same bytes in other pieces give the
  /// same messages.
  Result<void> feed(std::string_view bytes, const Take& take);
  /// The connection ended: a message without its line feed is handed over, one shorter than its count is not.
  void finish(const Take& take);

 private:
  enum class State : std::uint8_t { Begin, Count, Counted, Line };
  Result<void> step(std::string_view& bytes, const Take& take);
  Result<void> read_count(char digit);
  void keep(std::string_view part);
  void hand_over(const Take& take);

  std::size_t max_bytes_;
  State state_ = State::Begin;
  std::size_t left_ = 0;  // of a counted message
  std::string message_;
  bool is_cut_ = false;
};

}  // namespace warder::records
