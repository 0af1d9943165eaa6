#include <algorithm>

#include "base/json.h"
#include "base/schedule.h"
#include "manager/notify/rotas.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;

std::string hour_text(std::chrono::minutes time) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(time.count() / 60) + ":" + two(time.count() % 60);
}

std::string day_text(std::chrono::sys_days day) {
  return to_rfc3339(Timestamp{day}).substr(0, 10);
}

Result<UserId> user_in(const json::value& value, const std::string& place) {
  if (!value.is_string()) return fail(ErrorCode::Invalid, place + ": is no id of a user");
  return parse_id<UserId>(value.get_string()).in(place);
}

Result<std::vector<RotaMember>> read_members(const json::array& list) {
  std::vector<RotaMember> members;
  for (const json::value& each : list) {
    const std::string place = "/members/" + std::to_string(members.size());
    if (!each.is_object()) return fail(ErrorCode::Invalid, place + ": is no member");
    RotaMember member;
    const json::value* const user = find(each.get_object(), "user");
    member.user = WD_TRY(user_in(user == nullptr ? json::value() : *user, place + "/user"));
    if (const json::value* skills = find(each.get_object(), "skills")) {
      if (!skills->is_array()) return fail(ErrorCode::Invalid, place + "/skills: is no list");
      for (const json::value& skill : skills->get_array()) {
        if (!skill.is_string()) return fail(ErrorCode::Invalid, place + "/skills: one is no text");
        member.skills.emplace(skill.get_string());
      }
    }
    members.push_back(std::move(member));
  }
  return members;
}

Result<std::vector<RotaLevel>> read_levels(const json::array& list) {
  std::vector<RotaLevel> levels;
  for (const json::value& each : list) {
    const std::string place = "/levels/" + std::to_string(levels.size());
    if (!each.is_object()) return fail(ErrorCode::Invalid, place + ": is no level");
    RotaLevel level;
    for (const json::value& user : *WD_TRY(get_array(each.get_object(), "order").in(place)))
      level.order.push_back(WD_TRY(user_in(user, place + "/order")));
    if (each.get_object().contains("shift_days"))
      level.shift_days = WD_TRY(get_int(each.get_object(), "shift_days").in(place));
    if (each.get_object().contains("wait_s")) {
      const std::int64_t wait = WD_TRY(get_int(each.get_object(), "wait_s").in(place));
      level.wait = seconds(std::clamp<std::int64_t>(wait, -1, 1'000'000));
    }
    levels.push_back(std::move(level));
  }
  return levels;
}

}  // namespace

json::object rota_plan_to_json(const Rota& rota) {
  json::array members;
  for (const RotaMember& each : rota.members) {
    json::array skills;
    for (const std::string& skill : each.skills) skills.emplace_back(skill);
    members.push_back(json::object{{"user", each.user.text()}, {"skills", std::move(skills)}});
  }
  json::array levels;
  for (const RotaLevel& each : rota.levels) {
    json::array order;
    for (const UserId& user : each.order) order.emplace_back(user.text());
    levels.push_back(
        json::object{{"order", std::move(order)}, {"shift_days", each.shift_days}, {"wait_s", each.wait.count()}});
  }
  return {{"time_zone", rota.time_zone},          {"first_day", day_text(rota.first_day)},
          {"handover", hour_text(rota.handover)}, {"channel", rota.channel.text()},
          {"members", std::move(members)},        {"levels", std::move(levels)}};
}

Result<void> read_rota_plan(const json::object& plan, Rota& rota) {
  if (plan.contains("time_zone")) rota.time_zone = WD_TRY(get_string(plan, "time_zone"));
  if (plan.contains("first_day")) {
    const std::string day(WD_TRY(get_string(plan, "first_day")));
    rota.first_day = std::chrono::floor<std::chrono::days>(WD_TRY(parse_rfc3339(day + "T00:00:00Z").in("/first_day")));
  }
  if (plan.contains("handover"))
    rota.handover = WD_TRY(parse_hour(WD_TRY(get_string(plan, "handover"))).in("/handover"));
  if (plan.contains("channel"))
    rota.channel = WD_TRY(parse_id<NoticeChannelId>(WD_TRY(get_string(plan, "channel"))).in("/channel"));
  if (plan.contains("members")) rota.members = WD_TRY(read_members(*WD_TRY(get_array(plan, "members"))));
  if (plan.contains("levels")) rota.levels = WD_TRY(read_levels(*WD_TRY(get_array(plan, "levels"))));
  return {};
}

}  // namespace warder::manager
