// What has changed on a host since its baseline, as the stored events tell it, and how far they can tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engines/integrity/net_change.h"
#include "manager/events/event_store.h"
#include "manager/tenancy/tenant_scope.h"
#include "model/ids.h"

namespace warder::manager {

/// From where changes are counted.
enum class ChangesStart : std::uint8_t {
  Baseline,  // the host told that its baseline was complete
  Asked,     // the time that was asked for
  Held,      // the oldest event that is held: the baseline is older
  Cut,       // the oldest of as many events as are read
  Unknown,   // no event is held: nothing is known
};
std::string_view name(ChangesStart start) noexcept;

/// Why there may be changes that are not told.
enum class ChangesGap : std::uint8_t {
  NothingHeld,  // no event of integrity monitoring
  NotHeld,      // events from before are not held any more
  TooMany,      // there are more than are read
  Rebuilt,      // the baseline was lost and built anew: what changed up to then is not known
  Building,     // the same, and it is not complete yet
  Tampered,     // somebody wrote into the baseline
  Unverified,   // whether somebody did cannot be told
  EventsLost,   // the host lost events before it could send them
  NotWatching,  // the module is not in force now
  Offline,      // the host has not been heard of since
};
std::string_view name(ChangesGap gap) noexcept;

struct HostChanges {
  std::optional<Timestamp> since;  // absent: Unknown
  ChangesStart start = ChangesStart::Unknown;
  std::optional<Timestamp> baseline;          // when the host's baseline became complete, if that is held
  std::optional<Timestamp> extended;          // when it last took in more, or less, because its policy changed
  std::vector<ChangesGap> gaps;               // each once; none: what is not told has not changed
  std::int64_t events = 0;                    // that were read
  std::vector<integrity::NetChange> changes;  // the newest first
};

inline constexpr std::size_t kMostChangeEvents = 20'000;

/// Of the agent's events that the scope reaches: since the baseline that is held, or since `from` where that is later.
/// Reads the newest `most` events.
Result<HostChanges> read_host_changes(EventStore& events, const TenantScope& scope, const AgentId& agent,
                                      std::optional<Timestamp> from, std::size_t most = kMostChangeEvents);

}  // namespace warder::manager
