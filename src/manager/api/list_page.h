// A page of a list that is held whole: for lists that are short by their nature.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "base/bytes.h"
#include "manager/api/router.h"

namespace warder::manager {

/// {"items", "next_cursor"} of the items behind the cursor's, at most `limit` of the request. `key` tells an item from
/// the others. Invalid when the cursor names none: the list has changed, or it is of another.
template <class Items, class Key, class ToJson>
Result<ApiResponse> list_page(const ApiRequest& request, const Items& all, const Key& key, const ToJson& to_json) {
  constexpr std::int64_t kDefaultLimit = 100;
  const auto limit = static_cast<std::size_t>(request.query_int("limit", kDefaultLimit));
  const std::string cursor = request.query("cursor").value_or("");
  auto item = all.begin();
  if (!cursor.empty()) {
    const auto named = from_base64url(cursor);
    while (item != all.end() && named && key(*item) != as_text(*named)) ++item;
    if (!named || item == all.end()) return fail(ErrorCode::Invalid, "cursor: not one of this list; begin anew");
    ++item;
  }
  boost::json::array items;
  for (; item != all.end() && items.size() < limit; ++item) items.push_back(to_json(*item));
  ApiResponse response;
  boost::json::value next;
  if (item != all.end()) next = to_base64url(as_bytes(key(*(item - 1))));
  response.body = boost::json::object{{"items", std::move(items)}, {"next_cursor", std::move(next)}};
  return response;
}

}  // namespace warder::manager
