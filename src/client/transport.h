// How requests reach a manager: HTTPS in the program, memory in tests.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace warder::client {

struct Request {
  std::string method = "GET";
  std::string target;  // path and query, encoded: "/api/v1/events?limit=10"
  std::string body;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Answer {
  int status = 0;
  std::string body;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// The answer, whatever its status. Fails when there is none: no connection, no trust, no time.
  virtual Result<Answer> perform(const Request& request) = 0;
  /// Hands over a successful answer's body as it arrives until it ends or `on_data` returns false; any other answer is
  /// returned whole, as by perform.
  virtual Result<Answer> stream(const Request& request, const std::function<bool(std::string_view)>& on_data) = 0;
};

struct HttpsOptions {
  std::string base_url;           // "https://manager.example:8443"
  std::filesystem::path ca_file;  // the only authority trusted; empty: the system's
  std::string token;              // bearer token, or empty
  std::string language = "en";
  std::string tenant{};  // in which an operator acts, under a grant; empty: the own one
  std::chrono::seconds timeout{30};
  std::filesystem::path certificate_file{};  // a client certificate in PEM, shown when asked for; empty: none
  std::filesystem::path key_file{};          // and its key
  bool shows_ticket = false;                 // of Kerberos, as the user's cache has them, for each request
};

/// TLS 1.2 or later with verification always on; no redirects; answers of at most 64 MiB. Invalid when the URL is not
/// https.
Result<std::unique_ptr<Transport>> make_https_transport(HttpsOptions options);

}  // namespace warder::client
