#include "engines/ips/app/conditions.h"

#include <array>

namespace warder::ips::app {

namespace {

// One span per protocol that has such keywords.
constexpr std::array<std::span<const ConditionRow>, 0> kTables{};

}  // namespace

std::span<const std::span<const ConditionRow>> condition_tables() noexcept {
  return kTables;
}

const ConditionRow* find_condition(std::string_view keyword) noexcept {
  for (const auto table : condition_tables()) {
    for (const auto& row : table) {
      if (row.keyword == keyword || (!row.alias.empty() && row.alias == keyword)) return &row;
    }
  }
  return nullptr;
}

}  // namespace warder::ips::app
