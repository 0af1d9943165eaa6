// Whether somebody would hear of it: alerts, the daily review, the stream that operators cannot change.
#include <algorithm>
#include <thread>

#include "manager/events/own_event.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kArrival{30};
constexpr std::size_t kReviewedDays = 90;

/// Calls `look` until it is true or the time is over.
Result<bool> comes_true(const std::stop_token& stop, const std::function<Result<bool>()>& look) {
  const auto until = std::chrono::steady_clock::now() + kArrival;
  while (std::chrono::steady_clock::now() < until) {
    if (stop.stop_requested()) return fail(ErrorCode::Unavailable, "was not finished");
    if (WD_TRY(look())) return true;
    std::this_thread::sleep_for(milliseconds(200));
  }
  return false;
}

/// The outbox's end behind an event that was made for this.
Result<OutboxPlace> make_canary(const CheckParts& parts, const TenantScope& scope) {
  WD_TRY(parts.events.record(scope, make_own_event(parts.clock.now(), "trust.canary", Severity::Info)));
  return parts.events.outbox_end(scope);
}

/// Of anything serious, at any hour.
bool takes_all(const AlertRoute& route) {
  constexpr unsigned kEveryDay = 0x7f;
  return route.is_enabled && route.rules.empty() && route.least <= Severity::High && route.days == kEveryDay &&
         route.from == minutes(0) && route.until == minutes(1440) && (route.rota || !route.channels.empty());
}

/// Nothing, or why the sign of life does not arrive.
Result<std::string> trouble_of(const CheckParts& parts, const TenantScope& scope, const AlertHeartbeat& heartbeat) {
  const auto notices = WD_TRY(parts.notices.list(scope, "heartbeat:" + heartbeat.id, 20));
  if (notices.empty()) return fail(ErrorCode::Unavailable, heartbeat.name + ": was not sent yet");
  const StoredNotice& newest = notices.front();
  if (newest.state == NoticeState::Failed || (newest.state == NoticeState::Waiting && newest.tries > 0))
    return "is not taken: " + newest.error;
  const auto sent = std::ranges::find(notices, NoticeState::Sent, &StoredNotice::state);
  if (sent == notices.end()) return fail(ErrorCode::Unavailable, heartbeat.name + ": was not sent yet");
  if (sent->sent.value_or(sent->created) + 2 * heartbeat.interval + minutes(5) < parts.clock.now())
    return std::string("has stopped");
  return std::string();
}

bool was_reviewed(DayState state) {
  return state == DayState::Signed || state == DayState::Late || state == DayState::Recount;
}

}  // namespace

Result<CheckOutcome> check_alerts(const CheckParts& parts, const std::stop_token& stop) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const OutboxPlace end = WD_TRY(make_canary(parts, first));
  const bool is_seen = WD_TRY(comes_true(stop, [&]() -> Result<bool> {
    const auto place = WD_TRY(parts.alerts.place(first));
    return place && is_behind(*place, end);
  }));
  return is_seen ? passed("the rules of alerts have seen an event that was made for this")
                 : failed("the rules of alerts do not see events");
}

Result<CheckOutcome> check_alert_routes(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  const auto routes = WD_TRY(parts.alert_settings.routes(first));
  const auto route = std::ranges::find_if(routes, takes_all);
  if (route == routes.end()) return failed("no route takes every serious alert at every hour");
  for (const NoticeChannelId& id : route->channels) {
    const auto channel = WD_TRY(parts.notice_channels.find(first, id));
    if (!channel.is_enabled) return failed("channel " + channel.name + " is switched off");
  }
  std::size_t count = 0;
  for (const AlertHeartbeat& heartbeat : WD_TRY(parts.alert_settings.heartbeats(first))) {
    if (!heartbeat.is_enabled) continue;
    const std::string trouble = WD_TRY(trouble_of(parts, first, heartbeat));
    if (!trouble.empty()) return failed("heartbeat " + heartbeat.name + " " + trouble);
    ++count;
  }
  if (count == 0) return failed("no heartbeat shows that notices arrive");
  return passed("a route takes all, and " + std::to_string(count) + " heartbeats arrive");
}

Result<CheckOutcome> check_reviews(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const auto page = WD_TRY(parts.reviews.list(WD_TRY(parts.center.scope()), {kReviewedDays, {}}));
  std::size_t signed_days = 0;
  for (const ReviewDay& day : page.items) {
    if (day.standing.state == DayState::Missed) return failed(to_text(day.day) + " was not reviewed in time");
    if (was_reviewed(day.standing.state)) ++signed_days;
  }
  if (signed_days == 0) return fail(ErrorCode::Unavailable, "no day was reviewed yet");
  return passed(std::to_string(signed_days) + " days are reviewed, and none is missed");
}

Result<CheckOutcome> check_stream(const CheckParts& parts, const std::stop_token& stop) {
  const TenantScope first = WD_TRY(parts.center.scope());
  if (WD_TRY(parts.stream_readers.list(first)).empty()) return failed("there is no independent stream");
  const OutboxPlace end = WD_TRY(make_canary(parts, first));
  const bool is_told = WD_TRY(comes_true(stop, [&]() -> Result<bool> {
    for (const StreamReader& reader : WD_TRY(parts.stream_readers.list(first)))
      if (!is_behind(reader.place, end)) return false;
    return parts.stream_waiting() == 0;
  }));
  return is_told ? passed("its receiver has taken an event that was made for this")
                 : failed("its receiver does not take what it is told");
}

}  // namespace warder::manager
