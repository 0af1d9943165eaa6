// How resources are shown: which attributes, in which order, page by page (RFC 7644 sections 3.4.2 and 3.9).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/scim/attributes.h"
#include "manager/scim/filter.h"

namespace warder::manager::scim {

inline constexpr std::int64_t kDefaultCount = 100;
inline constexpr std::int64_t kMaxCount = 200;

/// The parameters "attributes" and "excludedAttributes".
struct Selection {
  std::vector<AttributePath> only{};  // empty: all
  std::vector<AttributePath> without{};
};
/// invalidPath for what is no name; invalidValue when both are given.
Result<Selection> parse_selection(std::string_view only, std::string_view without);
/// What is always returned stays.
json::object select(const Kind& kind, const json::object& resource, const Selection& selection);
/// Whether the attribute is shown, so that who makes a resource may spare it.
bool shows(const Kind& kind, const Selection& selection, std::string_view name);

struct Query {
  std::optional<Filter> filter{};
  std::optional<AttributePath> sort_by{};
  bool is_descending = false;
  std::int64_t start = 1;  // of the first, from 1
  std::int64_t count = kDefaultCount;
  bool with_members = true;  // whether groups' members are wanted
};

/// Indexes into `resources` of those that the filter finds, in order; what has no value comes last, or first when
/// descending. Without "sortBy" they stay as they are.
std::vector<std::size_t> choose(const Kind& kind, const Query& query, const std::vector<json::object>& resources);
/// invalidPath when there is no such attribute.
Result<void> check_sort(const Kind& kind, const AttributePath& path);

/// A ListResponse.
json::object list_response(std::int64_t total, std::int64_t start, json::array resources);
/// An Error; `type` may be empty.
json::object error_response(int status, std::string_view type, std::string_view detail);

}  // namespace warder::manager::scim
