#include "manager/notify/rota.h"

#include <algorithm>

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr std::int64_t kMaxShiftDays = 56;
constexpr std::size_t kMaxSkills = 32;
constexpr std::size_t kMaxSkillBytes = 64;
constexpr std::chrono::seconds kLeastWait{60};
constexpr std::chrono::hours kMostWait{24};

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// When the turn with this number begins.
Timestamp turn_begin(const Rota& rota, const TimeZone& zone, const RotaLevel& level, std::int64_t turn) {
  const auto day = rota.first_day + days(turn * level.shift_days);
  return zone.to_utc(LocalTime{day.time_since_epoch() + rota.handover});
}

/// Of the turn that holds at `time`: the last that has begun. Where a handover falls into an hour that comes twice or
/// is skipped, the beginning says so, not the clock on the wall.
std::int64_t turn_at(const Rota& rota, const TimeZone& zone, const RotaLevel& level, Timestamp time) {
  const auto local = zone.to_local(time).time_since_epoch() - rota.handover - rota.first_day.time_since_epoch();
  std::int64_t turn = floor_divide(std::chrono::floor<days>(local).count(), level.shift_days);
  while (turn_begin(rota, zone, level, turn) > time) --turn;
  while (turn_begin(rota, zone, level, turn + 1) <= time) ++turn;
  return turn;
}

UserId user_of(const RotaLevel& level, std::int64_t turn) {
  const auto count = static_cast<std::int64_t>(level.order.size());
  return level.order[static_cast<std::size_t>(turn - floor_divide(turn, count) * count)];
}

bool has_skill(const Rota& rota, const UserId& user, std::string_view skill) {
  const auto member = std::ranges::find(rota.members, user, &RotaMember::user);
  return member != rota.members.end() && member->skills.contains(std::string(skill));
}

Result<void> check_members(const Rota& rota) {
  if (rota.members.size() > kMaxRotaMembers) return fail(ErrorCode::TooLarge, "/members: are too many");
  std::set<UserId> seen;
  for (std::size_t i = 0; i < rota.members.size(); ++i) {
    const std::string place = "/members/" + std::to_string(i);
    if (!seen.insert(rota.members[i].user).second) return fail(ErrorCode::Invalid, place + ": is there twice");
    if (rota.members[i].skills.size() > kMaxSkills) return fail(ErrorCode::TooLarge, place + "/skills: are too many");
    for (const std::string& skill : rota.members[i].skills)
      if (skill.empty() || skill.size() > kMaxSkillBytes)
        return fail(ErrorCode::Invalid, place + "/skills: one is empty or too long");
  }
  return {};
}

Result<void> check_level(const Rota& rota, const RotaLevel& level, const std::string& place) {
  if (level.order.empty()) return fail(ErrorCode::Invalid, place + "/order: has nobody");
  if (level.order.size() > kMaxRotaMembers) return fail(ErrorCode::TooLarge, place + "/order: has too many");
  for (const UserId& user : level.order)
    if (std::ranges::find(rota.members, user, &RotaMember::user) == rota.members.end())
      return fail(ErrorCode::Invalid, place + "/order: " + user.text() + " is no member");
  if (level.shift_days < 1 || level.shift_days > kMaxShiftDays)
    return fail(ErrorCode::Invalid, place + "/shift_days: is not in 1..56");
  if (level.wait < kLeastWait || level.wait > kMostWait)
    return fail(ErrorCode::Invalid, place + "/wait_s: is not in 60..86400");
  return {};
}

}  // namespace

Result<void> check_rota(const Rota& rota) {
  if (rota.name.empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  WD_TRY(TimeZone::load(rota.time_zone).in("/time_zone"));
  if (rota.handover < minutes(0) || rota.handover >= days(1))
    return fail(ErrorCode::Invalid, "/handover: is no time of day");
  WD_TRY(check_members(rota));
  if (rota.levels.empty()) return fail(ErrorCode::Invalid, "/levels: there is none");
  if (rota.levels.size() > kMaxRotaLevels) return fail(ErrorCode::TooLarge, "/levels: are too many");
  for (std::size_t i = 0; i < rota.levels.size(); ++i)
    WD_TRY(check_level(rota, rota.levels[i], "/levels/" + std::to_string(i)));
  return {};
}

Shift shift_at(const Rota& rota, const TimeZone& zone, std::size_t level, Timestamp time) {
  const RotaLevel& turns = rota.levels.at(level);
  const std::int64_t turn = turn_at(rota, zone, turns, time);
  Shift shift{user_of(turns, turn), turn_begin(rota, zone, turns, turn), turn_begin(rota, zone, turns, turn + 1), {}};
  const RotaOverride* holds = nullptr;
  const auto is_later = [&holds](const RotaOverride& each) {
    return holds == nullptr || std::pair{each.made, each.id} > std::pair{holds->made, holds->id};
  };
  for (const RotaOverride& each : rota.overrides)
    if (each.level == level && each.from <= time && time < each.until && is_later(each)) holds = &each;
  if (holds != nullptr) {
    shift.user = holds->user;
    shift.override = holds->id;
  }
  // Wherever any override begins or ends, somebody else may hold.
  for (const RotaOverride& each : rota.overrides) {
    if (each.level != level) continue;
    for (const Timestamp edge : {each.from, each.until}) {
      if (edge <= time) shift.from = std::max(shift.from, edge);
      if (edge > time) shift.until = std::min(shift.until, edge);
    }
  }
  return shift;
}

UserId on_call(const Rota& rota, const TimeZone& zone, std::size_t level, Timestamp time) {
  return shift_at(rota, zone, level, time).user;
}

std::vector<Shift> shifts(const Rota& rota, const TimeZone& zone, std::size_t level, Timestamp from, Timestamp until,
                          std::size_t limit) {
  std::vector<Shift> list;
  for (Timestamp at = from; at < until && list.size() < limit; at = list.back().until)
    list.push_back(shift_at(rota, zone, level, at));
  return list;
}

std::optional<UserId> on_call_with_skill(const Rota& rota, const TimeZone& zone, std::string_view skill,
                                         Timestamp time) {
  for (std::size_t level = 0; level < rota.levels.size(); ++level) {
    const UserId user = on_call(rota, zone, level, time);
    if (has_skill(rota, user, skill)) return user;
  }
  for (const RotaLevel& level : rota.levels)
    for (const UserId& user : level.order)
      if (has_skill(rota, user, skill)) return user;
  return std::nullopt;
}

std::size_t level_after(const Rota& rota, std::chrono::seconds unacknowledged) {
  std::size_t level = 0;
  for (auto wait = rota.levels.front().wait; level + 1 < rota.levels.size() && unacknowledged >= wait;
       wait += rota.levels[level].wait)
    ++level;
  return level;
}

}  // namespace warder::manager
