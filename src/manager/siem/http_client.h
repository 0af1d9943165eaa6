// HTTP requests to a receiver that a tenant has named: sent to the address that was checked and to no other, within
// limits of time and size, and without following what the receiver says about where else to go.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sinks/socket_address.h"

namespace warder::manager {

struct HttpPeer {
  std::string url;            // of its root or of what is called; errors name only its host and port
  bool allows_plain = false;  // http as well as https
  std::string ca_pem;         // trust exactly these; empty: the system's store
  sinks::MayReach may_reach;  // asked about each address before it is connected to
};

/// AWS Signature Version 4.
struct AwsSignature {
  std::string region;
  std::string service;
  std::string access_key_id;
  std::string secret_access_key;
};

struct Post {
  std::string url;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent by POST
  std::optional<AwsSignature> signature;
};

struct PostAnswer {
  long status = 0;
  std::string body;
};

inline constexpr std::size_t kMaxHttpAnswerBytes = 1 << 20;

/// Single-threaded. Keeps its connection.
class HttpClient {
 public:
  explicit HttpClient(HttpPeer peer);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The whole answer, whatever its status. Forbidden for an address that may not be reached, Unauthenticated when TLS
  /// cannot tell who answers, Timeout, TooLarge; else Unavailable. After an answer 429 or 503 with Retry-After no
  /// request leaves before that time: TooMany. No error holds anything of a request or of an answer's body.
  Result<PostAnswer> post(const Post& request, std::chrono::milliseconds patience, const std::stop_token& stop);
  /// What a status that is no success means for the receiver as a whole: 401 is Unauthenticated, 503 Unavailable …
  [[nodiscard]] Error status_error(long status) const;
  /// "siem.example:443".
  [[nodiscard]] const std::string& name() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Invalid for what is no https address (http where `allows_plain`), or has a user, a password or a fragment.
Result<void> check_http_url(const std::string& url, bool allows_plain);
/// The same for what paths are appended to: no query either.
Result<void> check_http_root(const std::string& url, bool allows_plain);
/// "Name: value" of settings. Invalid for what is no header, and for those that the client itself writes.
Result<std::pair<std::string, std::string>> parse_http_header(std::string_view line);
/// Certificates that can be trusted, or empty.
Result<void> check_ca_pem(const std::string& pem);
/// 4xx that speaks of what was sent, not of the receiver or the sender.
bool is_refusal(long status) noexcept;

}  // namespace warder::manager
