// How much an event matters: the value of its asset times the weight of its severity.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/event.h"

namespace warder::manager {

inline constexpr std::int64_t kLeastAssetValue = 1;  // of a host that nobody has valued
inline constexpr std::int64_t kMostAssetValue = 100;

/// 1, 25, 50, 75 or 100.
constexpr std::int64_t weight_of(Severity severity) noexcept {
  constexpr std::int64_t kStep = 25;
  return severity == Severity::Info ? 1 : kStep * static_cast<std::int64_t>(severity);
}

/// 1 to 10,000.
constexpr std::int64_t rank_of(std::int64_t asset_value, Severity severity) noexcept {
  return asset_value * weight_of(severity);
}

/// The same over the columns of the events table; an index is on exactly this text.
inline constexpr std::string_view kRankSql = "(asset_value * (CASE severity WHEN 0 THEN 1 ELSE severity * 25 END))";

}  // namespace warder::manager
