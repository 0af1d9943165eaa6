#include "manager/siem/splunk_sink.h"

#include <algorithm>
#include <deque>

#include "base/ids.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "manager/siem/batches.h"
#include "manager/siem/compression.h"
#include "manager/siem/http_client.h"
#include "manager/siem/splunk_answer.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

using About = SplunkMeaning::About;

ErrorCode code_of(About about) {
  switch (about) {
    case About::Token:
      return ErrorCode::Unauthenticated;
    case About::Later:
      return ErrorCode::Unavailable;
    case About::Settings:
    case About::Event:
      return ErrorCode::Invalid;
  }
  return ErrorCode::Invalid;
}

std::string seconds_text(Timestamp time) {
  constexpr std::int64_t kMicros = 1'000'000;
  const std::string fraction = std::to_string(to_micros(time) % kMicros);
  return std::to_string(to_micros(time) / kMicros) + "." + std::string(6 - fraction.size(), '0') + fraction;
}

class SplunkSink final : public Sink {
 public:
  SplunkSink(SinkOptions options, SplunkSettings settings)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        channel_(UuidGenerator{fill_random}
                     .next(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()))
                     .text()),
        batches_(static_cast<std::size_t>(settings_.max_events)),
        client_({settings_.url, settings_.allow_http, settings_.ca_pem, options_.may_reach}) {
    while (root_.ends_with('/')) root_.pop_back();
  }

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    return batches_.send(events, stop, [&](std::span<const formats::OutgoingEvent> batch, milliseconds patience) {
      BatchOutcome outcome = post(batch, std::min(patience, milliseconds(seconds(settings_.timeout_s))), stop);
      // What is refused between others that wait has its place among them.
      const bool is_refused = !outcome.error && !outcome.refusal.empty() && outcome.count == 1;
      if (is_refused && !pending_.empty()) pending_.push_back({1, kNoAck, steady_clock::now(), true});
      return outcome;
    });
  }

  Result<std::size_t> unsettled() override {
    if (pending_.empty()) return 0;
    const auto polled = poll();
    while (!pending_.empty() && pending_.front().is_acknowledged) pending_.pop_front();
    if (pending_.empty()) return 0;
    if (steady_clock::now() - pending_.front().sent >= seconds(settings_.acknowledge_within_s)) {
      pending_.clear();
      if (!polled) return fail(polled.error());
      return fail(ErrorCode::Timeout, client_.name() + ": the indexer has acknowledged nothing for " +
                                          std::to_string(settings_.acknowledge_within_s) + " s");
    }
    std::size_t count = 0;
    for (const Pending& each : pending_) count += each.count;
    return count;
  }

 private:
  static constexpr std::int64_t kNoAck = -1;
  struct Pending {
    std::size_t count;
    std::int64_t id;
    steady_clock::time_point sent;
    bool is_acknowledged = false;
  };

  [[nodiscard]] Post request_to(const std::string& path, std::string body) const {
    Post request;
    request.url = root_ + path;
    request.content_type = "application/json";
    request.headers = {{"Authorization", "Splunk " + options_.secret}};
    if (settings_.acknowledge) request.headers.emplace_back("X-Splunk-Request-Channel", channel_);
    request.body = std::move(body);
    return request;
  }

  BatchOutcome post(std::span<const formats::OutgoingEvent> batch, milliseconds patience, const std::stop_token& stop) {
    BatchOutcome outcome;
    std::string body;
    for (const formats::OutgoingEvent& each : batch) {
      auto envelope = envelope_of(each);
      if (envelope && outcome.count > 0 && body.size() + envelope->size() > max_bytes()) break;
      if (!envelope && outcome.count > 0) break;
      ++outcome.count;
      if (!envelope) {
        outcome.refusal = envelope.error().message;
        return outcome;
      }
      body += *envelope;
    }
    Post request = request_to("/services/collector/event", settings_.gzip ? gzip(body) : body);
    if (settings_.gzip) request.headers.emplace_back("Content-Encoding", "gzip");
    const auto answer = client_.post(request, patience, stop);
    if (!answer) {
      outcome.error = answer.error();
    } else if (answer->status == 200) {
      outcome.error = note(outcome.count, answer->body);
    } else {
      judge(*answer, outcome);
    }
    return outcome;
  }

  void judge(const PostAnswer& answer, BatchOutcome& outcome) const {
    const auto meaning = parse_splunk_error(answer.body);
    if (!meaning) {
      if (answer.status == 413) {
        outcome.refusal = "HTTP 413";
      } else {
        outcome.error = client_.status_error(answer.status);
      }
      return;
    }
    const std::string text = "code " + std::to_string(meaning->code) + ": " + std::string(meaning->text);
    if (meaning->about == About::Event) {
      outcome.refusal = text;
    } else {
      outcome.error = Error{code_of(meaning->about), client_.name() + ": " + text};
    }
  }

  /// Of an answer 200.
  std::optional<Error> note(std::size_t count, const std::string& body) {
    const auto taken = parse_splunk_taken(body, settings_.acknowledge != 0);
    if (!taken) return Error{taken.error().code, client_.name() + ": " + taken.error().message};
    if (!*taken) return std::nullopt;
    pending_.push_back({count, **taken, steady_clock::now()});
    return std::nullopt;
  }

  Result<void> poll() {
    constexpr milliseconds kPatience{5'000};
    constexpr std::size_t kMost = 200;
    std::vector<std::int64_t> ids;
    for (const Pending& each : pending_)
      if (!each.is_acknowledged && ids.size() < kMost) ids.push_back(each.id);
    const Post request = request_to("/services/collector/ack?channel=" + channel_,
                                    json::serialize(json::object{{"acks", json::array(ids.begin(), ids.end())}}));
    const auto answer = WD_TRY(client_.post(request, kPatience, {}));
    if (answer.status != 200) return fail(client_.status_error(answer.status));
    const auto acknowledged = parse_splunk_acks(answer.body, ids);
    if (!acknowledged) return fail(acknowledged.error().code, client_.name() + ": " + acknowledged.error().message);
    for (Pending& each : pending_) each.is_acknowledged = each.is_acknowledged || acknowledged->contains(each.id);
    return {};
  }

  [[nodiscard]] std::size_t max_bytes() const { return static_cast<std::size_t>(settings_.max_bytes); }

  [[nodiscard]] Result<std::string> envelope_of(const formats::OutgoingEvent& event) const {
    json::object fields{{"event_id", event.event.id.text()},
                        {"tenant", event.tenant_name},
                        {"module", name(event.event.module)},
                        {"type", event.event.type},
                        {"severity", name(event.event.severity)}};
    json::object head{{"host", event.host.empty() ? json::value("warder") : json::value(clean(event.host))},
                      {"source", settings_.source},
                      {"sourcetype", settings_.sourcetype},
                      {"fields", std::move(fields)}};
    if (!settings_.index.empty()) head["index"] = settings_.index;
    std::string text = json::serialize(head);
    text.pop_back();
    text += ",\"time\":" + seconds_text(event.event.time) + ",\"event\":";
    const std::size_t room = max_bytes() - std::min(max_bytes(), text.size() + 1);
    const std::string payload = WD_TRY(formats::render_within(options_.format, event, options_.render, room));
    text += payload.starts_with('{') ? payload : json::serialize(json::string(payload));
    return text + "}";
  }
  static std::string clean(const std::string& text) { return is_utf8(text) ? text : escape_non_utf8(text); }

  const SinkOptions options_;
  const SplunkSettings settings_;
  const std::string channel_;
  std::string root_ = settings_.url;
  Batches batches_;
  HttpClient client_;
  std::deque<Pending> pending_;
};

}  // namespace

