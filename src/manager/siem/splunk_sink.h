// Splunk's HTTP Event Collector: events in Splunk's envelope to /services/collector/event.
//
// An answer with code 0 acknowledges the events of its request. With `acknowledge` that says only that Splunk has them
// in memory: they count as arrived when its indexer has acknowledged them, and are sent again when it has not in time.
#pragma once

#include "manager/siem/sink.h"

namespace warder::manager {

struct SplunkSettings {
  std::string url;
  bool allow_http = false;
  std::string ca_pem;
  std::string index;
  std::string source = "warder";
  std::string sourcetype = "warder:event";
  bool gzip = true;
  bool acknowledge = false;
  std::int64_t acknowledge_within_s = 120;
  std::int64_t max_events = 500;
  std::int64_t max_bytes = 800'000;
  std::int64_t timeout_s = 20;

  static std::span<const Field<SplunkSettings>> fields();
};

/// The secret is the collector's token.
Result<void> check_splunk(const boost::json::object& settings, std::string_view secret);
Result<std::unique_ptr<Sink>> make_splunk_sink(SinkOptions options);

}  // namespace warder::manager
