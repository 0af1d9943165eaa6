#include <algorithm>

#include "base/secret_filter.h"
#include "manager/events/batch.h"
#include "manager/events/event_store.h"
#include "manager/events/losses.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxEpochBytes = 64;
constexpr std::size_t kMaxLossesPerBatch = 2'000;

Result<void> check_shape(ByteView epoch, std::span<const SequencedEvent> events, std::span<const LossRange> losses) {
  if (epoch.empty() || epoch.size() > kMaxEpochBytes) return fail(ErrorCode::Invalid, "spool epoch: 1 to 64 bytes");
  if (events.size() > kMaxEventsPerBatch) return fail(ErrorCode::TooLarge, "more than 1000 events in a batch");
  if (losses.size() > kMaxLossesPerBatch) return fail(ErrorCode::TooLarge, "more than 2000 loss ranges in a batch");
  if (!std::ranges::all_of(losses, is_valid)) return fail(ErrorCode::Invalid, "a loss range that cannot be");
  return {};
}

/// What the manager itself tells goes to people and other systems; an error's text may have taken a secret along.
void remove_secrets(Event& event) {
  for (auto& [key, value] : event.fields)
    if (std::string* const text = std::get_if<std::string>(&value)) *text = without_secrets(*text);
}

bool is_sequence(std::uint64_t sequence) noexcept {
  return sequence >= 1 && sequence < INT64_MAX;
}

/// Was this retimed event stored before, whatever month it was received in?
Result<bool> is_displaced(const EventFiles& files, const EventId& id) {
  for (const EventFileRef& file : files.newest_first()) {
    auto db = WD_TRY(file->writer->acquire());
    const StmtHandle statement = WD_TRY(db->prepare("SELECT 1 FROM displaced WHERE id = ?1"));
    const std::array<DbView, 1> values = {ByteView{id.uuid.bytes}};
    WD_TRY(statement->bind_views(values));
    if (WD_TRY(statement->step()) != nullptr) return true;
  }
  return false;
}

struct Sorted {
  std::vector<std::uint64_t> sequences;  // of all events that can be stored or refused for good, ascending
  std::vector<PreparedEvent> events;
  std::vector<std::uint64_t> poison;
  std::size_t known = 0;  // at or below the acknowledged place
};

struct Reception {
  const AgentRef& agent;
  Timestamp received;
  const EventStoreOptions& options;
  const EventRetention& retention;
};

Sorted sort_out(std::span<const SequencedEvent> events, const SpoolPlace& place, const Reception& reception) {
  Sorted sorted;
  for (const SequencedEvent& sequenced : events) {
    if (!is_sequence(sequenced.sequence) || !reason_to_refuse(sequenced.event).empty()) {
      sorted.poison.push_back(sequenced.sequence);
      if (!is_sequence(sequenced.sequence)) continue;
    } else if (sequenced.sequence <= place.acknowledged) {
      ++sorted.known;
    } else {
      PreparedEvent prepared =
          prepare_event(sequenced.event, reception.received, reception.options, reception.retention);
      prepared.stored.agent = reception.agent.id;
      prepared.stored.host = reception.agent.hostname;
      sorted.events.push_back(std::move(prepared));
    }
    sorted.sequences.push_back(sequenced.sequence);
  }
  std::ranges::sort(sorted.sequences);
  return sorted;
}

bool is_contiguous(const SpoolPlace& place, std::span<const std::uint64_t> sequences) {
  std::uint64_t known = place.acknowledged;
  for (const std::uint64_t sequence : sequences) {
    if (sequence > known + 1) return false;
    known = std::max(known, sequence);
  }
  return true;
}

/// Notes what is lost, and finds how far the batch takes the spool's place.
Result<SpoolPlace> advance_place(Db& config, const LossContext& context, const SpoolPlace& from, const Sorted& sorted,
                                 std::span<const LossRange> losses, std::vector<StoredEvent>& loss_events) {
  if (losses.empty() && is_contiguous(from, sorted.sequences)) return advance(from, sorted.sequences, {}).place;
  loss_events = WD_TRY(note_losses(config, context, losses, true));
  const auto known = WD_TRY(known_losses(config, context.spool, from.acknowledged));
  const SpoolAdvance advanced = advance(from, sorted.sequences, known);
  auto gaps = WD_TRY(note_losses(config, context, advanced.unexplained, false));
  std::ranges::move(gaps, std::back_inserter(loss_events));
  return advanced.place;
}

Result<void> group_by_month(EventStore::Batch& batch, std::vector<PreparedEvent> events, const EventFiles& files) {
  for (PreparedEvent& prepared : events) {
    if (prepared.is_retimed && WD_TRY(is_displaced(files, prepared.stored.event.id))) {
      ++batch.duplicates;
      continue;
    }
    batch.months[month_of(prepared.stored.event.time)].push_back(std::move(prepared));
  }
  return {};
}

}  // namespace

