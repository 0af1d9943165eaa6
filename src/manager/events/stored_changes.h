// Changes of events that are stored already: in parts, so that ingest waits for none of them for long.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "manager/events/event_store.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {

/// As many are written at once.
inline constexpr std::size_t kChangedAtOnce = 500;

/// The event as it is stored now; absent when it is gone.
Result<std::optional<StoredEvent>> read_stored(Db& db, const StoredEvent& listed);

struct StoredChange {
  /// Within a transaction of the event's month: whether the event changed.
  std::function<Result<bool>(Db& db, const StoredEvent& listed)> one;
  /// Before a month's transaction is committed, with how many of it changed; may be empty.
  std::function<Result<void>(std::size_t changed)> before_commit;
};

/// Each month's events in a transaction of its own. Returns how many changed.
Result<std::size_t> change_stored(TenantEvents& open, std::span<const StoredEvent> events, const StoredChange& change);

/// All that `page` lists from a cursor on, until it ends or `limit` were looked at.
Result<RetagResult> change_listed(TenantEvents& open, const std::function<Result<EventPage>(std::string_view)>& page,
                                  const StoredChange& change, std::size_t limit);

}  // namespace warder::manager
