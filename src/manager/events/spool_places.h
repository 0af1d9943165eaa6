// How far each agent's spool is known: the acknowledged sequence, and what explains the gaps.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "manager/events/sequenced.h"
#include "manager/store/db.h"

namespace warder::manager {

struct SpoolKey {
  AgentId agent;
  Bytes epoch;
  friend auto operator<=>(const SpoolKey&, const SpoolKey&) = default;
};

struct SpoolPlace {
  std::uint64_t acknowledged = 0;
  /// The last gap that nothing explained: (first missing, next present). Seen a second time, it is taken for a fact.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> gap;
};

/// How far a batch moves the place.
struct SpoolAdvance {
  SpoolPlace place;
  std::vector<LossRange> unexplained;  // gaps taken for facts
};

/// Pure: `sequences` ascending (repeats allowed), `losses` all ranges known for this spool, by their first sequence.
SpoolAdvance advance(const SpoolPlace& from, std::span<const std::uint64_t> sequences,
                     std::span<const LossRange> losses);

/// The places of one tenant's spools, in memory. Thread-safe.
class SpoolPlaces {
 public:
  /// Adds what a table (agent_id, epoch, acknowledged) knows; the higher place wins.
  Result<void> load(Db& db, std::string_view table);
  [[nodiscard]] SpoolPlace find(const SpoolKey& key) const;
  void set(const SpoolKey& key, const SpoolPlace& place);

 private:
  mutable std::mutex mutex_;  // guards places_
  std::map<SpoolKey, SpoolPlace> places_;
};

/// Writes the place into `table`; never moves it back.
Result<void> write_place(Db& db, std::string_view table, const SpoolKey& key, std::uint64_t acknowledged);

}  // namespace warder::manager
