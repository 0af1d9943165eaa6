// Inside the filter language: making and checking one term, whatever form it came in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/events/filter_vocabulary.h"

namespace warder::manager {

/// The term for a field, an operator and values as their text; Invalid when they do not go together. Patterns over
/// words (`module:"anti*"`) become In.
Result<FilterTerm> make_filter_term(std::string_view field, FilterOp op, const std::vector<std::string>& values,
                                    FindFilterField find = find_filter_field);

/// A value as its text: what make_filter_term takes.
std::string filter_value_text(const FilterField& field, const FilterValue& value);

}  // namespace warder::manager
