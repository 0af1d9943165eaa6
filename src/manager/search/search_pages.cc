#include "manager/search/search_pages.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "manager/fleet/host_fields.h"
#include "manager/net/target.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostFields = 4;
constexpr std::size_t kMaxValue = 255;
// As the contract has them; a query can say more.
constexpr std::size_t kMaxFilter = 8'192;
constexpr std::size_t kMaxRange = 10;
constexpr std::size_t kMaxGroups = 200;

// As the pages' addresses have them (features/*/search.ts of the console); what is open beside the list is not kept.
constexpr std::array<std::string_view, 3> kEventParameters = {"from", "to", "live"};
constexpr std::array<std::string_view, 5> kFleetParameters = {"state", "group", "smart", "protection", "host"};
constexpr std::array<std::string_view, 3> kAlertParameters = {"state", "severity", "rule"};
constexpr std::array<std::string_view, 2> kIncidentParameters = {"state", "severity"};
constexpr std::array<std::string_view, 1> kAuditParameters = {"action"};

constexpr std::array<SearchPage, 5> kPages = {{
    {kEventsPage, "events:read", parse_filter, true, kEventParameters},
    {"fleet", "agents:read", parse_host_filter, false, kFleetParameters},
    {"alerts", "alerts:read", nullptr, false, kAlertParameters},
    {"incidents", "incidents:read", nullptr, false, kIncidentParameters},
    {"audit", "audit:read", nullptr, false, kAuditParameters},
}};

struct Pair {
  std::string name;
  std::string value;
};

bool is_readable(std::string_view text) {
  const auto is_control = [](char each) { return static_cast<unsigned char>(each) < 0x20 || each == 0x7f; };
  return is_utf8(text) && std::ranges::none_of(text, is_control);
}

/// In their order; Invalid for a bad escape, and for a name that is there twice.
Result<std::vector<Pair>> read_pairs(std::string_view query) {
  std::vector<Pair> pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    Pair pair{WD_TRY(percent_decode(part.substr(0, equals), true)),
              WD_TRY(percent_decode(part.substr(std::min(equals + 1, part.size())), true))};
    if (!is_readable(pair.name) || !is_readable(pair.value)) return fail(ErrorCode::Invalid, "is not readable text");
    if (std::ranges::find(pairs, pair.name, &Pair::name) != pairs.end())
      return fail(ErrorCode::Invalid, "'" + pair.name + "' is there twice");
    if (!pair.value.empty()) pairs.push_back(std::move(pair));
  }
  return pairs;
}

/// As a browser writes a form: letters, digits and -._* as they are, a space as +.
std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._*";
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<std::uint8_t>(each);
    if (kPlain.find(each) != std::string_view::npos) {
      out += each;
    } else if (each == ' ') {
      out += '+';
    } else {
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return out;
}

void append(std::string& query, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!query.empty()) query += '&';
  query.append(name).append("=").append(encoded(value));
}

/// The member that a parameter is; nullptr: it is one of the rest.
std::string SearchState::*member_of(const SearchPage& page, std::string_view name) {
  if (name == "filter" && page.parse_filter != nullptr) return &SearchState::filter;
  if (!page.is_of_events) return nullptr;
  if (name == "range") return &SearchState::range;
  if (name == "fold") return &SearchState::group_by;
  if (name == "order") return &SearchState::sort;
  return nullptr;
}

Result<void> check_rest(const SearchPage& page, std::string_view rest) {
  if (rest.size() > kMaxSearchRest) return fail(ErrorCode::Invalid, "is too long");
  for (const Pair& pair : WD_TRY(read_pairs(rest))) {
    if (std::ranges::find(page.parameters, pair.name) == page.parameters.end())
      return fail(ErrorCode::Invalid, "the page has no '" + pair.name + "'");
    if (pair.value.size() > kMaxValue) return fail(ErrorCode::Invalid, "'" + pair.name + "' is too long");
  }
  return {};
}

Result<void> check_groups(std::string_view group_by) {
  if (group_by.empty()) return {};
  const auto keys = split(group_by, ',');
  if (keys.size() > kMostFields) return fail(ErrorCode::Invalid, "more than 4 fields");
  for (const std::string_view key : keys) {
    const FilterField* const field = find_filter_field(std::string(trim(key)));
    if (field == nullptr || field->kind == FilterFieldKind::AnyText)
      return fail(ErrorCode::Invalid, "there is no field '" + std::string(key) + "'");
  }
  return {};
}

Result<void> check_events_only(std::string_view text) {
  if (!text.empty()) return fail(ErrorCode::Invalid, "the page has none");
  return {};
}

}  // namespace

std::span<const SearchPage> search_pages() noexcept {
  return kPages;
}

const SearchPage* find_search_page(std::string_view name) noexcept {
  const auto found = std::ranges::find(kPages, name, &SearchPage::name);
  return found == kPages.end() ? nullptr : &*found;
}

Result<void> check_state(const SearchPage& page, const SearchState& state) {
  if (count_characters(state.filter) > kMaxFilter) return fail(ErrorCode::Invalid, "/filter: is too long");
  if (state.range.size() > kMaxRange) return fail(ErrorCode::Invalid, "/range: is too long");
  if (state.group_by.size() > kMaxGroups) return fail(ErrorCode::Invalid, "/group_by: is too long");
  if (page.parse_filter == nullptr) {
    WD_TRY(check_events_only(state.filter).in("/filter"));
  } else {
    WD_TRY(page.parse_filter(state.filter).in("/filter"));
  }
  if (page.is_of_events) {
    if (!state.range.empty()) WD_TRY(parse_duration(state.range).in("/range"));
    WD_TRY(check_groups(state.group_by).in("/group_by"));
    if (!state.sort.empty() && state.sort != "newest" && state.sort != "rank")
      return fail(ErrorCode::Invalid, "/sort: neither newest nor rank");
  } else {
    WD_TRY(check_events_only(state.range).in("/range"));
    WD_TRY(check_events_only(state.group_by).in("/group_by"));
    WD_TRY(check_events_only(state.sort).in("/sort"));
  }
  return check_rest(page, state.rest).in("/query");
}

Result<SearchState> read_query(const SearchPage& page, std::string_view query) {
  if (query.size() > kMaxSearchQuery) return fail(ErrorCode::Invalid, "/query: is too long");
  SearchState state;
  for (Pair& pair : WD_TRY(read_pairs(query).in("/query"))) {
    if (const auto member = member_of(page, pair.name)) {
      state.*member = std::move(pair.value);
    } else {
      append(state.rest, pair.name, pair.value);
    }
  }
  return state;
}

std::string write_query(const SearchPage& page, const SearchState& state) {
  std::string query;
  append(query, "filter", state.filter);
  if (page.is_of_events) {
    append(query, "range", state.range);
    append(query, "fold", state.group_by);
    if (state.sort == "rank") append(query, "order", state.sort);
  }
  if (!query.empty() && !state.rest.empty()) query += '&';
  return query + state.rest;
}

}  // namespace warder::manager
