// A finding as the JSON object that `warder logs test` prints and the API answers with.
#pragma once

#include <string_view>

#include "base/json.h"
#include "engines/loginspection/engine.h"

namespace warder::loginspection {

/// line, decoder, fields, rule_id (null without a rule), level, description, groups, mitre, alert; sigma where such
/// rules match. Bytes that are no UTF-8 are escaped.
json::object to_json(const Finding& finding, std::string_view line);

/// file, line, message, severity ("error" or "warning").
json::object to_json(const Problem& problem);

}  // namespace warder::loginspection
