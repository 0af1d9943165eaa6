// The pages of the console that searches are kept of, and what the address of each can say.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/events/filter.h"

namespace warder::manager {

struct SearchPage {
  std::string_view name;   // "fleet"
  std::string_view right;  // without it nobody sees searches of the page
  /// The language of its filter; nullptr: its searches have none.
  Result<Filter> (*parse_filter)(std::string_view text);
  bool is_of_events;  // has a range, groups, and an order by time or by rank
  /// What else its address has.
  std::span<const std::string_view> parameters;
};

inline constexpr std::string_view kEventsPage = "events";

std::span<const SearchPage> search_pages() noexcept;
/// nullptr when there is no such page.
const SearchPage* find_search_page(std::string_view name) noexcept;

/// What a page shows, in parts. Together they are all that its address says.
struct SearchState {
  std::string filter{};    // of the page's language; empty: everything
  std::string range{};     // "24h"; empty: as the page has it
  std::string group_by{};  // fields, comma-separated; empty: a list
  std::string sort{};      // "newest" or "rank"; empty: the page's own order
  std::string rest{};      // the page's other parameters, as a query string
  friend bool operator==(const SearchState&, const SearchState&) = default;
};

inline constexpr std::size_t kMaxSearchQuery = 32'768;
inline constexpr std::size_t kMaxSearchRest = 2'048;

/// Invalid with the pointer of the member: a filter that is none of the page's language, a member that the page does
/// not have, a parameter that it does not know, or a value that is no readable text.
Result<void> check_state(const SearchPage& page, const SearchState& state);

/// The parts of the query string of a page's address. Invalid with the pointer "/query".
Result<SearchState> read_query(const SearchPage& page, std::string_view query);
/// The other way round, without the "?": what the address of the page is to say.
std::string write_query(const SearchPage& page, const SearchState& state);

}  // namespace warder::manager
