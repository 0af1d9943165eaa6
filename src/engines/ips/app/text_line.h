// Lines of text protocols, and the small comparisons that their parsers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace warder::ips::app {

char lower(char c) noexcept;
std::string lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
bool starts_ignoring_case(std::string_view text, std::string_view start) noexcept;
/// Without blanks and line ends at both sides.
std::string_view trim(std::string_view text) noexcept;

struct Line {
  std::string_view text;  // without its end
  std::size_t size = 0;   // with it
};
/// The first line of `bytes`; nothing while its end is missing.
std::optional<Line> find_line(std::string_view bytes) noexcept;

/// Decimal digits only; nothing else and no overflow.
std::optional<std::uint32_t> find_decimal(std::string_view text) noexcept;

}  // namespace warder::ips::app
