// How much a host matters, as it is given on the command line.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "base/result.h"

namespace warder::cli {

/// "none" is JSON null, anything else a whole number.
Result<boost::json::value> asset_value_of(const std::string& text);

}  // namespace warder::cli
