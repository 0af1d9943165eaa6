// Which reconnaissance goes on: an alert opens with the first finding of a kind about a source, and ends by itself when
// no other has come for a while.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engines/firewall/recon.h"

namespace warder::firewall {

struct ReconAlert {
  Recon kind = Recon::PortScan;
  IpAddress source;
  Timestamp began{};
  Timestamp ends{};
  std::int64_t findings = 0;
};

/// Single-threaded. Bounded: of more than kMaxOpen alerts the one that would end first ends at once.
class ReconAlerts {
 public:
  static constexpr std::size_t kMaxOpen = 10'000;

  void note(const ReconFinding& finding, Timestamp now, std::chrono::minutes lasts);
  /// Those that have ended by now.
  std::vector<ReconAlert> take_ended(Timestamp now);
  [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }
  /// [{"kind", "source", "began", "ends", "findings"}], at most 100: those that end last.
  [[nodiscard]] boost::json::array view() const;

 private:
  using Key = std::pair<Recon, IpAddress>;
  void end(const Key& which);

  std::map<Key, ReconAlert> open_;
  std::multimap<Timestamp, Key> ends_;
  std::vector<ReconAlert> ended_;
};

}  // namespace warder::firewall
