// What a person says about settings of a policy, applied to its document.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace warder::cli {

/// `settings` are "section.setting=value", the value as JSON or else text; `unset` are "section.setting". Invalid and
/// NotFound name the one that is wrong.
Result<void> edit_document(json::object& document, const std::vector<std::string>& settings,
                           const std::vector<std::string>& unset);

}  // namespace warder::cli
