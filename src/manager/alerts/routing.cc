#include "manager/alerts/routing.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/schedule.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::string hour_text(minutes time) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(time.count() / 60) + ":" + two(time.count() % 60);
}

std::string days_text(unsigned bits) {
  std::string text;
  for (unsigned i = 0; i < kDays.size(); ++i)
    if ((bits >> i & 1U) != 0) text += (text.empty() ? "" : ",") + std::string(kDays.at(i));
  return text;
}

Result<void> read_string(const json::object& object, std::string_view key, std::string& value) {
  if (object.contains(key)) value = WD_TRY(get_string(object, key));
  if (value.size() > 1000) return fail(ErrorCode::TooLarge, "/" + std::string(key) + ": is too long");
  return {};
}

Result<std::vector<std::string>> strings_in(const json::object& object, std::string_view key) {
  std::vector<std::string> list;
  for (const json::value& each : *WD_TRY(get_array(object, key))) {
    if (!each.is_string()) return fail(ErrorCode::Invalid, "/" + std::string(key) + ": is no list of texts");
    list.emplace_back(each.get_string());
  }
  return list;
}

Result<void> read_hours(const json::object& object, AlertRoute& route) {
  if (object.contains("days")) {
    route.days = WD_TRY(parse_days(WD_TRY(get_string(object, "days"))).in("/days"));
    if (route.days == 0) return fail(ErrorCode::Invalid, "/days: names none");
  }
  if (object.contains("from")) route.from = WD_TRY(parse_hour(WD_TRY(get_string(object, "from"))).in("/from"));
  if (object.contains("until")) route.until = WD_TRY(parse_hour(WD_TRY(get_string(object, "until"))).in("/until"));
  if (route.from == route.until) return fail(ErrorCode::Invalid, "/until: is the same time as from");
  WD_TRY(read_string(object, "time_zone", route.time_zone));
  WD_TRY(TimeZone::load(route.time_zone).in("/time_zone"));
  return {};
}

Result<void> read_time(const json::object& object, std::string_view key, Timestamp& time) {
  if (object.contains(key)) time = WD_TRY(parse_rfc3339(WD_TRY(get_string(object, key))).in("/" + std::string(key)));
  return {};
}

}  // namespace

Result<void> read_route(const json::object& object, AlertRoute& route) {
  if (object.contains("enabled")) route.is_enabled = WD_TRY(get_bool(object, "enabled"));
  if (object.contains("severity"))
    route.least = WD_TRY(parse_severity(WD_TRY(get_string(object, "severity"))).in("/severity"));
  if (object.contains("rules")) {
    const auto rules = WD_TRY(strings_in(object, "rules"));
    route.rules = {rules.begin(), rules.end()};
  }
  WD_TRY(read_hours(object, route));
  if (object.contains("channels")) {
    route.channels.clear();
    for (const std::string& each : WD_TRY(strings_in(object, "channels")))
      route.channels.push_back(WD_TRY(parse_id<NoticeChannelId>(each).in("/channels")));
  }
  if (object.contains("rota")) {
    std::string rota;
    if (!object.at("rota").is_null()) WD_TRY(read_string(object, "rota", rota));
    route.rota.reset();
    if (!rota.empty()) route.rota = WD_TRY(parse_id<RotaId>(rota).in("/rota"));
  }
  if (route.channels.empty() && !route.rota)
    return fail(ErrorCode::Invalid, "/channels: is empty, and there is no rota");
  return {};
}

