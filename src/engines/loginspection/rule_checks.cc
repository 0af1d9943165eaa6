// The functions that `compiled_rule` names.
#include <algorithm>
#include <array>

#include "engines/loginspection/rule_set.h"

namespace warder::loginspection {

namespace {

bool has_no_two_users(const Event& event) {
  return !event.has(field::kSrcUser) || !event.has(field::kDstUser) ||
         event.value(field::kSrcUser) == event.value(field::kDstUser);
}

bool has_long_id(const Event& event) {
  return event.value(field::kId).size() >= 10;
}

/// The value behind "name…:" up to a tab or two spaces.
std::optional<std::string_view> windows_value(std::string_view log, std::string_view name) {
  const std::size_t found = log.find(name);
  const std::size_t colon = found == std::string_view::npos ? found : log.find(':', found);
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view value = log.substr(colon + 1);
  return value.substr(0, std::min(value.find('\t'), value.find("  ")));
}

bool has_other_caller(const Event& event) {
  const auto target = windows_value(event.value(field::kLog), "Target Account Name");
  const auto caller = windows_value(event.value(field::kLog), "Caller User Name");
  return target && caller && *target != *caller;
}

bool is_simple_http_request(const Event& event) {
  return event.has(field::kUrl) && event.value(field::kUrl).find('?') == std::string_view::npos;
}

bool is_valid_crawler(const Event& event) {
  static constexpr std::array<std::string_view, 8> kNetworks = {"66.249.", "72.14.", "209.85.", "65.55.",
                                                                "207.46.", "74.6.",  "72.30.",  "67.195."};
  return std::any_of(kNetworks.begin(), kNetworks.end(),
                     [&](std::string_view start) { return event.value(field::kLog).starts_with(start); });
}

struct Row {
  std::string_view name;
  Check check;
};
constexpr std::array<Row, 5> kRows = {{{"comp_srcuser_dstuser", has_no_two_users},
                                       {"check_id_size", has_long_id},
                                       {"comp_mswin_targetuser_calleruser_diff", has_other_caller},
                                       {"is_simple_http_request", is_simple_http_request},
                                       {"is_valid_crawler", is_valid_crawler}}};

}  // namespace

Check find_check(std::string_view name) noexcept {
  const auto* const found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.name == name; });
  return found == kRows.end() ? nullptr : found->check;
}

std::string_view name_of_check(Check check) noexcept {
  const auto* const found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.check == check; });
  return found == kRows.end() ? std::string_view() : found->name;
}

}  // namespace warder::loginspection
