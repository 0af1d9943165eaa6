#include "manager/siem/webhook_sink.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"
#include "manager/siem/batches.h"
#include "manager/siem/http_client.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kKeyPrefix = "whsec_";
using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct WebhookSecret {
  std::vector<Bytes> keys;
  HeaderList headers;
};

Result<WebhookSecret> parse_secret(std::string_view text) {
  constexpr std::size_t kLeastKeyBytes = 24;
  constexpr std::size_t kMostKeyBytes = 64;
  WebhookSecret secret;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.empty()) continue;
    if (!line.starts_with(kKeyPrefix)) {
      auto header = parse_http_header(line);
      if (!header) return fail(ErrorCode::Invalid, "/secret: each line is whsec_… or a header");  // says nothing of it
      secret.headers.push_back(std::move(*header));
      continue;
    }
    auto key = from_base64(line.substr(kKeyPrefix.size()));
    if (!key || key->size() < kLeastKeyBytes || key->size() > kMostKeyBytes)
      return fail(ErrorCode::Invalid, "/secret: behind whsec_ stand 24 to 64 bytes in base64");
    secret.keys.push_back(std::move(*key));
  }
  if (secret.keys.size() > 2) return fail(ErrorCode::Invalid, "/secret: more than two keys");
  return secret;
}

Result<HeaderList> parse_headers(const std::vector<std::string>& lines) {
  static constexpr std::array<std::string_view, 4> kSecret{"authorization", "proxy-authorization", "cookie",
                                                           "x-api-key"};
  HeaderList headers;
  for (const std::string& line : lines) {
    const std::string place = "/settings/headers/" + std::to_string(headers.size());
    auto header = WD_TRY(parse_http_header(line).in(place));
    if (std::ranges::find(kSecret, to_lower_ascii(header.first)) != kSecret.end())
      return fail(ErrorCode::Invalid, place + ": " + header.first + ": belongs into the secret");
    headers.push_back(std::move(header));
  }
  return headers;
}

/// The same for the same events, so that a receiver knows a repetition.
std::string message_id(std::span<const formats::OutgoingEvent> events) {
  if (events.size() == 1) return events.front().event.id.text();
  std::string ids;
  for (const formats::OutgoingEvent& each : events) ids += each.event.id.text() + "\n";
  return "batch_" + to_hex(crypto::sha256(as_bytes(ids))).substr(0, 32);
}

std::string signatures(const std::vector<Bytes>& keys, const std::string& signed_text) {
  std::string list;
  for (const Bytes& key : keys)
    list += (list.empty() ? "v1," : " v1,") + to_base64(crypto::hmac_sha256(key, as_bytes(signed_text)));
  return list;
}

