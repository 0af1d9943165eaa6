#include "manager/siem/sns_sink.h"

#include <algorithm>

#include "base/text.h"
#include "base/uri.h"
#include "crypto/hash.h"
#include "formats/deep_security_json.h"
#include "keys/aws_credentials.h"
#include "manager/siem/batches.h"
#include "manager/siem/http_client.h"
#include "manager/siem/sns_answer.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostEntries = 10;            // of PublishBatch
constexpr std::size_t kMostMessageBytes = 250'000;  // SNS allows 256 KiB with attributes, a batch or a message

class Form {
 public:
  explicit Form(std::string_view action) : text_("Action=" + std::string(action) + "&Version=2010-03-31") {}
  void add(const std::string& key, std::string_view value) { text_ += "&" + key + "=" + percent_encode(value); }
  void attribute(const std::string& prefix, int number, std::string_view key, std::string_view value) {
    const std::string entry = prefix + "MessageAttributes.entry." + std::to_string(number);
    add(entry + ".Name", key);
    add(entry + ".Value.DataType", "String");
    add(entry + ".Value.StringValue", value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// "arn:aws:sns:eu-central-1:123456789012:events.fifo".
struct Topic {
  std::string arn;
  std::string region;
  std::string endpoint;
  bool is_fifo = false;
};

Result<Topic> parse_topic(const SnsSettings& settings) {
  const auto parts = split(settings.topic_arn, ':');
  const auto is_word = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
             c == '.';
    });
  };
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "sns" || !std::ranges::all_of(parts, is_word))
    return fail(ErrorCode::Invalid, "/settings/topic_arn: is not of the form arn:aws:sns:REGION:ACCOUNT:NAME");
  Topic topic{settings.topic_arn, std::string(parts[3]), settings.endpoint, parts[5].ends_with(".fifo")};
  if (topic.endpoint.empty())
    topic.endpoint = "https://sns." + topic.region + (parts[1] == "aws-cn" ? ".amazonaws.com.cn/" : ".amazonaws.com/");
  WD_TRY(check_http_root(topic.endpoint, settings.allow_http).in("/settings/endpoint"));
  return topic;
}

bool is_throttling(const std::string& code) {
  return code.starts_with("Throttl") || code == "RequestThrottled" || code == "KMSThrottling";
}

