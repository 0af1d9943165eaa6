// The text of `content`, of numbers with variables, and of `pcre`, as rules quote them.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::ips {

/// "GET |0d 0a|\;": bytes of a quoted pattern, without the quotes. Invalid names what is wrong.
Result<Bytes> parse_pattern(std::string_view text);

struct QuotedArgument {
  bool is_negated = false;
  std::string_view text;  // between the quotes
  std::string_view rest;  // after the closing quote and a comma, trimmed
};
/// `[!]"…"[,rest]`; without quotes all is text.
Result<QuotedArgument> parse_quoted(std::string_view value);

}  // namespace warder::ips
