#include "manager/siem/kafka_sink.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/address.h"
#include "base/text.h"
#include "manager/siem/http_client.h"
#include "manager/siem/kafka_producer.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::string_view kBeginsKey = "-----BEGIN";

std::string password_in(std::string_view secret) {
  return std::string(trim(secret.substr(0, secret.find(kBeginsKey))));
}
std::string key_in(std::string_view secret) {
  const std::size_t begin = secret.find(kBeginsKey);
  return begin == std::string_view::npos ? "" : std::string(secret.substr(begin));
}

std::string mechanism_of(const std::string& sasl) {
  if (sasl == "plain") return "PLAIN";
  return sasl == "scram-sha-256" ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
}

KafkaProducer::Properties properties_of(const KafkaSettings& settings, std::string_view secret) {
  std::string brokers;
  for (const std::string& each : settings.brokers) brokers += (brokers.empty() ? "" : ",") + each;
  const bool has_sasl = settings.sasl != "none";
  KafkaProducer::Properties list{
      {"bootstrap.servers", brokers},
      {"client.id", "warder"},
      {"security.protocol", std::string(has_sasl ? "sasl_" : "") + (settings.tls ? "ssl" : "plaintext")},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"partitioner", "murmur2_random"},  // as Kafka's own clients
      {"compression.type", settings.compression},
      {"message.max.bytes", std::to_string(settings.max_bytes + 10'000)},
      {"message.timeout.ms", std::to_string(settings.timeout_s * 1000)},
      {"reconnect.backoff.max.ms", "2000"},
      {"queue.buffering.max.kbytes", "65536"},
      {"topic.metadata.propagation.max.ms", "5000"},
  };
  if (settings.tls && !settings.ca_pem.empty()) list.emplace_back("ssl.ca.pem", settings.ca_pem);
  if (!settings.certificate_pem.empty()) {
    list.emplace_back("ssl.certificate.pem", settings.certificate_pem);
    list.emplace_back("ssl.key.pem", key_in(secret));
  }
  if (has_sasl) {
    list.emplace_back("sasl.mechanism", mechanism_of(settings.sasl));
    list.emplace_back("sasl.username", settings.username);
    list.emplace_back("sasl.password", password_in(secret));
  }
  return list;
}

Result<KafkaSettings> read(const boost::json::object& settings, std::string_view secret) {
  auto read = WD_TRY(read_sink_settings<KafkaSettings>(settings));
  const auto wrong = [](std::string_view place, std::string_view why) {
    return fail(ErrorCode::Invalid, std::string(place) + ": " + std::string(why));
  };
  if (read.brokers.empty()) return wrong("/settings/brokers", "is empty");
  for (std::size_t i = 0; i < read.brokers.size(); ++i) {
    const std::string& broker = read.brokers[i];
    const bool is_plain = broker.find_first_of("/, ") == std::string::npos;
    if (!is_plain || !parse_host_port(broker))
      return wrong("/settings/brokers/" + std::to_string(i), "is no host:port");
  }
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (read.topic.empty() || !std::ranges::all_of(read.topic, is_allowed))
    return wrong("/settings/topic", "letters, digits, '.', '_' and '-'");
  const bool has_sasl = read.sasl != "none";
  if (read.sasl == "plain" && !read.tls) return wrong("/settings/sasl", "plain sends the password: TLS only");
  if (has_sasl && read.username.empty()) return wrong("/settings/username", "is missing");
  if (has_sasl && password_in(secret).empty()) return wrong("/secret", "the password is missing");
  if (!read.certificate_pem.empty() && !read.tls) return wrong("/settings/certificate_pem", "is for TLS only");
  if (!read.certificate_pem.empty() && key_in(secret).empty())
    return wrong("/secret", "the certificate's key is missing");
  WD_TRY(check_ca_pem(read.ca_pem).in("/settings/ca_pem"));
  return read;
}

class KafkaSink final : public Sink {
 public:
  KafkaSink(SinkOptions options, KafkaSettings settings)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        media_type_(formats::media_type(options_.format)) {}

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    SinkReport report;
    const auto end = steady_clock::now() + seconds(settings_.timeout_s);
    if (auto opened = open(); !opened) {
      report.error = opened.error();
      return report;
    }
    for (const formats::OutgoingEvent& event : events) {
      const auto refusal = send_one(event, end, stop);
      if (!refusal) {
        report.error = refusal.error();
        break;
      }
      if (!refusal->empty()) {
        report.refused.push_back({report.taken, *refusal});
        producer_->skip();
      }
      ++report.taken;
    }
    ids_.resize(producer_->fates().size());
    return report;
  }

  Result<std::size_t> unsettled() override {
    if (!producer_) return 0;
    producer_->poll(milliseconds(0));
    settle();
    if (!producer_->failure() || producer_->fates().empty()) return producer_->fates().size();
    const Error error = *producer_->failure();
    drop();
    return fail(error);
  }

 private:
  Result<void> open() {
    if (producer_) {
      producer_->poll(milliseconds(0));
      if (!producer_->failure() || !producer_->fates().empty()) return {};
      drop();
    }
    producer_ = WD_TRY(KafkaProducer::create(properties_of(settings_, options_.secret), options_.may_reach));
    return {};
  }

  /// Why the event is refused; empty: it is on its way.
  Result<std::string> send_one(const formats::OutgoingEvent& event, steady_clock::time_point end,
                               const std::stop_token& stop) {
    const auto max_bytes = static_cast<std::size_t>(settings_.max_bytes);
    const auto payload = formats::render_within(options_.format, event, options_.render, max_bytes);
    if (!payload) return payload.error().message;
    const std::string id = event.event.id.text();
    const auto suspect = suspects_.find(id);
    // What was refused together with others goes alone, to see whether it was this one.
    if (suspect != suspects_.end()) WD_TRY(wait_for_all(end, stop));
    const std::string key = settings_.key == "tenant" || !event.agent ? event.tenant.text() : event.agent->text();
    for (;;) {
      const auto produced = producer_->produce({settings_.topic, key, id, media_type_, *payload});
      if (produced) break;
      if (produced.error().code == ErrorCode::TooLarge) return produced.error().message;
      if (produced.error().code != ErrorCode::TooMany) return fail(produced.error());
      WD_TRY(wait(end, stop));
    }
    ids_.resize(producer_->fates().size());
    ids_.back() = id;
    if (suspect == suspects_.end()) return "";
    const auto arrived = wait_for_all(end, stop);
    const KafkaFate fate = producer_->fates().empty() ? KafkaFate::Delivered : producer_->fates().back();
    if (fate != KafkaFate::TooLarge && fate != KafkaFate::Invalid) {
      if (!arrived) return fail(arrived.error());
      suspects_.erase(suspect);
      return "";
    }
    drop();
    suspects_.erase(id);
    WD_TRY(open());
    return fate == KafkaFate::TooLarge ? "the broker says: too large" : "the broker says: invalid";
  }

  Result<void> wait(steady_clock::time_point end, const std::stop_token& stop) {
    constexpr milliseconds kStep{50};
    if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "stopped");
    if (steady_clock::now() >= end) return fail(ErrorCode::Timeout, "the brokers take nothing");
    producer_->poll(kStep);
    if (producer_->failure()) return fail(*producer_->failure());
    return {};
  }
  Result<void> wait_for_all(steady_clock::time_point end, const std::stop_token& stop) {
    while (std::ranges::find(producer_->fates(), KafkaFate::Waiting) != producer_->fates().end())
      WD_TRY(wait(end, stop));
    return {};
  }

  void settle() {
    const auto& fates = producer_->fates();
    ids_.resize(fates.size());
    const auto first = std::ranges::find_if(fates, [](KafkaFate fate) { return fate != KafkaFate::Delivered; });
    const auto count = first - fates.begin();
    producer_->forget(static_cast<std::size_t>(count));
    ids_.erase(ids_.begin(), ids_.begin() + count);
  }

  void drop() {
    constexpr std::size_t kMostSuspects = 20'000;
    for (std::size_t i = 0; i < ids_.size() && i < producer_->fates().size(); ++i) {
      const KafkaFate fate = producer_->fates()[i];
      const bool is_refused = fate == KafkaFate::TooLarge || fate == KafkaFate::Invalid;
      if (is_refused && suspects_.size() < kMostSuspects) suspects_.insert(ids_[i]);
    }
    ids_.clear();
    producer_.reset();
  }

  const SinkOptions options_;
  const KafkaSettings settings_;
  const std::string_view media_type_;
  std::unique_ptr<KafkaProducer> producer_;
  std::deque<std::string> ids_;     // of the events behind producer_->fates()
  std::set<std::string> suspects_;  // ids
};

}  // namespace

