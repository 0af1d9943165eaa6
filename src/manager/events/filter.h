// The filter language over events: text to tree, tree to text and JSON. docs/filter-language.md is its manual.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "manager/events/filter_fields.h"

namespace warder::manager {

enum class FilterOp : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Like, In };
std::string_view name(FilterOp op) noexcept;

/// A comparison's right side, in the field's own kind: integers for numbers, times (µs), enumerators and booleans.
using FilterValue = std::variant<std::int64_t, std::string>;

struct FilterTerm {
  const FilterField* field = nullptr;
  FilterOp op = FilterOp::Equal;
  std::vector<FilterValue> values;  // one; for In at least one
  friend bool operator==(const FilterTerm&, const FilterTerm&) = default;
};

/// A tree: And and Or have at least two children, Not has one, Term has none. All matches every event.
struct Filter {
  enum class Kind : std::uint8_t { All, And, Or, Not, Term };
  Kind kind = Kind::All;
  std::vector<Filter> children;
  FilterTerm term;
  friend bool operator==(const Filter&, const Filter&) = default;
};

inline constexpr std::size_t kMaxFilterBytes = 8192;
inline constexpr std::size_t kMaxFilterDepth = 16;
inline constexpr std::size_t kMaxFilterTerms = 64;
inline constexpr std::size_t kMaxFilterValues = 256;  // of one `in`
inline constexpr std::size_t kMaxFilterWildcards = 16;

/// Empty text matches all. The message of an error starts with "filter:<column>: ", counting bytes from 1.
Result<Filter> parse_filter(std::string_view text);
/// Text that parses to the same tree.
std::string print_filter(const Filter& filter);

/// {"and": [...]}, {"or": [...]}, {"not": …}, {"field", "op", "value"}; null for All.
boost::json::value filter_to_json(const Filter& filter);
/// Limits and checks are those of parse_filter; the message starts with the JSON pointer.
Result<Filter> filter_from_json(const boost::json::value& json);

}  // namespace warder::manager
