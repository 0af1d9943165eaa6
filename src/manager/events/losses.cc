#include "manager/events/losses.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace warder::manager {
namespace {

struct Noted {
  std::int64_t added = 0;
  Timestamp time;
  EventId id;
};

std::int64_t number(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value);
}

std::array<DbView, 5> key_of(const SpoolKey& spool, const LossRange& loss) {
  return {ByteView{spool.agent.uuid.bytes}, ByteView{spool.epoch}, number(loss.first_sequence),
          number(loss.last_sequence), number(loss.events)};
}

Result<std::optional<Noted>> find_noted(Db& db, const SpoolKey& spool, const LossRange& loss) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT added, event_time, event_id FROM event_losses WHERE agent_id = ?1 AND epoch = ?2 AND "
                        "first_sequence = ?3 AND last_sequence = ?4 AND events = ?5"));
  const auto key = key_of(spool, loss);
  WD_TRY(statement->bind_views(key));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<Noted>{};
  return std::optional{
      Noted{row->integer(0), from_micros(row->integer(1)), EventId{WD_TRY(uuid_from_bytes(row->bytes(2)))}}};
}

/// Losses that were told before within the range.
Result<std::int64_t> told_within(Db& db, const SpoolKey& spool, const LossRange& loss) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT coalesce(sum(added), 0) FROM event_losses WHERE agent_id = ?1 AND epoch = ?2 AND "
                        "first_sequence >= ?3 AND last_sequence <= ?4"));
  const auto key = key_of(spool, loss);
  WD_TRY(statement->bind_views(std::span{key}.first(4)));
  const Row* row = WD_TRY(statement->step());
  return row == nullptr ? 0 : row->integer(0);
}

Result<Noted> note(Db& db, const LossContext& context, const LossRange& loss, bool explained) {
  const std::int64_t told = WD_TRY(told_within(db, context.spool, loss));
  const Noted noted{std::max<std::int64_t>(0, number(loss.events) - told), context.received,
                    EventId{UuidGenerator{fill_random}.next(context.received)}};
  const StmtHandle statement =
      WD_TRY(db.prepare("INSERT INTO event_losses (agent_id, epoch, first_sequence, last_sequence, events, added, "
                        "severity, explained, event_time, event_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
  const std::array<DbView, 10> values = {ByteView{context.spool.agent.uuid.bytes},
                                         ByteView{context.spool.epoch},
                                         number(loss.first_sequence),
                                         number(loss.last_sequence),
                                         number(loss.events),
                                         noted.added,
                                         static_cast<std::int64_t>(loss.highest_severity),
                                         std::int64_t{explained},
                                         to_micros(noted.time),
                                         ByteView{noted.id.uuid.bytes}};
  WD_TRY(statement->run(values));
  return noted;
}

StoredEvent loss_event(const LossContext& context, const LossRange& loss, const Noted& noted, bool explained) {
  StoredEvent stored;
  stored.event.time = noted.time;
  stored.event.id = noted.id;
  stored.event.module = ModuleKind::Agent;
  stored.event.type = explained ? "agent.spool.loss" : "agent.spool.gap";
  stored.event.severity = std::max(Severity::Medium, loss.highest_severity);
  stored.event.set("loss.events", noted.added);
  stored.event.set("loss.first_sequence", number(loss.first_sequence));
  stored.event.set("loss.last_sequence", number(loss.last_sequence));
  stored.received = context.received;
  stored.agent = context.agent.id;
  stored.host = context.agent.hostname;
  return stored;
}

}  // namespace

bool is_valid(const LossRange& loss) noexcept {
  return loss.first_sequence >= 1 && loss.first_sequence <= loss.last_sequence && loss.events >= 1 &&
         loss.last_sequence < INT64_MAX && loss.events <= loss.last_sequence - loss.first_sequence + 1;
}

Result<std::vector<StoredEvent>> note_losses(Db& config, const LossContext& context, std::span<const LossRange> losses,
                                             bool explained) {
  std::vector<StoredEvent> events;
  if (losses.empty()) return events;
  Tx transaction = WD_TRY(Tx::begin(config));
  for (const LossRange& loss : losses) {
    auto noted = WD_TRY(find_noted(config, context.spool, loss));
    if (!noted) noted = WD_TRY(note(config, context, loss, explained));
    if (noted->added > 0) events.push_back(loss_event(context, loss, *noted, explained));
  }
  WD_TRY(transaction.commit());
  return events;
}

Result<std::vector<LossRange>> known_losses(Db& config, const SpoolKey& spool, std::uint64_t after) {
  std::vector<LossRange> losses;
  const StmtHandle statement =
      WD_TRY(config.prepare("SELECT first_sequence, last_sequence, events, severity FROM event_losses WHERE agent_id "
                            "= ?1 AND epoch = ?2 AND last_sequence > ?3 ORDER BY first_sequence"));
  const std::array<DbView, 3> values = {ByteView{spool.agent.uuid.bytes}, ByteView{spool.epoch}, number(after)};
  WD_TRY(statement->bind_views(values));
  while (const Row* row = WD_TRY(statement->step())) {
    losses.push_back({static_cast<std::uint64_t>(row->integer(0)), static_cast<std::uint64_t>(row->integer(1)),
                      static_cast<std::uint64_t>(row->integer(2)), static_cast<Severity>(row->integer(3))});
  }
  return losses;
}

}  // namespace warder::manager
