// Walking the lines and words of a kernel or configuration file without making lists of them. For parsers of host.
#pragma once

#include <algorithm>
#include <string_view>

namespace warder::host {

/// Cuts the first line off `text`, without its newline.
inline std::string_view take_line(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// Cuts the first word off `text`; empty at the end.
inline std::string_view take_word(std::string_view& text) noexcept {
  constexpr std::string_view kBlank = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace warder::host
