#include "sinks/delivery.h"

#include <utility>

namespace warder::sinks {
namespace {

/// Whether they can be counted together: a refused one is told by itself, with its id.
bool follows(const Passage& one, const Passage& next) noexcept {
  return next.fate == one.fate && next.fate != Fate::Refused && next.file == one.file &&
         one.number != Passage::kNoNumber && next.number == one.number + 1;
}

}  // namespace

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
    remember(std::move(each));
    ++sending.taken;
  }
  sending.error = std::move(report.error);
  return sending;
}

void Delivery::remember(Passage passage) {
  events_in_flight_ += passage.count;
  if (!in_flight_.empty() && follows(in_flight_.back(), passage)) {
    passage.count += in_flight_.back().count;
    in_flight_.back() = std::move(passage);
    return;
  }
  in_flight_.push_back(std::move(passage));
}

Result<std::vector<Passage>> Delivery::settled() {
  const auto unsettled = sink_->unsettled();
  if (!unsettled) {
    begin_again();
    return fail(unsettled.error());
  }
  std::size_t runs = in_flight_.size();
  std::size_t open = *unsettled;
  for (; open > 0 && runs > 0; --runs) {
    const Passage& last = in_flight_[runs - 1];
    if (last.fate != Fate::Sent && last.fate != Fate::Refused) continue;
    if (last.count > open) break;
    open -= last.count;
  }
  if (open > 0 && runs > 0) {
    // Of a run that is open in part, the part that is not.
    Passage certain = in_flight_[runs - 1];
    certain.number -= static_cast<std::int64_t>(open);
    certain.count -= open;
    in_flight_[runs - 1].count = open;
    in_flight_.insert(in_flight_.begin() + static_cast<std::ptrdiff_t>(runs - 1), std::move(certain));
  }
  return std::vector<Passage>(in_flight_.begin(), in_flight_.begin() + static_cast<std::ptrdiff_t>(runs));
}

void Delivery::forget(std::size_t runs) {
  for (; runs > 0; --runs) {
    events_in_flight_ -= in_flight_.front().count;
    in_flight_.pop_front();
  }
}

void Delivery::begin_again() {
  in_flight_.clear();
  events_in_flight_ = 0;
}

}  // namespace warder::sinks
