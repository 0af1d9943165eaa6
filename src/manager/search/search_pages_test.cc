#include "manager/search/search_pages.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace warder::manager {
namespace {

const SearchPage& page(std::string_view name) {
  return *find_search_page(name);
}

std::string refusal(std::string_view name, const SearchState& state) {
  const auto checked = check_state(page(name), state);
  return checked ? "" : checked.error().message;
}

TEST(SearchPages, TakeEachTheirOwnLanguageOfFilters) {
  EXPECT_EQ(refusal("events", {.filter = "severity>=high"}), "");
  EXPECT_EQ(refusal("fleet", {.filter = "os:debian and module.ips=on"}), "");
  EXPECT_TRUE(refusal("fleet", {.filter = "severity>=high"}).starts_with("/filter")) << "hosts have no severity";
  EXPECT_TRUE(refusal("events", {.filter = "module.ips=on"}).starts_with("/filter"));
  EXPECT_EQ(refusal("alerts", {.filter = "severity>=high"}), "/filter: the page has none");
}

TEST(SearchPages, HaveRangesGroupsAndOrdersForEventsAlone) {
  EXPECT_EQ(refusal("events", {.range = "7d", .group_by = "host.name,type", .sort = "rank"}), "");
  EXPECT_TRUE(refusal("events", {.sort = "loudest"}).starts_with("/sort"));
  EXPECT_TRUE(refusal("events", {.group_by = "nothing"}).starts_with("/group_by"));
  EXPECT_TRUE(refusal("events", {.group_by = "type,type,type,type,type"}).starts_with("/group_by"));
  EXPECT_TRUE(refusal("fleet", {.range = "7d"}).starts_with("/range"));
  EXPECT_TRUE(refusal("audit", {.group_by = "type"}).starts_with("/group_by"));
  EXPECT_TRUE(refusal("incidents", {.sort = "rank"}).starts_with("/sort"));
}

TEST(SearchPages, SplitTheirAddressAndWriteItAgain) {
  const std::string query = "filter=severity%3E%3Dhigh+and+%22%E6%9D%B1%22&range=7d&fold=host.name&order=rank&live=1";
  const SearchState state = read_query(page("events"), query).value();
  EXPECT_EQ(state, (SearchState{"severity>=high and \"東\"", "7d", "host.name", "rank", "live=1"}));
  EXPECT_EQ(write_query(page("events"), state), query);
  const SearchState fleet = read_query(page("fleet"), "state=offline&filter=os%3Adebian&host=web").value();
  EXPECT_EQ(fleet, (SearchState{.filter = "os:debian", .rest = "state=offline&host=web"}));
  EXPECT_EQ(write_query(page("fleet"), fleet), "filter=os%3Adebian&state=offline&host=web");
  EXPECT_EQ(write_query(page("events"), {.sort = "newest"}), "") << "the page's own order";
}

TEST(SearchPages, EachParameterOfAPageComesBackAsItWas) {
  for (const SearchPage& each : search_pages()) {
    for (const std::string_view name : each.parameters) {
      SCOPED_TRACE(std::string(each.name) + " " + std::string(name));
      const std::string query = std::string(name) + "=a%26b%3D%25+c";
      const auto state = read_query(each, query);
      ASSERT_TRUE(state);
      EXPECT_TRUE(check_state(each, *state));
      EXPECT_EQ(write_query(each, *state), query);
    }
  }
}

TEST(SearchPages, RefuseAddressesThatAreNotTheirOwn) {
  const auto refused = [](std::string_view name, std::string_view query) {
    const auto state = read_query(page(name), query);
    return state ? refusal(name, *state) : state.error().message;
  };
  EXPECT_EQ(refused("fleet", "color=red"), "/query: the page has no 'color'");
  EXPECT_EQ(refused("audit", "filter=x"), "/query: the page has no 'filter'");
  EXPECT_EQ(refused("fleet", "state=online&state=offline"), "/query: 'state' is there twice");
  EXPECT_EQ(refused("fleet", "host=a%00b"), "/query: is not readable text");
  EXPECT_EQ(refused("fleet", "host=a%0Ab"), "/query: is not readable text");
  EXPECT_EQ(refused("fleet", "host=%ff"), "/query: is not readable text");
  EXPECT_TRUE(refused("fleet", "host=%4").starts_with("/query"));
  EXPECT_EQ(refused("fleet", "host=" + std::string(256, 'a')), "/query: 'host' is too long");
  EXPECT_EQ(refused("events", "filter=" + std::string(kMaxSearchQuery, 'a')), "/query: is too long");
  EXPECT_EQ(refused("events", "filter=" + std::string(8193, 'a')), "/filter: is too long");
  EXPECT_EQ(refused("events", "range=" + std::string(10, '0') + "1h"), "/range: is too long");
  EXPECT_EQ(refused("events", "fold=" + std::string(201, 'a')), "/group_by: is too long");
  EXPECT_EQ(refused("fleet", "host=" + std::string(255, 'a')), "");
}

}  // namespace
}  // namespace warder::manager
