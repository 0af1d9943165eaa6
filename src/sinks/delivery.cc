#include "sinks/delivery.h"

#include <utility>

namespace warder::sinks {

bool may_leave(const Event& event) {
  const EventValue* forward = event.find("event.forward");
  return forward == nullptr || *forward != EventValue(false);
}

Delivery::Sending Delivery::send(std::vector<Passage> batch, std::span<const formats::OutgoingEvent> events,
                                 const std::stop_token& stop) {
  SinkReport report;
  if (!events.empty()) report = sink_->send(events, stop);
  Sending sending;
  std::size_t sent = 0;
  auto refused = report.refused.begin();
  for (Passage& each : batch) {
    if (each.fate == Fate::Sent) {
      if (sent == report.taken) break;
      if (refused != report.refused.end() && refused->index == sent) {
        each.fate = Fate::Refused;
        each.reason = (refused++)->reason;
      }
      ++sent;
    }
    in_flight_.push_back(std::move(each));
    ++sending.taken;
  }
  sending.error = std::move(report.error);
  return sending;
}

Result<std::span<const Passage>> Delivery::settled() {
  const auto unsettled = sink_->unsettled();
  if (!unsettled) {
    begin_again();
    return fail(unsettled.error());
  }
  std::size_t count = in_flight_.size();
  for (std::size_t open = *unsettled; open > 0 && count > 0; --count) {
    const Fate fate = in_flight_[count - 1].fate;
    if (fate == Fate::Sent || fate == Fate::Refused) --open;
  }
  return std::span<const Passage>(in_flight_).first(count);
}

void Delivery::forget(std::size_t count) {
  in_flight_.erase(in_flight_.begin(), in_flight_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace warder::sinks
