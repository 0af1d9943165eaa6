// Between REST bodies and values: what the routes of policies and fleet share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "manager/api/router.h"
#include "manager/policies/page.h"

namespace warder::manager {

template <class IdType>
json::value to_json(const std::optional<IdType>& id) {
  return id ? json::value(id->text()) : json::value(nullptr);
}
inline json::value to_json(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}
/// Empty text is null.
inline json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

template <class IdType>
Result<IdType> path_id(const ApiRequest& request) {
  return parse_id<IdType>(request.path_parameter("id")).in("id");
}

/// Absent member: nothing; null: an empty optional.
template <class IdType>
Result<std::optional<std::optional<IdType>>> member_id(const json::object& body, std::string_view key) {
  const json::value* value = find(body, key);
  if (value == nullptr) return std::optional<std::optional<IdType>>{};
  if (value->is_null()) return std::optional<std::optional<IdType>>{std::optional<IdType>{}};
  return std::optional<std::optional<IdType>>{
      std::optional<IdType>{WD_TRY(parse_id<IdType>(WD_TRY(get_string(body, key))).in("/" + std::string{key}))}};
}

inline std::string member_text(const json::object& body, std::string_view key) {
  const json::value* value = find(body, key);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

inline PageRequest page_request(const ApiRequest& request) {
  constexpr std::int64_t kDefaultLimit = 100;
  return {static_cast<std::size_t>(request.query_int("limit", kDefaultLimit)), request.query("cursor").value_or("")};
}

template <class Item, class Convert>
ApiResponse page_response(const Page<Item>& page, const Convert& convert) {
  json::array items;
  for (const Item& item : page.items) items.push_back(convert(item));
  ApiResponse response;
  response.body =
      json::object{{"items", std::move(items)},
                   {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value(nullptr)}};
  return response;
}

/// An object with its etag, also as header.
inline ApiResponse object_response(int status, json::object object) {
  ApiResponse response;
  response.status = status;
  if (const json::value* etag = find(object, "etag")) response.headers["etag"] = std::string{etag->as_string()};
  response.body = std::move(object);
  return response;
}

inline ApiResponse no_content() {
  ApiResponse response;
  response.status = 204;
  return response;
}

inline std::string_view if_match(const ApiRequest& request) {
  return request.http.header("if-match");
}

}  // namespace warder::manager
