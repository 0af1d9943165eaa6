#include "host/scheduled_jobs.h"

#include <charconv>

#include "base/text.h"
#include "base/time.h"
#include "host/lines.h"

namespace warder::host {
namespace {

// "NAME=value" or "NAME = value": an environment setting and no job.
bool is_setting(std::string_view line) noexcept {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = trim(line.substr(0, equals));
  return !name.empty() && name.find_first_of(" \t*@/,") == std::string_view::npos &&
         (name.front() < '0' || name.front() > '9');
}

constexpr bool can_start_schedule(char c) noexcept {
  return (c >= '0' && c <= '9') || c == '*' || c == '@' || c == '-';
}

}  // namespace

std::string_view name(JobKind kind) noexcept {
  switch (kind) {
    case JobKind::Crontab:
      return "crontab";
    case JobKind::UserCrontab:
      return "user-crontab";
    case JobKind::Periodic:
      return "periodic";
    case JobKind::Timer:
      return "timer";
    case JobKind::At:
      return "at";
  }
  return "crontab";
}

std::vector<ScheduledJob> parse_crontab(std::string_view text, bool has_user, std::string_view user) {
  std::vector<ScheduledJob> jobs;
  while (!text.empty() && jobs.size() < kMaxJobs) {
    std::string_view line = trim(take_line(text));
    if (line.empty() || line.front() == '#' || is_setting(line) || !can_start_schedule(line.front())) continue;
    ScheduledJob job;
    job.kind = has_user ? JobKind::Crontab : JobKind::UserCrontab;
    const int fields = line.front() == '@' ? 1 : 5;
    for (int i = 0; i < fields; ++i) {
      if (i > 0) job.schedule += ' ';
      job.schedule += take_word(line);
    }
    job.user = has_user ? take_word(line) : user;
    job.command = trim(line);
    if (job.user.empty() || job.command.empty()) continue;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

std::string at_time(std::string_view file_name) {
  // One letter of the queue, five hex digits of the job, eight of the minute (at's atd.c).
  if (file_name.size() != 14) return {};
  std::uint32_t minutes = 0;
  const std::string_view digits = file_name.substr(6);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minutes, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  constexpr std::int64_t kMicrosPerMinute = 60'000'000;
  return to_rfc3339(from_micros(static_cast<std::int64_t>(minutes) * kMicrosPerMinute));
}

}  // namespace warder::host
