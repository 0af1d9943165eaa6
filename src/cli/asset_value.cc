#include "cli/asset_value.h"

#include <cstdint>

#include "base/text.h"

namespace warder::cli {

Result<boost::json::value> asset_value_of(const std::string& text) {
  if (text == "none") return boost::json::value(nullptr);
  const auto number = parse_integer<std::int64_t>(text);
  if (!number) return fail(ErrorCode::Invalid, "--asset-value: neither a number nor none");
  return boost::json::value(*number);
}

}  // namespace warder::cli
