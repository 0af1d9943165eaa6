// The manager's REST API as the CLI uses it: JSON in, JSON out, problem details as errors.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "client/sse.h"
#include "client/transport.h"

namespace warder::client {

using Query = std::vector<std::pair<std::string, std::string>>;  // pairs with an empty value are left out

/// The error of an answer that is no success: the problem's detail and the place of each error in it (RFC 9457).
Error problem_error(const Answer& answer);

class Client {
 public:
  explicit Client(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  /// `path` is below /api/v1 ("/agents/…"), its parts already encoded.
  Result<boost::json::value> get(std::string_view path, const Query& query = {});

  /// Every item of a list, over as many pages as it takes, at most `max_items`.
  Result<boost::json::array> list(std::string_view path, Query query = {}, std::size_t max_items = 1'000'000);

  /// A change. `body` null: none is sent. The value is null when the answer has no content.
  Result<boost::json::value> send(std::string_view method, std::string_view path, const boost::json::value& body,
                                  std::string_view if_match = {});

  /// Uploads bytes.
  Result<boost::json::value> upload(std::string_view path, std::string bytes);

  /// A streamed answer, as it comes.
  Result<void> stream(std::string_view path, const Query& query, const std::function<bool(std::string_view)>& on_data);

  /// Server-sent events after `last_id` (empty: from now) until the stream ends or `on_event` returns false; the value
  /// says whether it was the latter.
  Result<bool> tail(std::string_view path, const Query& query, std::string_view last_id,
                    const std::function<bool(const SseEvent&)>& on_event);

 private:
  Result<boost::json::value> answer_value(const Request& request);

  std::unique_ptr<Transport> transport_;
};

}  // namespace warder::client
