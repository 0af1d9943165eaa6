#include "manager/siem/destination_run.h"

#include "manager/events/filter_match.h"

namespace warder::manager {

using sinks::Fate;
using sinks::Passage;

namespace {

constexpr std::size_t kBatch = 500;
constexpr std::size_t kLetters = 100;  // sent again at a time
constexpr std::chrono::seconds kLookForLetters{1};
constexpr std::chrono::milliseconds kSettle{100};

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
  letters_ = 0;
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
  std::size_t letters = 0;
  for (const Passage& each : *settled) {
    if (each.number == Passage::kNoNumber) {  // a dead letter that was sent again
      note_letter(each, progress);
      ++letters;
      continue;
    }
    progress.place.numbers[each.file] = each.number;
    if (each.fate == Fate::Sent) progress.delivered += static_cast<std::int64_t>(each.count);
    if (each.fate == Fate::Lost) progress.lost += static_cast<std::int64_t>(each.count);
    if (each.fate == Fate::Refused)
      progress.refused.push_back({destination_.id, each.event, each.time, parts_.clock.now(), each.reason});
  }
  if (auto written = parts_.destinations.advance(scope_, destination_.id, holder_, progress); !written) {
    holds_ = false;  // whoever holds it now begins at the stored place
    return written;
  }
  settle_due_ = parts_.clock.steady_now() + kSettle;
  served_ = progress.place;
  delivered_ += progress.delivered;
  letters_ -= letters;
  delivery_.forget(settled->size());
  return {};
}

void DestinationRun::note_letter(const Passage& passage, Progress& progress) const {
  if (passage.fate == Fate::Sent) {
    ++progress.delivered;
    progress.arrived.push_back(passage.event);
    return;
  }
  const std::string why = passage.fate == Fate::Lost ? "the event is not stored any more" : passage.reason;
  progress.returned.push_back({destination_.id, passage.event, passage.time, parts_.clock.now(), why});
}

// It is a durable write: while much is to be sent, not with every batch.
Result<void> DestinationRun::settle_now_and_then() {
  if (has_more_ && parts_.clock.steady_now() < settle_due_) return {};
  return settle();
}

// A few at a time, and the next when these have settled.
Result<void> DestinationRun::send_letters(const std::stop_token& stop) {
  const auto now = parts_.clock.steady_now();
  if (letters_ > 0 || now < letters_due_ || !delivery_.has_room()) return {};
  letters_due_ = now + kLookForLetters;
  std::vector<formats::OutgoingEvent> events;
  std::vector<Passage> batch;
  const auto letters = WD_TRY(parts_.destinations.letters_to_send(scope_, destination_.id, kLetters));
  for (const DeadLetter& letter : letters) {
    auto stored = parts_.events.find(scope_, letter.event);
    if (!stored && stored.error().code != ErrorCode::NotFound) return fail(stored.error());
    batch.push_back({0, Passage::kNoNumber, stored ? Fate::Sent : Fate::Lost, letter.event, letter.time});
    if (stored) events.push_back(outgoing(std::move(*stored)));
  }
  if (batch.empty()) return {};
  const auto sending = delivery_.send(std::move(batch), events, stop);
  letters_ += sending.taken;
  if (sending.taken > 0) letters_due_ = {};
  WD_TRY(settle());
  if (sending.error) return fail(*sending.error);
  return {};
}

Result<std::size_t> DestinationRun::send_new(const std::stop_token& stop) {
  has_more_ = false;
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
  has_more_ = !sending.error && items.size() == kBatch;
  WD_TRY(settle_now_and_then());
  if (sending.error) return fail(*sending.error);
  return items.size();
}

Result<Round> DestinationRun::advance(const std::stop_token& stop) {
  // Long before it ends, and not with every round: it is a durable write.
  if (const auto now = parts_.clock.steady_now(); !holds_ || now >= renewal_) {
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
  WD_TRY(settle_now_and_then());
  WD_TRY(send_letters(stop));
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
