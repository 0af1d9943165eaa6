// What clocks on the wall show: time zones of the IANA database, as the system has them (RFC 8536).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace warder {

/// A date and time of day without a zone.
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

/// Immutable.
class TimeZone {
 public:
  /// "Asia/Tokyo". Invalid for what is no such name, NotFound when the system does not know it. Reads a file.
  static Result<TimeZone> load(std::string_view name, const std::string& folder = "/usr/share/zoneinfo");
  /// Of the bytes of such a file. Invalid for one whose changes do not reach to 2037 and go on by a rule.
  static Result<TimeZone> parse(ByteView file);
  static TimeZone utc();

  [[nodiscard]] std::chrono::seconds offset_at(Timestamp time) const;
  [[nodiscard]] LocalTime to_local(Timestamp time) const;
  /// The first moment at which clocks show this time or a later one: of an hour that is skipped its end, of one that
  /// comes twice the first.
  [[nodiscard]] Timestamp to_utc(LocalTime local) const;

 private:
  struct Change {
    std::int64_t from;  // seconds since 1970
    std::int64_t offset;
  };
  explicit TimeZone(std::int64_t first_offset, std::vector<Change> changes)
      : first_offset_(first_offset), changes_(std::move(changes)) {}
  std::int64_t first_offset_ = 0;
  std::vector<Change> changes_;  // ascending
};

}  // namespace warder
