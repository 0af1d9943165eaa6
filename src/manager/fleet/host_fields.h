// What a filter over hosts can name. docs/filter-language.md, "Hosts", is its manual.
#pragma once

#include <span>
#include <string_view>

#include "manager/events/filter.h"

namespace warder::manager {

/// In the order of the manual.
std::span<const FilterField> host_fields();
/// nullptr when there is none; "host" and "host.name" are taken for "name".
const FilterField* find_host_field(std::string_view key);

/// Empty text matches every host. The message of an error starts with "filter:<column>: ".
Result<Filter> parse_host_filter(std::string_view text);

}  // namespace warder::manager
