#include "manager/events/spool_places.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

/// The last sequence up to which the ranges (ascending) cover everything from `first` on; `first` - 1 when not even
/// that.
std::uint64_t covered_until(std::uint64_t first, std::span<const LossRange> losses, bool only_whole) {
  std::uint64_t next = first;
  for (const LossRange& loss : losses) {
    if (loss.first_sequence > next) break;
    const bool is_whole = loss.events == loss.last_sequence - loss.first_sequence + 1;
    if (loss.last_sequence >= next && (is_whole || !only_whole)) next = loss.last_sequence + 1;
  }
  return next - 1;
}

}  // namespace

SpoolAdvance advance(const SpoolPlace& from, std::span<const std::uint64_t> sequences,
                     std::span<const LossRange> losses) {
  SpoolAdvance result{.place = {.acknowledged = from.acknowledged, .gap = std::nullopt}, .unexplained = {}};
  std::uint64_t& known = result.place.acknowledged;
  for (const std::uint64_t sequence : sequences) {
    if (sequence <= known) continue;
    if (sequence > known + 1 && covered_until(known + 1, losses, false) + 1 < sequence) {
      const std::pair gap{known + 1, sequence};
      if (from.gap != gap) {
        result.place.gap = gap;
        return result;
      }
      result.unexplained.push_back({known + 1, sequence - 1, sequence - known - 1, Severity::High});
    }
    known = sequence;
  }
  // What was evicted behind the last event is only known to be gone when all of its range is.
  known = covered_until(known + 1, losses, true);
  return result;
}

Result<void> SpoolPlaces::load(Db& db, std::string_view table) {
  const StmtHandle statement = WD_TRY(db.prepare("SELECT agent_id, epoch, acknowledged FROM " + std::string{table}));
  const std::scoped_lock lock{mutex_};
  while (const Row* row = WD_TRY(statement->step())) {
    const SpoolKey key{AgentId{WD_TRY(uuid_from_bytes(row->bytes(0)))}, row->bytes(1)};
    SpoolPlace& place = places_[key];
    place.acknowledged = std::max(place.acknowledged, static_cast<std::uint64_t>(row->integer(2)));
  }
  return {};
}

SpoolPlace SpoolPlaces::find(const SpoolKey& key) const {
  const std::scoped_lock lock{mutex_};
  const auto found = places_.find(key);
  return found == places_.end() ? SpoolPlace{} : found->second;
}

void SpoolPlaces::set(const SpoolKey& key, const SpoolPlace& place) {
  const std::scoped_lock lock{mutex_};
  places_[key] = place;
}

Result<void> write_place(Db& db, std::string_view table, const SpoolKey& key, std::uint64_t acknowledged) {
  const StmtHandle statement =
      WD_TRY(db.prepare("INSERT INTO " + std::string{table} +
                        " (agent_id, epoch, acknowledged) VALUES (?1, ?2, ?3) ON CONFLICT (agent_id, epoch) "
                        "DO UPDATE SET acknowledged = excluded.acknowledged WHERE " +
                        std::string{table} + ".acknowledged < excluded.acknowledged"));
  const std::array<DbView, 3> values = {ByteView{key.agent.uuid.bytes}, ByteView{key.epoch},
                                        static_cast<std::int64_t>(acknowledged)};
  WD_TRY(statement->run(values));
  return {};
}

}  // namespace warder::manager