std::span<const Field<SplunkSettings>> SplunkSettings::fields() {
  using S = SplunkSettings;
  using enum PersonalData;
  static const std::array kFields{
      Field<S>{"url", &S::url, 1, 2048, None, "Root of the collector: https://splunk.example:8088"},
      Field<S>{"allow_http", &S::allow_http, 0, 1, None, "Also without TLS, where anyone between can read the token"},
      Field<S>{"ca_pem", &S::ca_pem, 0, 65'536, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"index", &S::index, 0, 80, None, "Index to write to; empty: the token's default"},
      Field<S>{"source", &S::source, 1, 100, None, "Splunk's source"},
      Field<S>{"sourcetype", &S::sourcetype, 1, 100, None, "Splunk's source type"},
      Field<S>{"gzip", &S::gzip, 0, 1, None, "Compress requests"},
      Field<S>{"acknowledge", &S::acknowledge, 0, 1, None, "Wait for the indexer's acknowledgement"},
      Field<S>{"acknowledge_within_s", &S::acknowledge_within_s, 1, 3600, None,
               "What is not acknowledged within this time is sent again"},
      Field<S>{"max_events", &S::max_events, 1, 500, None, "Most events in a request"},
      Field<S>{"max_bytes", &S::max_bytes, 2000, 10'000'000, None, "Largest request before compression"},
      Field<S>{"timeout_s", &S::timeout_s, 1, 25, None, "How long the receiver may take for an answer"},
  };
  return kFields;
}

Result<void> check_splunk(const boost::json::object& settings, std::string_view secret) {
  const auto read = WD_TRY(read_sink_settings<SplunkSettings>(settings));
  WD_TRY(check_http_root(read.url, read.allow_http).in("/settings/url"));
  WD_TRY(check_ca_pem(read.ca_pem).in("/settings/ca_pem"));
  const auto is_token = [](char c) { return c > ' ' && c < '\x7f'; };
  if (secret.empty() || !std::ranges::all_of(secret, is_token))
    return fail(ErrorCode::Invalid, "/secret: is not the token of a collector");
  return {};
}

Result<std::unique_ptr<Sink>> make_splunk_sink(SinkOptions options) {
  WD_TRY(check_splunk(options.settings, options.secret));
  auto settings = WD_TRY(read_sink_settings<SplunkSettings>(options.settings));
  return std::unique_ptr<Sink>(std::make_unique<SplunkSink>(std::move(options), std::move(settings)));
}

}  // namespace warder::manager
