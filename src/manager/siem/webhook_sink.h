// Webhooks: events by POST to an address of the receiver's, signed as Standard Webhooks say (version 1, HMAC-SHA256).
//
// Any answer 2xx acknowledges all events of its request. A batch that is refused is sent again in halves until the
// event is found that the receiver does not take.
#pragma once

#include "manager/siem/sink.h"

namespace warder::manager {

struct WebhookSettings {
  std::string url;
  bool allow_http = false;
  std::string ca_pem;
  std::string body = "batch";
  std::int64_t max_events = 100;
  std::int64_t max_bytes = 1'000'000;
  std::int64_t timeout_s = 20;
  std::vector<std::string> headers;

  static std::span<const Field<WebhookSettings>> fields();
};

/// The secret has lines: "whsec_…", twice while keys are changed, and "Name: value", headers that are secret.
Result<void> check_webhook(const boost::json::object& settings, std::string_view secret);
Result<std::unique_ptr<Sink>> make_webhook_sink(SinkOptions options);

}  // namespace warder::manager
