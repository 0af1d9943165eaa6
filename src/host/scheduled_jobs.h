// What runs by the clock: crontabs, periodic directories, systemd timers, at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace warder::host {

enum class JobKind : std::uint8_t { Crontab, UserCrontab, Periodic, Timer, At };
/// "crontab", "user-crontab", "periodic", "timer", "at".
std::string_view name(JobKind kind) noexcept;

struct ScheduledJob {
  JobKind kind = JobKind::Crontab;
  std::string path;  // of the file that says so
  std::string user;
  std::string schedule;  // "17 * * * *", "@reboot", "daily", "OnCalendar=hourly"; of at: the time as RFC 3339
  std::string command;
  friend bool operator==(const ScheduledJob&, const ScheduledJob&) = default;
};

inline constexpr std::size_t kMaxJobs = 20'000;
/// A crontab(5). With `has_user` (/etc/crontab, cron.d) the sixth field names the user; else it is `user`.
std::vector<ScheduledJob> parse_crontab(std::string_view text, bool has_user, std::string_view user = "root");
/// "a0000201b0f4a3": queue, number and minutes since 1970 of a file in at's spool, as RFC 3339; empty: it is none.
std::string at_time(std::string_view file_name);

}  // namespace warder::host
