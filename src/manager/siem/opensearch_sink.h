// OpenSearch and what speaks like it: events as documents by its bulk interface.
//
// A document's id is that of its event and it is only ever created, so a repetition changes nothing: "there is one
// already" acknowledges it as well.
#pragma once

#include "manager/siem/sink.h"

namespace warder::manager {

struct OpenSearchSettings {
  std::string url;
  bool allow_http = false;
  std::string ca_pem;
  std::string index = "warder-%Y.%m.%d";
  std::int64_t max_events = 500;
  std::int64_t max_bytes = 5'000'000;
  std::int64_t timeout_s = 25;

  static std::span<const Field<OpenSearchSettings>> fields();
};

/// The secret: "user:password", "ApiKey …" or "Bearer …"; empty: none.
Result<void> check_opensearch(const boost::json::object& settings, std::string_view secret);
Result<std::unique_ptr<Sink>> make_opensearch_sink(SinkOptions options);

}  // namespace warder::manager
