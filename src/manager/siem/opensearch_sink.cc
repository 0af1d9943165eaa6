#include "manager/siem/opensearch_sink.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "manager/siem/batches.h"
#include "manager/siem/http_client.h"
#include "manager/siem/opensearch_answer.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `%Y`, `%m` and `%d` become the date in UTC.
std::string index_of(std::string_view pattern, Timestamp time) {
  const std::string date = to_rfc3339(time);
  std::string index;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      index += pattern[i];
      continue;
    }
    const char what = pattern[++i];
    index += what == 'Y' ? date.substr(0, 4) : date.substr(what == 'm' ? 5 : 8, 2);
  }
  return index;
}

Result<void> check_index(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' &&
        (i + 1 == pattern.size() || std::string_view("Ymd").find(pattern[++i]) == std::string_view::npos))
      return fail(ErrorCode::Invalid, "/settings/index: only %Y, %m and %d stand for something");
  }
  const std::string index = index_of(pattern, Timestamp{});
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (index.empty() || !std::ranges::all_of(index, is_allowed) ||
      std::string_view("-_.").find(index[0]) != std::string_view::npos)
    return fail(ErrorCode::Invalid,
                "/settings/index: lower-case letters, digits, '-', '_' and '.', a letter or digit first");
  return {};
}

Result<std::string> authorization_of(std::string_view secret) {
  const auto is_sendable = [](char c) { return c >= ' ' && c != '\x7f'; };
  if (!std::ranges::all_of(secret, is_sendable)) return fail(ErrorCode::Invalid, "/secret: has unusual characters");
  if (secret.empty() || secret.starts_with("ApiKey ") || secret.starts_with("Bearer ")) return std::string(secret);
  if (secret.find(':') == std::string_view::npos)
    return fail(ErrorCode::Invalid, "/secret: is none of user:password, ApiKey … and Bearer …");
  return "Basic " + to_base64(as_bytes(secret));
}

class OpenSearchSink final : public Sink {
 public:
  OpenSearchSink(SinkOptions options, OpenSearchSettings settings, std::string authorization)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        authorization_(std::move(authorization)),
        batches_(static_cast<std::size_t>(settings_.max_events)),
        client_({settings_.url, settings_.allow_http, settings_.ca_pem, options_.may_reach}) {
    while (root_.ends_with('/')) root_.pop_back();
  }

  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop) override {
    return batches_.send(events, stop, [&](std::span<const formats::OutgoingEvent> batch, milliseconds patience) {
      return post(batch, std::min(patience, milliseconds(seconds(settings_.timeout_s))), stop);
    });
  }

 private:
  BatchOutcome post(std::span<const formats::OutgoingEvent> batch, milliseconds patience, const std::stop_token& stop) {
    BatchOutcome outcome;
    Post request;
    for (const formats::OutgoingEvent& each : batch) {
      auto lines = lines_of(each);
      const bool is_full = lines && request.body.size() + lines->size() > static_cast<std::size_t>(settings_.max_bytes);
      if (outcome.count > 0 && (!lines || is_full)) break;
      ++outcome.count;
      if (!lines) {
        outcome.refusal = lines.error().message;
        return outcome;
      }
      request.body += *lines;
    }
    // Answers of thousands of characters for each document are cut to what is looked at.
    request.url = root_ + "/_bulk?filter_path=errors,items.*._id,items.*.status,items.*.error.type";
    request.content_type = "application/x-ndjson";
    if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
    const auto answer = client_.post(request, patience, stop);
    if (!answer) {
      outcome.error = answer.error();
    } else if (answer->status == 413 || answer->status == 400) {
      outcome.refusal = "HTTP " + std::to_string(answer->status);
    } else if (answer->status != 200) {
      outcome.error = client_.status_error(answer->status);
    } else if (auto read = read_items(batch.first(outcome.count), answer->body, outcome); !read) {
      outcome.error = read.error();
    }
    return outcome;
  }

  Result<void> read_items(std::span<const formats::OutgoingEvent> batch, const std::string& body,
                          BatchOutcome& outcome) const {
    std::vector<std::string> ids;
    for (const formats::OutgoingEvent& each : batch) ids.push_back(each.event.id.text());
    const auto items = parse_bulk_answer(body, ids);
    if (!items) return fail(items.error().code, client_.name() + ": the answer " + items.error().message);
    for (std::size_t i = 0; i < items->size(); ++i) {
      const auto& [status, type] = (*items)[i];
      const std::string why = type.empty() ? "" : ": " + type;
      if ((status >= 200 && status < 300) || status == 409) continue;
      if (is_refusal(status)) {
        outcome.refused.push_back({i, "status " + std::to_string(status) + why});
        continue;
      }
      // This one and what follows again; what of that was taken is a repetition then.
      Error error = client_.status_error(status);
      error.message += why;
      if (i == 0) return fail(std::move(error));
      outcome.count = i;
      return {};
    }
    return {};
  }

  [[nodiscard]] Result<std::string> lines_of(const formats::OutgoingEvent& event) const {
    const json::object head{{"create", json::object{{"_index", index_of(settings_.index, event.event.time)},
                                                    {"_id", event.event.id.text()}}}};
    const std::string stamp = "{\"@timestamp\":\"" + to_rfc3339(event.event.time) + "\",";
    const std::string first = json::serialize(head);
    const std::size_t room = static_cast<std::size_t>(settings_.max_bytes) - first.size() - stamp.size() - 2;
    const std::string payload = WD_TRY(formats::render_within(options_.format, event, options_.render, room));
    const std::string rest = payload.starts_with('{')
                                 ? payload.substr(1)
                                 : "\"event_id\":\"" + event.event.id.text() +
                                       "\",\"message\":" + json::serialize(json::string(payload)) + "}";
    return first + "\n" + stamp + rest + "\n";
  }

  const SinkOptions options_;
  const OpenSearchSettings settings_;
  const std::string authorization_;
  std::string root_ = settings_.url;
  Batches batches_;
  HttpClient client_;
};

}  // namespace

