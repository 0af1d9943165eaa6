// Declared and unexplained losses: each is noted once in config.db, with the identity of the event that tells it.
#pragma once

#include <span>
#include <vector>

#include "manager/events/sequenced.h"
#include "manager/events/spool_places.h"
#include "manager/events/stored_event.h"
#include "manager/store/db.h"

namespace warder::manager {

struct LossContext {
  const SpoolKey& spool;
  const AgentRef& agent;
  Timestamp received;
};

/// A range that can be: first <= last, and no more events than it has places.
bool is_valid(const LossRange& loss) noexcept;

/// Notes the ranges and returns the events that tell them. A range that was noted before gives the same event again, so
/// that storing it stays idempotent; of a range that has grown, only the new losses are told.
Result<std::vector<StoredEvent>> note_losses(Db& config, const LossContext& context, std::span<const LossRange> losses,
                                             bool explained);

/// All ranges of this spool that reach beyond `after`.
Result<std::vector<LossRange>> known_losses(Db& config, const SpoolKey& spool, std::uint64_t after);

}  // namespace warder::manager
