#include "manager/siem/kafka_sink.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstdio>

#include "base/text.h"
#include "manager/siem/stand_in.h"

namespace warder::manager {
namespace {

using testing::ids_of;
using testing::make_events;

constexpr std::int16_t kProduce = 0;  // its number in Kafka's protocol

/// A cluster of librdkafka's in this process, which listens on the loopback.
class MockCluster {
 public:
  explicit MockCluster(int brokers = 1) {
    std::array<char, 256> why{};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
    cluster_ = rd_kafka_mock_cluster_new(handle_, brokers);
    rd_kafka_mock_topic_create(cluster_, "events", 3, 1);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  [[nodiscard]] rd_kafka_mock_cluster_t* native() const { return cluster_; }
  [[nodiscard]] json::array brokers() const {
    json::array list;
    for (const std::string_view each : split(rd_kafka_mock_cluster_bootstraps(cluster_), ',')) list.emplace_back(each);
    return list;
  }
  void fail_produce(rd_kafka_resp_err_t code, std::size_t count) const {
    const std::vector<rd_kafka_resp_err_t> codes(count, code);
    rd_kafka_mock_push_request_errors_array(cluster_, kProduce, count, codes.data());
  }
  /// As another program reads it: "key headers payload" of each message.
  [[nodiscard]] std::vector<std::string> read(const std::string& topic = "events") const {
    const std::string command = "kcat -C -e -q -o beginning -t " + topic + " -f '%k %h %s\\n' -b " +
                                rd_kafka_mock_cluster_bootstraps(cluster_) + " 2>/dev/null";
    const std::unique_ptr<std::FILE, decltype(&::pclose)> out(::popen(command.c_str(), "r"), &::pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), out.get())) text.append(part.data(), size);
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n'))
      if (!line.empty()) lines.emplace_back(line);
    return lines;
  }
  [[nodiscard]] std::vector<std::string> read_ids() const {
    std::vector<std::string> ids;
    for (const std::string& line : read()) {
      const std::size_t place = line.find("event-id=");
      ids.push_back(place == std::string::npos ? line : line.substr(place + 9, 36));
    }
    return ids;
  }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

SinkOptions options_for(const MockCluster& cluster, json::object settings = {}) {
  settings["brokers"] = cluster.brokers();
  settings["topic"] = "events";
  settings["tls"] = false;
  if (!settings.contains("timeout_s")) settings["timeout_s"] = 10;
  SinkOptions options;
  options.settings = std::move(settings);
  return options;
}

std::unique_ptr<Sink> make(const MockCluster& cluster, json::object settings = {}) {
  return make_kafka_sink(options_for(cluster, std::move(settings))).value();
}

/// Asks until nothing is open, or for the error.
Result<void> settle(Sink& sink) {
  for (;;) {
    if (WD_TRY(sink.unsettled()) == 0) return {};
  }
}

std::vector<formats::OutgoingEvent> events_of_one_host(std::size_t count) {
  auto events = make_events(count);
  for (auto& each : events) each.agent = parse_id<AgentId>("0192f0c1-0000-7000-8000-0000000000aa").value();
  return events;
}

TEST(KafkaSink, AnotherClientReadsWhatWasSentInOrder) {
  const MockCluster cluster(3);
  const auto events = events_of_one_host(300);
  for (const char* compression : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const auto sink = make(cluster, {{"compression", compression}});
    EXPECT_EQ(sink->send(std::span(events).first(60), {}).taken, 60U);
    ASSERT_TRUE(settle(*sink));
  }
  const auto lines = cluster.read();
  ASSERT_EQ(lines.size(), 300U);
  const std::string begin = "0192f0c1-0000-7000-8000-0000000000aa event-id=" + events[0].event.id.text() +
                            ",content-type=application/json {\"id\":\"" + events[0].event.id.text() + "\"";
  EXPECT_TRUE(lines[0].starts_with(begin)) << lines[0];
  auto wanted = ids_of(events);
  wanted.resize(60);
  auto ids = cluster.read_ids();
  ids.resize(60);
  EXPECT_EQ(ids, wanted);
}

TEST(KafkaSink, WhatABrokerHasNotAcknowledgedIsOpen) {
  const MockCluster cluster;
  const auto sink = make(cluster, {{"timeout_s", 3}});
  const auto events = events_of_one_host(2);
  EXPECT_EQ(sink->send(events, {}).taken, 2U);
  ASSERT_TRUE(settle(*sink));
  rd_kafka_mock_broker_set_down(cluster.native(), 1);
  EXPECT_EQ(sink->send(events, {}).taken, 2U);
  const auto settled = settle(*sink);
  ASSERT_FALSE(settled);
  EXPECT_EQ(sink->unsettled().value(), 0U);  // said once
  rd_kafka_mock_broker_set_up(cluster.native(), 1);
  EXPECT_EQ(sink->send(events, {}).taken, 2U);
  ASSERT_TRUE(settle(*sink));
  EXPECT_EQ(cluster.read_ids().size(), 4U);
}

TEST(KafkaSink, WhatABrokerRefusesForAMomentIsSentAgainByItself) {
  const MockCluster cluster;
  cluster.fail_produce(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3);
  const auto sink = make(cluster);
  const auto events = events_of_one_host(20);
  EXPECT_EQ(sink->send(events, {}).taken, 20U);
  ASSERT_TRUE(settle(*sink));
  EXPECT_EQ(cluster.read_ids(), ids_of(events));
}

TEST(KafkaSink, OnlyWhatIsRefusedByItselfIsRefused) {
  const MockCluster cluster;
  const auto sink = make(cluster);
  const auto events = events_of_one_host(3);
  cluster.fail_produce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
  EXPECT_EQ(sink->send(events, {}).taken, 3U);
  ASSERT_FALSE(settle(*sink));  // all of the batch: one of them may be the reason
  cluster.fail_produce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
  const SinkReport report = sink->send(events, {});
  EXPECT_EQ(report.taken, 3U);
  ASSERT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(report.refused[0].index, 0U);
  ASSERT_TRUE(settle(*sink));
  EXPECT_EQ(cluster.read_ids(), (std::vector{events[1].event.id.text(), events[2].event.id.text()}));
}

TEST(KafkaSink, AnAddressThatTheTenantMayNotReachIsNotTouched) {
  const MockCluster cluster;
  auto options = options_for(cluster);
  options.may_reach = [](const IpAddress&) { return false; };
  const auto sink = make_kafka_sink(std::move(options)).value();
  const auto events = events_of_one_host(1);
  EXPECT_EQ(sink->send(events, {}).taken, 1U);
  EXPECT_EQ(settle(*sink).error().code, ErrorCode::Forbidden);
  EXPECT_TRUE(cluster.read().empty());
}

TEST(KafkaSink, NobodyListens) {
  json::array brokers;
  {
    const MockCluster gone;
    brokers = gone.brokers();
  }
  SinkOptions options;
  options.settings = {{"brokers", brokers}, {"topic", "events"}, {"tls", false}, {"timeout_s", 5}};
  const auto sink = make_kafka_sink(std::move(options)).value();
  EXPECT_EQ(sink->send(events_of_one_host(1), {}).taken, 1U);
  EXPECT_FALSE(settle(*sink));
}

TEST(KafkaSink, WithoutTlsAtTheOtherEndNothingIsSent) {
  const MockCluster cluster;
  auto options = options_for(cluster, {{"sasl", "plain"}, {"username", "warder"}, {"timeout_s", 5}});
  options.settings["tls"] = true;
  options.secret = "b7d2c9e14f";
  const auto sink = make_kafka_sink(std::move(options)).value();
  EXPECT_EQ(sink->send(events_of_one_host(1), {}).taken, 1U);
  const auto settled = settle(*sink);
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().message.find("b7d2c9e14f"), std::string::npos);
  EXPECT_TRUE(cluster.read().empty());
}

TEST(KafkaSink, SettingsThatCannotBeUsedAreRefused) {
  const auto identity = testing::make_identity();
  const auto error_of = [](json::object settings, std::string_view secret = "") {
    if (!settings.contains("brokers")) settings["brokers"] = json::array{"kafka.example:9093"};
    if (!settings.contains("topic")) settings["topic"] = "events";
    const auto checked = check_kafka(settings, secret);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(error_of({}), "");
  EXPECT_EQ(error_of({{"sasl", "scram-sha-512"}, {"username", "warder"}}, "secret"), "");
  EXPECT_EQ(
      error_of({{"ca_pem", identity.ca_pem}, {"certificate_pem", identity.certificate_pem}}, identity.private_pem), "");
  for (const char* broker : {"kafka.example", "ssl://kafka.example:9093", "a:1,b:2", "a:0x"})
    EXPECT_TRUE(error_of({{"brokers", json::array{broker}}}).starts_with("/settings/brokers")) << broker;
  EXPECT_TRUE(error_of({{"brokers", json::array{}}}).starts_with("/settings/brokers"));
  EXPECT_TRUE(error_of({{"topic", "a b"}}).starts_with("/settings/topic"));
  EXPECT_TRUE(error_of({{"sasl", "plain"}, {"username", "a"}, {"tls", false}}, "x").starts_with("/settings/sasl"));
  EXPECT_TRUE(error_of({{"sasl", "plain"}}, "x").starts_with("/settings/username"));
  EXPECT_TRUE(error_of({{"sasl", "plain"}, {"username", "a"}}).starts_with("/secret"));
  EXPECT_TRUE(error_of({{"ca_pem", "none"}}).starts_with("/settings/ca_pem"));
  EXPECT_TRUE(error_of({{"certificate_pem", identity.certificate_pem}}).starts_with("/secret"));
  const std::string damaged = "-----BEGIN s3cr3t";
  const std::string error = error_of({{"certificate_pem", identity.certificate_pem}}, damaged);
  EXPECT_TRUE(error.starts_with("/settings"));
  EXPECT_EQ(error.find("s3cr3t"), std::string::npos);
}

}  // namespace
}  // namespace warder::manager
