// Counts matches over time and decides which of them alert. Bounded; time comes with the packets.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "base/address.h"
#include "base/time.h"
#include "engines/ips/rule.h"

namespace warder::ips {

/// What becomes of a match.
struct ThresholdOutcome {
  bool alerts = true;
  bool acts = true;              // drop and reject take effect even where no alert is written
  std::optional<Action> action;  // rate_filter
};

/// Single-threaded.
class Thresholds {
 public:
  struct Occurrence {
    IpAddress source;
    IpAddress destination;
    std::uint64_t flow = 0;
    Timestamp time;
  };
  ThresholdOutcome count(const Rule& rule, const Occurrence& occurrence);

 private:
  struct Counter {
    Timestamp since;
    std::uint32_t count = 0;
    std::uint32_t next = 0;  // Backoff
    Timestamp acts_until;    // Rate
  };
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::size_t, IpAddress, IpAddress, std::uint64_t>;
  ThresholdOutcome count(const Threshold& threshold, Counter& counter, Timestamp now);

  std::map<Key, Counter> counters_;
};

}  // namespace warder::ips
