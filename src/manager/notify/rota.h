// Who is on call: turns of a day or a week, in the time zone of those who take them, on several levels, with skills and
// overrides. Everything here is a function of its input.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "manager/notify/notice.h"
#include "model/ids.h"

namespace warder::manager {

using RotaId = Id<struct RotaTag>;
using RotaOverrideId = Id<struct RotaOverrideTag>;

struct RotaMember {
  UserId user;
  std::set<std::string> skills;  // "forensics", "database"
  friend bool operator==(const RotaMember&, const RotaMember&) = default;
};

/// A level of escalation: people who take turns.
struct RotaLevel {
  std::vector<UserId> order;       // each a member; somebody at least
  std::int64_t shift_days = 7;     // a turn: 1 by day, 7 by week
  std::chrono::seconds wait{900};  // for an acknowledgement, before the next level is told
  friend bool operator==(const RotaLevel&, const RotaLevel&) = default;
};

/// Somebody stands in.
struct RotaOverride {
  RotaOverrideId id;
  std::size_t level = 0;
  UserId user;
  Timestamp from{};
  Timestamp until{};
  Timestamp made{};
};

struct Rota {
  RotaId id;
  std::string name;
  std::string time_zone = "UTC";
  std::chrono::sys_days first_day{};   // by the clocks of the time zone: the first of each level begins here
  std::chrono::minutes handover{540};  // time of day at which turns change
  NoticeChannelId channel;             // through which people are told
  std::vector<RotaMember> members;
  std::vector<RotaLevel> levels;        // at least one
  std::vector<RotaOverride> overrides;  // of one moment the last made holds
  Timestamp created{};
  std::int64_t version = 1;
};

struct Shift {
  UserId user;
  Timestamp from{};
  Timestamp until{};
  std::optional<RotaOverrideId> override;
};

inline constexpr std::size_t kMaxRotaLevels = 8;
inline constexpr std::size_t kMaxRotaMembers = 100;

/// Invalid, with a JSON pointer, for what cannot be a rota: no level, a level without people, somebody who is no
/// member, a time zone that the system does not know.
Result<void> check_rota(const Rota& rota);

/// Exactly one, at any time, before the first day as well: turns are counted backwards too. The rota is checked, the
/// level there, and `zone` that of the rota.
UserId on_call(const Rota& rota, const TimeZone& zone, std::size_t level, Timestamp time);
/// The turn or the part of it, between overrides, that holds at `time`.
Shift shift_at(const Rota& rota, const TimeZone& zone, std::size_t level, Timestamp time);
/// From the one at `from` to the one at `until`, without gaps; at most `limit`.
std::vector<Shift> shifts(const Rota& rota, const TimeZone& zone, std::size_t level, Timestamp from, Timestamp until,
                          std::size_t limit = 400);

/// Who has the skill and is the next to ask: the one on call at the lowest level, else the first of a level in order.
/// Nobody: nobody in this rota has it.
std::optional<UserId> on_call_with_skill(const Rota& rota, const TimeZone& zone, std::string_view skill,
                                         Timestamp time);

/// The level to be told when nobody has acknowledged for so long, counted from 0; the last one when all were told.
std::size_t level_after(const Rota& rota, std::chrono::seconds unacknowledged);

}  // namespace warder::manager
