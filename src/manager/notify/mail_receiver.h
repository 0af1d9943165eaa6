// For tests: a mail server (tests/notify/mail_receiver.py) as a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager::testing {

/// Ends with this.
class MailReceiver {
 public:
  /// `options` as mail_receiver.py has them, but with the certificate and its key themselves instead of files.
  explicit MailReceiver(json::object options = {});
  ~MailReceiver();
  MailReceiver(const MailReceiver&) = delete;
  MailReceiver& operator=(const MailReceiver&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void mode(const std::string& mode) const;
  /// Taken so far, repetitions included.
  [[nodiscard]] std::vector<json::value> mails() const;

 private:
  TemporaryDirectory folder_;
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace warder::manager::testing
