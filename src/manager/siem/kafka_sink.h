// Apache Kafka through librdkafka: each event a message of a topic, with the event's id in a header.
//
// The producer is idempotent and asks every in-sync replica: a message has arrived when the broker's delivery report
// says so. Order holds within a partition, and so within a key.
#pragma once

#include "manager/siem/sink.h"

namespace warder::manager {

struct KafkaSettings {
  std::vector<std::string> brokers;
  std::string topic;
  std::string key = "host";
  std::string compression = "lz4";
  bool tls = true;
  std::string ca_pem;
  std::string certificate_pem;
  std::string sasl = "none";
  std::string username;
  std::int64_t max_bytes = 900'000;
  std::int64_t timeout_s = 25;

  static std::span<const Field<KafkaSettings>> fields();
};

/// The secret: the password of SASL, and behind it, from "-----BEGIN" on, the key of the own certificate.
Result<void> check_kafka(const boost::json::object& settings, std::string_view secret);
Result<std::unique_ptr<Sink>> make_kafka_sink(SinkOptions options);

}  // namespace warder::manager
