#include <algorithm>
#include <array>

#include "manager/siem/kafka_sink.h"
#include "manager/siem/opensearch_sink.h"
#include "manager/siem/sink.h"
#include "manager/siem/sns_sink.h"
#include "manager/siem/splunk_sink.h"
#include "manager/siem/webhook_sink.h"
#include "sinks/syslog_sink.h"

namespace warder::manager {
namespace {

constexpr std::array kKinds{
    SinkKind{"syslog", "syslog over TLS, TCP or UDP", &sinks::check_syslog, &sinks::make_syslog_sink},
    SinkKind{"webhook", "HTTP POST with Standard Webhooks signatures", &check_webhook, &make_webhook_sink},
    SinkKind{"splunk", "Splunk's HTTP Event Collector", &check_splunk, &make_splunk_sink},
    SinkKind{"opensearch", "OpenSearch by its bulk interface", &check_opensearch, &make_opensearch_sink},
    SinkKind{"sns", "Amazon SNS", &check_sns, &make_sns_sink},
    SinkKind{"kafka", "Apache Kafka", &check_kafka, &make_kafka_sink},
};

}  // namespace

std::span<const SinkKind> sink_kinds() noexcept {
  return kKinds;
}

const SinkKind* find_sink_kind(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kKinds, name, &SinkKind::name);
  return found == kKinds.end() ? nullptr : found;
}

}  // namespace warder::manager