std::span<const Field<KafkaSettings>> KafkaSettings::fields() {
  using S = KafkaSettings;
  using enum PersonalData;
  constexpr std::int64_t kPem = 65'536;
  static const std::array kFields{
      Field<S>{"brokers", &S::brokers, 1, 20, None, "Brokers to begin with, \"host:port\"; they name the others"},
      Field<S>{"topic", &S::topic, 1, 249, None, "Topic to write to; it must be there"},
      Field<S>{"key", &S::key, 4, 6, None, "What keeps its order: the events of a host, or of the tenant",
               "host|tenant"},
      Field<S>{"compression", &S::compression, 3, 6, None, "How messages are compressed", "none|gzip|snappy|lz4|zstd"},
      Field<S>{"tls", &S::tls, 0, 1, None, "Speak TLS; without it anyone between can read and change"},
      Field<S>{"ca_pem", &S::ca_pem, 0, kPem, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"certificate_pem", &S::certificate_pem, 0, kPem, None,
               "Own certificate; its private key is in the secret"},
      Field<S>{"sasl", &S::sasl, 4, 13, None, "How to log in", "none|plain|scram-sha-256|scram-sha-512"},
      Field<S>{"username", &S::username, 0, 200, Identifier, "Who logs in; the password is the secret"},
      Field<S>{"max_bytes", &S::max_bytes, 1000, 10'000'000, None, "Largest message; longer values are cut to fit"},
      Field<S>{"timeout_s", &S::timeout_s, 1, 25, None, "How long brokers may take to acknowledge a message"},
  };
  return kFields;
}

Result<void> check_kafka(const boost::json::object& settings, std::string_view secret) {
  const auto checked = WD_TRY(read(settings, secret));
  auto properties = properties_of(checked, secret);
  std::erase_if(properties, [](const auto& each) { return each.first == "bootstrap.servers"; });  // connects to nobody
  WD_TRY(KafkaProducer::create(properties, {}).in("/settings"));
  return {};
}

Result<std::unique_ptr<Sink>> make_kafka_sink(SinkOptions options) {
  auto settings = WD_TRY(read(options.settings, options.secret));
  return std::unique_ptr<Sink>(std::make_unique<KafkaSink>(std::move(options), std::move(settings)));
}

}  // namespace warder::manager
