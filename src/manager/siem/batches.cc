#include "manager/siem/batches.h"

#include <algorithm>

namespace warder::manager {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

SinkReport Batches::send(std::span<const formats::OutgoingEvent> events, const std::stop_token& stop,
                         const SendBatch& send) {
  constexpr milliseconds kPatience{30'000};
  constexpr milliseconds kLeast{1'000};
  const auto end = steady_clock::now() + kPatience;
  SinkReport report;
  while (report.taken < events.size()) {
    const auto left = std::chrono::floor<milliseconds>(end - steady_clock::now());
    if (left < kLeast || stop.stop_requested()) {
      // Without progress it is an error, so that the next try is not at once.
      if (report.taken == 0)
        report.error = Error{ErrorCode::Timeout, "the receiver has taken nothing in half a minute"};
      return report;
    }
    BatchOutcome outcome = send(events.subspan(report.taken, std::min(next_, events.size() - report.taken)), left);
    if (outcome.error) {
      report.error = std::move(outcome.error);
      return report;
    }
    if (!outcome.refusal.empty() && outcome.count > 1) {
      next_ = outcome.count / 2;
      continue;
    }
    if (!outcome.refusal.empty()) outcome.refused = {{0, std::move(outcome.refusal)}};
    for (RefusedEvent& each : outcome.refused)
      report.refused.push_back({report.taken + each.index, std::move(each.reason)});
    report.taken += outcome.count;
    next_ = std::min(max_events_, next_ * 2);
  }
  return report;
}

}  // namespace warder::manager
