#include "manager/siem/destination_run.h"

#include "manager/events/filter_match.h"

namespace warder::manager {

using sinks::Fate;
using sinks::Passage;

namespace {

constexpr std::size_t kBatch = 500;

}  // namespace

Result<std::unique_ptr<DestinationRun>> DestinationRun::create(const RunParts& parts, const TenantScope& scope,
                                                               std::string tenant_name, const Destination& destination,
                                                               std::unique_ptr<Sink> sink, std::string holder) {
  Filter filter;
  if (!destination.filter.empty()) filter = WD_TRY(parse_filter(destination.filter));
  return std::unique_ptr<DestinationRun>(new DestinationRun(parts, scope, std::move(tenant_name), destination,
                                                            std::move(filter), std::move(sink), std::move(holder)));
}

bool DestinationRun::is_wanted(const StoredEvent& event) const {
  return event.event.severity >= destination_.floor && sinks::may_leave(event.event) && matches(filter_, event);
}

formats::OutgoingEvent DestinationRun::outgoing(StoredEvent event) const {
  formats::OutgoingEvent out;
  out.title = parts_.messages.render(event.event, destination_.language);
  out.event = std::move(event.event);
  out.received = event.received;
  out.agent = event.agent;
  out.host = std::move(event.host);
  out.tenant = scope_.tenant();
  out.tenant_name = tenant_name_;
  return out;
}

void DestinationRun::begin_again() {
  delivery_.begin_again();
  read_ = served_;
}

// Takes what is certain off the front, and writes how far that goes.
Result<void> DestinationRun::settle() {
  const auto settled = delivery_.settled();
  if (!settled) {
    begin_again();
    return fail(settled.error());
  }
  if (settled->empty()) return {};
  Progress progress;
  progress.place = served_;
  for (const Passage& each : *settled) {
    progress.place.numbers[each.file] = each.number;
    if (each.fate == Fate::Sent) ++progress.delivered;
    if (each.fate == Fate::Lost) ++progress.lost;
    if (each.fate == Fate::Refused)
      progress.refused.push_back({destination_.id, each.event, each.time, parts_.clock.now(), each.reason});
  }
  if (auto written = parts_.destinations.advance(scope_, destination_.id, holder_, progress); !written) {
    holds_ = false;  // whoever holds it now begins at the stored place
    return written;
  }
  served_ = progress.place;
  delivered_ += progress.delivered;
  delivery_.forget(settled->size());
  return {};
}

Result<std::size_t> DestinationRun::send_new(const std::stop_token& stop) {
  if (!delivery_.has_room()) return 0;
  auto items = WD_TRY(parts_.events.read_outbox(scope_, read_, kBatch));
  std::vector<formats::OutgoingEvent> events;
  std::vector<Passage> batch;
  for (OutboxItem& item : items) {
    Passage each{item.file, item.number, Fate::Lost, {}};
    if (item.event) {
      each.event = item.event->event.id;
      each.time = item.event->event.time;
      each.fate = is_wanted(*item.event) ? Fate::Sent : Fate::PassedOver;
      if (each.fate == Fate::Sent) events.push_back(outgoing(std::move(*item.event)));
    }
    batch.push_back(std::move(each));
  }
  const auto sending = delivery_.send(std::move(batch), events, stop);
  for (std::size_t i = 0; i < sending.taken; ++i) read_.numbers[items[i].file] = items[i].number;
  WD_TRY(settle());
  if (sending.error) return fail(*sending.error);
  return items.size();
}

Result<Round> DestinationRun::advance(const std::stop_token& stop) {
  // Long before it ends, and not with every round: it is a durable write.
  if (const Timestamp now = parts_.clock.now(); !holds_ || now >= renewal_) {
    if (!WD_TRY(parts_.destinations.hold(scope_, destination_.id, holder_))) {
      holds_ = false;
      return Round::Elsewhere;
    }
    renewal_ = now + Destinations::kHold / 3;
  }
  if (!holds_) {
    served_ = WD_TRY(parts_.destinations.place(scope_, destination_.id));
    begin_again();
    holds_ = true;
  }
  WD_TRY(settle());
  if (WD_TRY(send_new(stop)) > 0) return Round::Sent;
  return delivery_.is_empty() ? Round::Idle : Round::Waiting;
}

Result<Round> DestinationRun::round(const std::stop_token& stop) {
  auto result = advance(stop);
  if (result || stop.stop_requested()) return result;
  [[maybe_unused]] const auto noted = parts_.destinations.note_error(scope_, destination_.id, result.error().message);
  return result;
}

}  // namespace warder::manager
