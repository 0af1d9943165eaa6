// The filter language over other things than events: the same words and limits, other fields.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "manager/events/filter.h"

namespace warder::manager {

/// The field of a name, nullptr when there is none. A vocabulary with a field "any" (AnyText) takes bare quoted texts.
using FindFilterField = const FilterField* (*)(std::string_view key);

/// As parse_filter() of filter.h, which knows the fields of events.
Result<Filter> parse_filter(std::string_view text, FindFilterField find);

/// Whether a filter holds where `holds` says so of each term.
[[nodiscard]] bool evaluate(const Filter& filter, const std::function<bool(const FilterTerm&)>& holds);
/// Whether one of the values is as the term asks; `!=`: none is. Of AnyText, whether the pattern is found in one.
[[nodiscard]] bool holds_for_one(const FilterTerm& term, std::span<const FilterValue> values);

}  // namespace warder::manager
