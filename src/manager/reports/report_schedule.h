// When a report is made, and of which time: points on the wall of a place, and ranges that end there.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"

namespace warder::manager {

enum class ReportRhythm : std::uint8_t { Day, Week, Month };
std::string_view name(ReportRhythm rhythm) noexcept;  // "day" …

/// Immutable. Where clocks are moved: of an hour that is skipped its end, of one that comes twice the first.
class ReportSchedule {
 public:
  /// {"every": "day|week|month", "weekday": "mon", "day": 1..28 or "last", "at": "HH:MM", "zone": "Asia/Tokyo"}; the
  /// weekday only for weeks, the day only for months. Invalid with the pointer from the object: "/at: …".
  static Result<ReportSchedule> parse(const boost::json::object& object);
  /// The same of what is stored: as in UTC when the host's database no longer has the zone.
  static Result<ReportSchedule> parse_stored(const boost::json::object& object);
  [[nodiscard]] boost::json::object to_json() const;

  /// The first point after that time.
  [[nodiscard]] Timestamp next_after(Timestamp time) const;
  /// The last point that is not after that time.
  [[nodiscard]] Timestamp last_until(Timestamp time) const;

  [[nodiscard]] const std::string& zone_name() const noexcept { return zone_name_; }
  [[nodiscard]] const TimeZone& zone() const noexcept { return zone_; }

 private:
  ReportSchedule(std::string zone_name, TimeZone zone) : zone_name_(std::move(zone_name)), zone_(std::move(zone)) {}
  static Result<ReportSchedule> read(const boost::json::object& object, ReportSchedule schedule);
  /// The point of the day, week or month that is `steps` away from the one that has `day`.
  [[nodiscard]] Timestamp point(std::chrono::local_days day, int steps) const;

  ReportRhythm rhythm_ = ReportRhythm::Day;
  std::chrono::weekday weekday_ = std::chrono::Monday;
  unsigned day_ = 1;  // of the month; 0: its last
  std::chrono::minutes at_{0};
  std::string zone_name_;
  TimeZone zone_;
};

/// [from, to)
struct ReportPeriod {
  Timestamp from;
  Timestamp to;
  friend bool operator==(const ReportPeriod&, const ReportPeriod&) = default;
};

/// Immutable.
class ReportRange {
 public:
  /// "previous-day", "previous-week" (from Monday), "previous-month", or how long until the report is made: "24h",
  /// "7d", up to 366d. Invalid otherwise.
  static Result<ReportRange> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// What a report is about that is made at `occurrence`: whole days, weeks and months are those of the zone.
  [[nodiscard]] ReportPeriod period(Timestamp occurrence, const TimeZone& zone) const;

 private:
  ReportRange(std::string text, std::variant<ReportRhythm, std::chrono::seconds> what)
      : text_(std::move(text)), what_(what) {}
  std::string text_;
  std::variant<ReportRhythm, std::chrono::seconds> what_;
};

}  // namespace warder::manager