Result<void> EventStore::treat(const TenantScope& scope, std::span<PreparedEvent> events) const {
  if (!options_.treatment || events.empty()) return {};
  std::vector<Event*> stored;
  stored.reserve(events.size());
  for (PreparedEvent& prepared : events) stored.push_back(&prepared.stored.event);
  return options_.treatment(scope, stored);
}

Result<void> EventStore::add_to(const TenantScope& scope, std::span<PreparedEvent> events) const {
  if (!options_.additions || events.empty()) return {};
  std::vector<StoredEvent*> stored;
  stored.reserve(events.size());
  for (PreparedEvent& prepared : events) stored.push_back(&prepared.stored);
  return options_.additions(scope, stored);
}

Result<void> EventStore::write(const TenantScope& scope, TenantEvents& tenant, Batch& batch) {
  const bool keeps_outbox = options_.keeps_outbox && options_.keeps_outbox(scope);
  for (auto& [month, events] : batch.months) {
    const EventFileRef file = WD_TRY(tenant.files->open_or_create(month));
    auto db = WD_TRY(file->writer->acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    const std::size_t before = batch.inserted.size();
    WD_TRY(write_events(*db, events, batch.inserted, batch.duplicates));
    if (keeps_outbox) {
      std::vector<const StoredEvent*> fresh;
      for (std::size_t i = before; i < batch.inserted.size(); ++i) fresh.push_back(batch.inserted[i].get());
      WD_TRY(append_outbox(*db, fresh));
    }
    // Only the newest month says how far the batch went: it is written when all others are stored.
    if (batch.spool && month == batch.months.rbegin()->first)
      WD_TRY(write_place(*db, "spools", *batch.spool, batch.place.acknowledged));
    WD_TRY(transaction.commit());
    WD_TRY(probe(IngestStep::FileWritten));
  }
  return {};
}

Result<IngestResult> EventStore::ingest(const TenantScope& scope, const AgentRef& agent, ByteView spool_epoch,
                                        std::span<const SequencedEvent> events, std::span<const LossRange> losses) {
  WD_TRY(check_shape(spool_epoch, events, losses));
  TenantEvents& open = *WD_TRY(tenant(scope));
  const SpoolKey spool{agent.id, Bytes{spool_epoch.begin(), spool_epoch.end()}};
  const Timestamp received = clock_.now();
  const std::scoped_lock lock{open.writing};

  const SpoolPlace from = open.places.find(spool);
  Sorted sorted = sort_out(events, from, {agent, received, options_, WD_TRY(retention(scope))});
  std::vector<StoredEvent> loss_events;
  Batch batch;
  batch.spool = spool;
  {
    auto config = WD_TRY(tenants_.config(scope).acquire());
    batch.place = WD_TRY(advance_place(*config, {spool, agent, received}, from, sorted, losses, loss_events));
  }
  WD_TRY(probe(IngestStep::LossesNoted));

  WD_TRY(treat(scope, sorted.events));
  WD_TRY(compare_with_golden(scope, open, agent, sorted.events));
  for (StoredEvent& loss : loss_events) sorted.events.push_back({std::move(loss), false});
  WD_TRY(add_to(scope, sorted.events));
  WD_TRY(group_by_month(batch, std::move(sorted.events), *open.files));
  if (batch.months.empty() && batch.place.acknowledged > from.acknowledged) batch.months[month_of(received)];
  WD_TRY(write(scope, open, batch));
  open.places.set(spool, batch.place);
  feed_.publish(scope.tenant(), batch.inserted);
  return IngestResult{.acknowledged = batch.place.acknowledged,
                      .stored = batch.inserted.size(),
                      .duplicates = batch.duplicates + sorted.known,
                      .poison = std::move(sorted.poison)};
}

Result<std::uint64_t> EventStore::acknowledged(const TenantScope& scope, const AgentId& agent, ByteView spool_epoch) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  return open.places.find({agent, Bytes{spool_epoch.begin(), spool_epoch.end()}}).acknowledged;
}

Result<void> EventStore::record(const TenantScope& scope, Event event, const std::optional<AgentRef>& about) {
  const std::string reason = reason_to_refuse(event);
  if (!reason.empty()) return fail(ErrorCode::Internal, "event " + event.type + ": " + reason);
  remove_secrets(event);
  TenantEvents& open = *WD_TRY(tenant(scope));
  const std::scoped_lock lock{open.writing};
  Batch batch;
  PreparedEvent prepared = prepare_event(std::move(event), clock_.now(), options_, WD_TRY(retention(scope)));
  if (about) {
    prepared.stored.agent = about->id;
    prepared.stored.host = about->hostname;
  }
  WD_TRY(treat(scope, {&prepared, 1}));
  WD_TRY(add_to(scope, {&prepared, 1}));
  const Month month = month_of(prepared.stored.event.time);
  batch.months[month].push_back(std::move(prepared));
  WD_TRY(write(scope, open, batch));
  feed_.publish(scope.tenant(), batch.inserted);
  return {};
}

}  // namespace warder::manager