class SnsSink final : public Sink {
 public:
  SnsSink(SinkOptions options, SnsSettings settings, Topic topic)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        topic_(std::move(topic)),
        batches_(is_list() ? static_cast<std::size_t>(settings_.max_events) : kMostEntries),
        client_({topic_.endpoint, settings_.allow_http, settings_.ca_pem, options_.may_reach}) {}

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    return batches_.send(events, stop, [&](std::span<const formats::OutgoingEvent> batch, milliseconds patience) {
      return publish(batch, std::min(patience, milliseconds(seconds(settings_.timeout_s))), stop);
    });
  }

 private:
  [[nodiscard]] bool is_list() const { return settings_.body == "list"; }

  BatchOutcome publish(std::span<const formats::OutgoingEvent> batch, milliseconds patience,
                       const std::stop_token& stop) {
    BatchOutcome outcome;
    std::vector<std::string> messages;
    std::size_t bytes = 0;
    for (const formats::OutgoingEvent& each : batch) {
      auto message = render(each);
      if (!messages.empty() && (!message || bytes + message->size() > kMostMessageBytes)) break;
      ++outcome.count;
      if (!message) {
        outcome.refusal = message.error().message;
        return outcome;
      }
      bytes += message->size() + 200;  // with its attributes
      messages.push_back(std::move(*message));
    }
    const auto sent = batch.first(outcome.count);
    const auto answer = call(is_list() ? list_form(sent, messages) : batch_form(sent, messages), patience, stop);
    if (!answer) {
      outcome.error = answer.error();
    } else if (answer->status != 200) {
      judge(*answer, outcome);
    } else if (auto read = is_list() ? read_publish(answer->body) : read_batch(answer->body, outcome); !read) {
      outcome.error = std::move(read.error()).in(client_.name());
    }
    return outcome;
  }

  [[nodiscard]] Result<std::string> render(const formats::OutgoingEvent& event) const {
    const bool is_deep_security =
        options_.format == formats::Format::Json && options_.render.names == formats::Names::DeepSecurity;
    if (!is_deep_security)
      return formats::render_within(options_.format, event, options_.render, kMostMessageBytes - 2);
    std::string text = formats::render_deep_security_json(event, options_.render);
    if (text.size() > kMostMessageBytes - 2) return fail(ErrorCode::TooLarge, "the event is too large for a message");
    return text;
  }

  /// One message with all of them, as Deep Security publishes.
  [[nodiscard]] std::string list_form(std::span<const formats::OutgoingEvent> events,
                                      const std::vector<std::string>& messages) const {
    const bool is_json = formats::media_type(options_.format) == "application/json";
    std::string text = is_json ? "[" : "";
    std::string ids;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (i > 0) text += is_json ? "," : "\n";
      text += messages[i];
      ids += events[i].event.id.text();
    }
    Form form("Publish");
    form.add("TopicArn", topic_.arn);
    form.add("Message", is_json ? text + "]" : text);
    form.attribute("", 1, "tenant", events.front().tenant.text());
    if (topic_.is_fifo) {
      form.add("MessageGroupId", events.front().tenant.text());
      form.add("MessageDeduplicationId", events.size() == 1 ? ids : to_hex(crypto::sha256(as_bytes(ids))));
    }
    return form.take();
  }

  [[nodiscard]] std::string batch_form(std::span<const formats::OutgoingEvent> events,
                                       const std::vector<std::string>& messages) const {
    Form form("PublishBatch");
    form.add("TopicArn", topic_.arn);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const formats::OutgoingEvent& event = events[i];
      const std::string prefix = "PublishBatchRequestEntries.member." + std::to_string(i + 1) + ".";
      form.add(prefix + "Id", std::to_string(i + 1));
      form.add(prefix + "Message", messages[i]);
      form.attribute(prefix, 1, "event_id", event.event.id.text());
      form.attribute(prefix, 2, "tenant", event.tenant.text());
      form.attribute(prefix, 3, "module", name(event.event.module));
      form.attribute(prefix, 4, "severity", name(event.event.severity));
      if (!topic_.is_fifo) continue;
      form.add(prefix + "MessageGroupId", event.tenant.text());
      form.add(prefix + "MessageDeduplicationId", event.event.id.text());
    }
    return form.take();
  }

  Result<PostAnswer> call(std::string body, milliseconds patience, const std::stop_token& stop) {
    const auto credentials =
        WD_TRY((options_.secret.empty() ? keys::read_aws_credentials("") : keys::parse_aws_credentials(options_.secret))
                   .in("/secret"));
    Post request;
    request.url = topic_.endpoint;
    request.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    request.body = std::move(body);
    request.signature =
        AwsSignature{topic_.region, "sns", credentials->access_key_id, credentials->secret_access_key.text()};
    if (!credentials->session_token.text().empty())
      request.headers.emplace_back("X-Amz-Security-Token", credentials->session_token.text());
    return client_.post(request, patience, stop);
  }

  void judge(const PostAnswer& answer, BatchOutcome& outcome) const {
    const std::string code = parse_sns_error(answer.body);
    if (code == "BatchRequestTooLong" || answer.status == 413) {
      outcome.refusal = code.empty() ? "HTTP 413" : code;
      return;
    }
    Error error = client_.status_error(answer.status);
    if (!code.empty()) error.message += ": " + code;
    if (is_throttling(code)) error.code = ErrorCode::TooMany;
    outcome.error = std::move(error);
  }

  static Result<void> read_publish(const std::string& body) { return parse_sns_publish(body); }

  static Result<void> read_batch(const std::string& body, BatchOutcome& outcome) {
    const auto fates = WD_TRY(parse_sns_batch(body, outcome.count));
    for (std::size_t i = 0; i < fates.size(); ++i) {
      if (!fates[i]) continue;
      const std::string code = fates[i]->code.empty() ? "failed" : fates[i]->code;
      if (fates[i]->is_senders_fault && !is_throttling(code)) {
        outcome.refused.push_back({i, code});
        continue;
      }
      if (i == 0) return fail(is_throttling(code) ? ErrorCode::TooMany : ErrorCode::Unavailable, code);
      outcome.count = i;  // this one and what follows again
      return {};
    }
    return {};
  }

  const SinkOptions options_;
  const SnsSettings settings_;
  const Topic topic_;
  Batches batches_;
  HttpClient client_;
};

}  // namespace

std::span<const Field<SnsSettings>> SnsSettings::fields() {
  using S = SnsSettings;
  using enum PersonalData;
  static const std::array kFields{
      Field<S>{"topic_arn", &S::topic_arn, 1, 400, None, "Topic: arn:aws:sns:REGION:ACCOUNT:NAME"},
      Field<S>{"endpoint", &S::endpoint, 0, 2048, None, "Address of SNS; empty: that of the topic's region"},
      Field<S>{"allow_http", &S::allow_http, 0, 1, None, "Also an endpoint without TLS"},
      Field<S>{"ca_pem", &S::ca_pem, 0, 65'536, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"body", &S::body, 4, 5, None, "A message with a list of events, or a message for each event",
               "list|event"},
      Field<S>{"max_events", &S::max_events, 1, 500, None, "Most events in a list"},
      Field<S>{"timeout_s", &S::timeout_s, 1, 25, None, "How long SNS may take for an answer"},
  };
  return kFields;
}

Result<void> check_sns(const boost::json::object& settings, std::string_view secret) {
  const auto read = WD_TRY(read_sink_settings<SnsSettings>(settings));
  WD_TRY(parse_topic(read));
  WD_TRY(check_ca_pem(read.ca_pem).in("/settings/ca_pem"));
  if (secret.empty()) return {};
  const auto credentials = keys::parse_aws_credentials(secret);
  if (!credentials) return fail(ErrorCode::Invalid, "/secret: " + credentials.error().message);
  return {};
}

Result<std::unique_ptr<Sink>> make_sns_sink(SinkOptions options) {
  auto settings = WD_TRY(read_sink_settings<SnsSettings>(options.settings));
  auto topic = WD_TRY(parse_topic(settings));
  if (options.secret.empty() && options.may_reach)
    return fail(ErrorCode::Forbidden, "/secret: is missing; the manager's own credentials are not this tenant's");
  return std::unique_ptr<Sink>(std::make_unique<SnsSink>(std::move(options), std::move(settings), std::move(topic)));
}

}  // namespace warder::manager