class WebhookSink final : public Sink {
 public:
  WebhookSink(SinkOptions options, WebhookSettings settings, WebhookSecret secret, HeaderList headers)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        secret_(std::move(secret)),
        headers_(std::move(headers)),
        media_type_(formats::media_type(options_.format)),
        batches_(settings_.body == "event" ? 1 : static_cast<std::size_t>(settings_.max_events)),
        client_({settings_.url, settings_.allow_http, settings_.ca_pem, options_.may_reach}) {}

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    return batches_.send(events, stop, [&](std::span<const formats::OutgoingEvent> batch, milliseconds patience) {
      return post(batch, std::min(patience, milliseconds(seconds(settings_.timeout_s))), stop);
    });
  }

 private:
  BatchOutcome post(std::span<const formats::OutgoingEvent> batch, milliseconds patience, const std::stop_token& stop) {
    BatchOutcome outcome;
    Post request;
    outcome.count = 1;
    auto body = body_of(batch, outcome.count);
    if (!body) {
      outcome.refusal = body.error().message;
      return outcome;
    }
    request.url = settings_.url;
    request.content_type = media_type_;
    request.headers = headers_;
    request.headers.insert(request.headers.end(), secret_.headers.begin(), secret_.headers.end());
    request.body = std::move(*body);
    const std::string id = message_id(batch.first(outcome.count));
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
    const std::string time = std::to_string(now.time_since_epoch().count());
    request.headers.emplace_back("webhook-id", id);
    request.headers.emplace_back("webhook-timestamp", time);
    if (!secret_.keys.empty())
      request.headers.emplace_back("webhook-signature", signatures(secret_.keys, id + "." + time + "." + request.body));
    const auto answer = client_.post(request, patience, stop);
    if (!answer) {
      outcome.error = answer.error();
    } else if (is_refusal(answer->status)) {
      outcome.refusal = "HTTP " + std::to_string(answer->status);
    } else if (answer->status < 200 || answer->status >= 300) {
      outcome.error = client_.status_error(answer->status);
    }
    return outcome;
  }

  /// Of as many events as fit, at least one; how many goes to `count`.
  [[nodiscard]] Result<std::string> body_of(std::span<const formats::OutgoingEvent> batch, std::size_t& count) const {
    constexpr std::size_t kBrackets = 2;
    const bool is_list = settings_.body != "event" && media_type_ == "application/json";
    const auto most = static_cast<std::size_t>(settings_.max_bytes);
    std::string body =
        WD_TRY(formats::render_within(options_.format, batch.front(), options_.render, most - kBrackets));
    for (; count < batch.size(); ++count) {
      const std::string next = formats::render(options_.format, batch[count], options_.render);
      if (body.size() + next.size() + 1 + kBrackets > most) break;
      body += is_list ? ',' : '\n';
      body += next;
    }
    return is_list ? "[" + body + "]" : body;
  }

  const SinkOptions options_;
  const WebhookSettings settings_;
  const WebhookSecret secret_;
  const HeaderList headers_;
  const std::string_view media_type_;
  Batches batches_;
  HttpClient client_;
};

}  // namespace

std::span<const Field<WebhookSettings>> WebhookSettings::fields() {
  using S = WebhookSettings;
  using enum PersonalData;
  static const std::array kFields{
      Field<S>{"url", &S::url, 1, 2048, None, "Where events are posted to"},
      Field<S>{"allow_http", &S::allow_http, 0, 1, None, "Also without TLS, where anyone between can read and change"},
      Field<S>{"ca_pem", &S::ca_pem, 0, 65'536, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"body", &S::body, 5, 5, None, "Many events in a request, or one", "batch|event"},
      Field<S>{"max_events", &S::max_events, 1, 500, None, "Most events in a request"},
      Field<S>{"max_bytes", &S::max_bytes, 1000, 10'000'000, None, "Largest request; longer values are cut to fit"},
      Field<S>{"timeout_s", &S::timeout_s, 1, 25, None, "How long the receiver may take for an answer"},
      Field<S>{"headers", &S::headers, 0, 20, None,
               "Further headers, \"Name: value\"; secret ones stand in the secret"},
  };
  return kFields;
}

Result<void> check_webhook(const boost::json::object& settings, std::string_view secret) {
  const auto read = WD_TRY(read_sink_settings<WebhookSettings>(settings));
  WD_TRY(check_http_url(read.url, read.allow_http).in("/settings/url"));
  WD_TRY(check_ca_pem(read.ca_pem).in("/settings/ca_pem"));
  WD_TRY(parse_headers(read.headers));
  WD_TRY(parse_secret(secret));
  return {};
}

Result<std::unique_ptr<Sink>> make_webhook_sink(SinkOptions options) {
  auto settings = WD_TRY(read_sink_settings<WebhookSettings>(options.settings));
  WD_TRY(check_http_url(settings.url, settings.allow_http).in("/settings/url"));
  auto headers = WD_TRY(parse_headers(settings.headers));
  auto secret = WD_TRY(parse_secret(options.secret));
  return std::unique_ptr<Sink>(
      std::make_unique<WebhookSink>(std::move(options), std::move(settings), std::move(secret), std::move(headers)));
}

}  // namespace warder::manager
