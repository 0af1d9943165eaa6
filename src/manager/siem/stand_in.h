// For tests: a receiver of events over HTTP (tests/siem/http_receivers.py) as a process, and events for it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "crypto/pki.h"
#include "manager/siem/sink.h"

namespace warder::manager::testing {

/// A certificate for 127.0.0.1 and who issued it.
struct ServerIdentity {
  std::string ca_pem;
  std::string certificate_pem;
  std::string private_pem;
};
ServerIdentity make_identity();

/// Ends with this.
class HttpReceiver {
 public:
  /// `options` as http_receivers.py has them; with an identity it speaks TLS.
  explicit HttpReceiver(const std::string& kind, json::object options = {}, const ServerIdentity* identity = nullptr);
  ~HttpReceiver();
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  /// "http://127.0.0.1:PORT", or https.
  [[nodiscard]] std::string url() const;
  void mode(const std::string& mode) const { control("mode/" + mode); }
  json::value control(const std::string& command) const;
  /// Ids of the events taken, repetitions included.
  [[nodiscard]] std::vector<std::string> taken_ids() const;
  /// What was wrong with the last request; empty: nothing.
  [[nodiscard]] std::string last_problem() const;
  [[nodiscard]] std::size_t requests() const { return control("requests").as_array().size(); }

 private:
  std::filesystem::path folder_;
  pid_t process_ = -1;
  int port_ = 0;
  bool has_tls_ = false;
  std::string ca_pem_;
};

std::vector<formats::OutgoingEvent> make_events(std::size_t count);
std::vector<std::string> ids_of(const std::vector<formats::OutgoingEvent>& events);

}  // namespace warder::manager::testing
