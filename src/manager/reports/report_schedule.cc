#include "manager/reports/report_schedule.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/schedule.h"
#include "base/text.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::local_days;

constexpr std::array<std::string_view, 3> kRhythms = {"day", "week", "month"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr unsigned kLatestDay = 28;  // that every month has

local_days monday_of(local_days day) {
  return day - (std::chrono::weekday{day} - std::chrono::Monday);
}

std::chrono::year_month month_of(local_days day) {
  const std::chrono::year_month_day date{day};
  return date.year() / date.month();
}

/// The first day of the day, week or month that is `steps` away from the one that has `day`.
local_days start_of(ReportRhythm rhythm, local_days day, int steps) {
  switch (rhythm) {
    case ReportRhythm::Day:
      return day + days{steps};
    case ReportRhythm::Week:
      return monday_of(day) + std::chrono::weeks{steps};
    case ReportRhythm::Month:
      return local_days{(month_of(day) + std::chrono::months{steps}) / 1};
  }
  return day;
}

Result<ReportRhythm> parse_rhythm(std::string_view text) {
  const auto* const found = std::ranges::find(kRhythms, text);
  if (found == kRhythms.end()) return fail(ErrorCode::Invalid, "/every: day, week or month is expected");
  return static_cast<ReportRhythm>(found - kRhythms.begin());
}

Result<std::chrono::weekday> parse_weekday(std::string_view text) {
  const auto* const found = std::ranges::find(kWeekdays, text);
  if (found == kWeekdays.end()) return fail(ErrorCode::Invalid, "/weekday: a day like mon is expected");
  return std::chrono::weekday{static_cast<unsigned>(found - kWeekdays.begin())};
}

/// 0: the last.
Result<unsigned> parse_day_of_month(const json::value& value) {
  if (value.is_string() && value.get_string() == "last") return 0U;
  if (value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= kLatestDay)
    return static_cast<unsigned>(value.get_int64());
  return fail(ErrorCode::Invalid, "/day: 1 to 28 or \"last\" is expected");
}

Result<std::chrono::minutes> parse_at(std::string_view text) {
  const auto at = WD_TRY(parse_hour(text).in("/at"));
  if (at == days{1}) return fail(ErrorCode::Invalid, "/at: 24:00 is 00:00 of the next day");
  return at;
}

std::string clock_text(std::chrono::minutes at) {
  const auto two_digits = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two_digits(at.count() / 60) + ":" + two_digits(at.count() % 60);
}

Result<void> check_members(const json::object& object, ReportRhythm rhythm) {
  if (object.contains("weekday") != (rhythm == ReportRhythm::Week))
    return fail(ErrorCode::Invalid, "/weekday: is for weeks, and only for them");
  if (object.contains("day") != (rhythm == ReportRhythm::Month))
    return fail(ErrorCode::Invalid, "/day: is for months, and only for them");
  return {};
}

}  // namespace

std::string_view name(ReportRhythm rhythm) noexcept {
  return kRhythms.at(static_cast<std::size_t>(rhythm));
}

Result<ReportSchedule> ReportSchedule::parse(const json::object& object) {
  const std::string zone_name{WD_TRY(get_string(object, "zone"))};
  auto zone = TimeZone::load(zone_name);
  if (!zone) return fail(ErrorCode::Invalid, "/zone: " + zone.error().message);
  return read(object, {zone_name, std::move(*zone)});
}

Result<ReportSchedule> ReportSchedule::parse_stored(const json::object& object) {
  const std::string zone_name{WD_TRY(get_string(object, "zone"))};
  return read(object, {zone_name, TimeZone::load(zone_name).value_or(TimeZone::utc())});
}

Result<ReportSchedule> ReportSchedule::read(const json::object& object, ReportSchedule schedule) {
  schedule.rhythm_ = WD_TRY(parse_rhythm(WD_TRY(get_string(object, "every"))));
  WD_TRY(check_members(object, schedule.rhythm_));
  if (schedule.rhythm_ == ReportRhythm::Week)
    schedule.weekday_ = WD_TRY(parse_weekday(WD_TRY(get_string(object, "weekday"))));
  if (schedule.rhythm_ == ReportRhythm::Month) schedule.day_ = WD_TRY(parse_day_of_month(object.at("day")));
  schedule.at_ = WD_TRY(parse_at(WD_TRY(get_string(object, "at"))));
  return schedule;
}

json::object ReportSchedule::to_json() const {
  json::object object{{"every", name(rhythm_)}, {"at", clock_text(at_)}, {"zone", zone_name_}};
  if (rhythm_ == ReportRhythm::Week) object["weekday"] = kWeekdays.at(weekday_.c_encoding());
  if (rhythm_ == ReportRhythm::Month) object["day"] = day_ == 0 ? json::value("last") : json::value(std::int64_t{day_});
  return object;
}

Timestamp ReportSchedule::point(local_days day, int steps) const {
  local_days on = start_of(rhythm_, day, steps);
  if (rhythm_ == ReportRhythm::Week) on += weekday_ - std::chrono::Monday;
  if (rhythm_ == ReportRhythm::Month)
    on = day_ == 0 ? start_of(rhythm_, day, steps + 1) - days{1} : on + days{day_ - 1};
  return zone_.to_utc(LocalTime{on} + at_);
}

Timestamp ReportSchedule::next_after(Timestamp time) const {
  const auto day = std::chrono::floor<days>(zone_.to_local(time));
  int steps = -1;
  while (point(day, steps) <= time) ++steps;
  return point(day, steps);
}

Timestamp ReportSchedule::last_until(Timestamp time) const {
  const auto day = std::chrono::floor<days>(zone_.to_local(time));
  int steps = 1;
  while (point(day, steps) > time) --steps;
  return point(day, steps);
}

Result<ReportRange> ReportRange::parse(std::string_view text) {
  constexpr std::string_view kPrevious = "previous-";
  if (text.starts_with(kPrevious)) {
    const auto* const found = std::ranges::find(kRhythms, text.substr(kPrevious.size()));
    if (found != kRhythms.end())
      return ReportRange{std::string(text), static_cast<ReportRhythm>(found - kRhythms.begin())};
  }
  const auto length = parse_duration(text);
  if (!length || *length <= std::chrono::seconds{0} || *length > days{366})
    return fail(ErrorCode::Invalid, "previous-day, previous-week, previous-month or up to 366d is expected, as 7d");
  return ReportRange{std::string(text), *length};
}

ReportPeriod ReportRange::period(Timestamp occurrence, const TimeZone& zone) const {
  if (const auto* length = std::get_if<std::chrono::seconds>(&what_)) return {occurrence - *length, occurrence};
  const auto rhythm = std::get<ReportRhythm>(what_);
  const auto day = std::chrono::floor<days>(zone.to_local(occurrence));
  const auto starts = [&](int steps) { return zone.to_utc(LocalTime{start_of(rhythm, day, steps)}); };
  return {starts(-1), starts(0)};
}

}  // namespace warder::manager