Result<void> read_silence(const json::object& object, AlertSilence& silence) {
  WD_TRY(read_string(object, "rule", silence.rule));
  if (object.contains("group")) {
    silence.group.clear();
    for (const auto& [key, value] : *WD_TRY(get_object(object, "group"))) {
      if (!value.is_string()) return fail(ErrorCode::Invalid, "/group/" + std::string(key) + ": is no text");
      silence.group[std::string(key)] = value.get_string();
    }
  }
  WD_TRY(read_time(object, "from", silence.from));
  WD_TRY(read_time(object, "until", silence.until));
  WD_TRY(read_string(object, "reason", silence.reason));
  WD_TRY(read_string(object, "owner", silence.owner));
  if (silence.reason.empty()) return fail(ErrorCode::Invalid, "/reason: is empty");
  if (silence.until <= silence.from) return fail(ErrorCode::Invalid, "/until: is not behind its beginning");
  if (silence.until - silence.from > kLongestSilence)
    return fail(ErrorCode::Invalid, "/until: a silence lasts 31 days at most");
  return {};
}

Result<void> read_heartbeat(const json::object& object, AlertHeartbeat& heartbeat) {
  if (object.contains("enabled")) heartbeat.is_enabled = WD_TRY(get_bool(object, "enabled"));
  std::string channel = heartbeat.channel.is_nil() ? "" : heartbeat.channel.text();
  WD_TRY(read_string(object, "channel", channel));
  heartbeat.channel = WD_TRY(parse_id<NoticeChannelId>(channel).in("/channel"));
  if (!object.contains("interval_s")) return {};
  const std::int64_t interval = WD_TRY(get_int(object, "interval_s"));
  if (interval < 10 || interval > 604'800) return fail(ErrorCode::Invalid, "/interval_s: is not in 10..604800");
  heartbeat.interval = seconds(interval);
  return {};
}

json::object to_json(const AlertRoute& route) {
  json::array rules;
  for (const std::string& each : route.rules) rules.emplace_back(each);
  json::array channels;
  for (const NoticeChannelId& each : route.channels) channels.emplace_back(each.text());
  return {{"enabled", route.is_enabled},
          {"severity", name(route.least)},
          {"rules", std::move(rules)},
          {"days", days_text(route.days)},
          {"from", hour_text(route.from)},
          {"until", hour_text(route.until)},
          {"time_zone", route.time_zone},
          {"channels", std::move(channels)},
          {"rota", route.rota ? json::value(route.rota->text()) : json::value()}};
}

json::object to_json(const AlertSilence& silence) {
  json::object group;
  for (const auto& [key, value] : silence.group) group[key] = value;
  return {{"rule", silence.rule},
          {"group", std::move(group)},
          {"from", to_rfc3339(silence.from)},
          {"until", to_rfc3339(silence.until)},
          {"reason", silence.reason},
          {"owner", silence.owner}};
}

json::object to_json(const AlertHeartbeat& heartbeat) {
  return {{"enabled", heartbeat.is_enabled},
          {"channel", heartbeat.channel.text()},
          {"interval_s", heartbeat.interval.count()}};
}

bool takes(const AlertRoute& route, const TimeZone& zone, const AlertFacts& alert, Timestamp now) {
  if (!route.is_enabled || alert.severity < route.least) return false;
  if (!route.rules.empty() && !route.rules.contains(alert.rule)) return false;
  const LocalTime local = zone.to_local(now);
  const auto day = std::chrono::floor<days>(local);
  const auto time = std::chrono::floor<minutes>(local - day);
  const auto is_day = [&route](std::chrono::local_days which) {
    return (route.days >> std::chrono::weekday{which}.c_encoding() & 1U) != 0;
  };
  if (route.from < route.until) return is_day(day) && time >= route.from && time < route.until;
  return (is_day(day) && time >= route.from) || (is_day(day - days(1)) && time < route.until);
}

bool silences(const AlertSilence& silence, const AlertFacts& alert, Timestamp now) {
  if (now < silence.from || now >= silence.until) return false;
  if (!silence.rule.empty() && silence.rule != alert.rule) return false;
  return std::ranges::all_of(silence.group, [&alert](const auto& wanted) {
    const auto found = alert.group.find(wanted.first);
    return found != alert.group.end() && found->second == wanted.second;
  });
}

}  // namespace warder::manager