std::span<const Field<OpenSearchSettings>> OpenSearchSettings::fields() {
  using S = OpenSearchSettings;
  using enum PersonalData;
  static const std::array kFields{
      Field<S>{"url", &S::url, 1, 2048, None, "Root of the cluster: https://search.example:9200"},
      Field<S>{"allow_http", &S::allow_http, 0, 1, None,
               "Also without TLS, where anyone between can read the password"},
      Field<S>{"ca_pem", &S::ca_pem, 0, 65'536, None, "Certificates to trust; empty: those that the system trusts"},
      Field<S>{"index", &S::index, 1, 200, None,
               "Index or data stream; %Y, %m and %d stand for the event's date in UTC"},
      Field<S>{"max_events", &S::max_events, 1, 500, None, "Most events in a request"},
      Field<S>{"max_bytes", &S::max_bytes, 2000, 50'000'000, None, "Largest request; longer values are cut to fit"},
      Field<S>{"timeout_s", &S::timeout_s, 1, 25, None, "How long the receiver may take for an answer"},
  };
  return kFields;
}

Result<void> check_opensearch(const boost::json::object& settings, std::string_view secret) {
  const auto read = WD_TRY(read_sink_settings<OpenSearchSettings>(settings));
  WD_TRY(check_http_root(read.url, read.allow_http).in("/settings/url"));
  WD_TRY(check_ca_pem(read.ca_pem).in("/settings/ca_pem"));
  WD_TRY(check_index(read.index));
  WD_TRY(authorization_of(secret));
  return {};
}

Result<std::unique_ptr<Sink>> make_opensearch_sink(SinkOptions options) {
  WD_TRY(check_opensearch(options.settings, options.secret));
  auto settings = WD_TRY(read_sink_settings<OpenSearchSettings>(options.settings));
  auto authorization = WD_TRY(authorization_of(options.secret));
  return std::unique_ptr<Sink>(
      std::make_unique<OpenSearchSink>(std::move(options), std::move(settings), std::move(authorization)));
}

}  // namespace warder::manager
