// Rule files as text: lines joined, header fields and options told apart. What options mean is keywords.h's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::ips {

/// One rule of a file, continuation lines joined.
struct RuleLine {
  std::uint32_t line = 0;  // 1-based, where it begins
  std::string text;
};

/// The rules of a file's text: no comments, no empty lines. `\` at the end of a line joins; a rule whose first line
/// ends with "(" goes on to a line that ends with ")", as Snort 3 writes it.
std::vector<RuleLine> rule_lines(std::string_view text);

struct Option {
  std::string_view name;
  std::string_view value;  // trimmed; empty when there is none
  bool has_value = false;
};

/// A rule in its parts; views into the text.
struct RuleParts {
  std::string_view action;
  std::string_view protocol;
  std::string_view source = "any";
  std::string_view source_ports = "any";
  std::string_view arrow = "->";
  std::string_view destination = "any";
  std::string_view destination_ports = "any";
  std::vector<Option> options;
};
/// Invalid says which part is missing or where the options do not end.
Result<RuleParts> split_rule(std::string_view text);

/// Splits at `separator` outside of double quotes; parts are trimmed.
std::vector<std::string_view> split_arguments(std::string_view text, char separator = ',');
/// Without the double quotes around it, if there are any.
std::string_view unquoted(std::string_view text) noexcept;

}  // namespace warder::ips
