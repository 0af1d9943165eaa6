#include "client/client.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/random.h"
#include "base/uri.h"

namespace warder::client {
namespace {

constexpr std::size_t kMaxJsonBytes = 64 << 20;

std::string target_of(std::string_view path, const Query& query) {
  std::string target = "/api/v1";
  target.append(path);
  char separator = '?';
  for (const auto& [key, value] : query) {
    if (value.empty()) continue;
    target.append(fmt::format("{}{}={}", separator, percent_encode(key), percent_encode(value)));
    separator = '&';
  }
  return target;
}

ErrorCode code_of(int status) noexcept {
  switch (status) {
    case 401:
      return ErrorCode::Unauthenticated;
    case 403:
      return ErrorCode::Forbidden;
    case 404:
      return ErrorCode::NotFound;
    case 409:
    case 412:
    case 428:
      return ErrorCode::Conflict;
    case 413:
      return ErrorCode::TooLarge;
    case 429:
      return ErrorCode::TooMany;
    default:
      return status / 100 == 4 ? ErrorCode::Invalid : ErrorCode::Unavailable;
  }
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto text = get_string(object, key);
  return text ? std::string(*text) : std::string();
}

}  // namespace

Error problem_error(const Answer& answer) {
  const ErrorCode code = code_of(answer.status);
  const auto parsed = parse_json(answer.body);
  if (!parsed || !parsed->is_object()) return {code, fmt::format("the manager answered with status {}", answer.status)};
  const json::object& problem = parsed->get_object();
  std::string message = text_of(problem, "detail");
  if (message.empty()) message = text_of(problem, "title");
  if (message.empty()) message = fmt::format("the manager answered with status {}", answer.status);
  if (const auto errors = get_array(problem, "errors")) {
    for (const json::value& error : **errors) {
      if (!error.is_object()) continue;
      const std::string line =
          fmt::format("{}: {}", text_of(error.get_object(), "pointer"), text_of(error.get_object(), "detail"));
      if (line != message) message.append("\n  " + line);  // a single error is often the detail itself
    }
  }
  return {code, message};
}

Result<json::value> Client::answer_value(const Request& request) {
  const Answer answer = WD_TRY(transport_->perform(request));
  if (answer.status / 100 != 2) return fail(problem_error(answer));
  if (answer.body.empty()) return json::value(nullptr);
  return parse_json(answer.body, kMaxJsonBytes).in("answer of the manager");
}

Result<json::value> Client::get(std::string_view path, const Query& query) {
  Request request;
  request.target = target_of(path, query);
  return answer_value(request);
}

Result<json::array> Client::list(std::string_view path, Query query, std::size_t max_items) {
  constexpr std::size_t kPage = 1000;  // the most that a page may have
  json::array items;
  query.emplace_back("limit", std::to_string(std::min(kPage, max_items)));
  query.emplace_back("cursor", "");
  while (items.size() < max_items) {
    const json::value page = WD_TRY(get(path, query));
    if (!page.is_object()) return fail(ErrorCode::Corrupt, "the answer is not a list");
    const json::array* const page_items = WD_TRY(get_array(page.get_object(), "items"));
    for (const json::value& item : *page_items) {
      if (items.size() < max_items) items.push_back(item);
    }
    const auto cursor = get_string(page.get_object(), "next_cursor");
    if (!cursor || cursor->empty() || page_items->empty()) break;
    query.back().second = *cursor;
  }
  return items;
}

Result<json::value> Client::send(std::string_view method, std::string_view path, const json::value& body,
                                 std::string_view if_match) {
  Request request;
  request.method = method;
  request.target = target_of(path, {});
  if (!body.is_null()) {
    request.body = json::serialize(body);
    request.content_type = "application/json";
  }
  if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
  // A new key per change: should the connection break and libcurl send the request again, it is still done once.
  if (method == "POST") request.headers.emplace_back("Idempotency-Key", to_hex(random_bytes(16)));
  return answer_value(request);
}

Result<json::value> Client::upload(std::string_view path, std::string bytes) {
  Request request;
  request.method = "POST";
  request.target = target_of(path, {});
  request.body = std::move(bytes);
  request.content_type = "application/octet-stream";
  return answer_value(request);
}

Result<void> Client::stream(std::string_view path, const Query& query,
                            const std::function<bool(std::string_view)>& on_data) {
  Request request;
  request.target = target_of(path, query);
  const Answer answer = WD_TRY(transport_->stream(request, on_data));
  if (answer.status / 100 != 2) return fail(problem_error(answer));
  return {};
}

Result<bool> Client::tail(std::string_view path, const Query& query, std::string_view last_id,
                          const std::function<bool(const SseEvent&)>& on_event) {
  Request request;
  request.target = target_of(path, query);
  request.headers.emplace_back("Accept", "text/event-stream");
  if (!last_id.empty()) request.headers.emplace_back("Last-Event-ID", last_id);
  SseParser parser;
  Result<bool> fed = true;
  const auto on_data = [&](std::string_view bytes) {
    fed = parser.feed(bytes, on_event);
    return fed && *fed;
  };
  const Answer answer = WD_TRY(transport_->stream(request, on_data));
  if (answer.status / 100 != 2) return fail(problem_error(answer));
  if (!fed) return fail(fed.error());
  return !*fed;
}

}  // namespace warder::client
