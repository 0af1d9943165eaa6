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

struct EventSelection {
  Filter filter;
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
};

struct EventPage {
  std::vector<StoredEvent> items;  // newest first
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

struct HistogramBucket {
  Timestamp time;
  std::map<Severity, std::int64_t> counts;
};
struct EventHistogram {
  std::chrono::seconds interval{};
  std::vector<HistogramBucket> buckets;  // all of the range, empty ones included
};

}  // namespace warder::manager
