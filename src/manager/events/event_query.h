// Questions to the event store and their answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "manager/events/filter.h"
#include "manager/events/stored_event.h"

namespace warder::manager {

enum class EventOrder : std::uint8_t { Time, Rank };  // the newest, or the highest rank first

struct EventSelection {
  Filter filter;
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
  EventOrder order = EventOrder::Time;
};

struct EventPage {
  std::vector<StoredEvent> items;  // in the order of the selection; of one rank, newest first
  std::optional<std::string> next_cursor;
};

struct FacetValue {
  FilterValue value;  // enumerators as their word
  std::int64_t count = 0;
};
struct Facet {
  std::string field;
  std::vector<FacetValue> values;  // most frequent first
};
struct Facets {
  std::vector<Facet> facets;
  std::int64_t total = 0;
};

/// Events that have the same values of some fields, told once.
struct EventGroup {
  std::vector<std::optional<FilterValue>> values;  // of the fields, in their order; absent where events have none
  std::int64_t count = 0;
  Timestamp first;
  Timestamp last;
  Severity highest = Severity::Info;
};
struct EventGroups {
  std::vector<EventGroup> groups;
  std::int64_t total = 0;  // of groups; of each month's or partition's the 10,000 largest are counted
};
enum class GroupOrder : std::uint8_t { Count, Last, Severity };  // the most, the latest, the worst first
struct GroupQuery {
  std::size_t limit = 100;
  GroupOrder order = GroupOrder::Count;
};

struct HistogramBucket {
  Timestamp time;
  std::map<Severity, std::int64_t> counts;
};
struct EventHistogram {
  std::chrono::seconds interval{};
  std::vector<HistogramBucket> buckets;  // all of the range, empty ones included
};

}  // namespace warder::manager
