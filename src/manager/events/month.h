// A month of UTC: the period of one events file.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace warder::manager {

using Month = std::chrono::year_month;

Month month_of(Timestamp time) noexcept;
Timestamp start_of(Month month) noexcept;
inline Timestamp end_of(Month month) noexcept {
  return start_of(month + std::chrono::months{1});
}
/// "2026-11".
std::string to_text(Month month);
std::optional<Month> parse_month(std::string_view text) noexcept;

}  // namespace warder::manager
