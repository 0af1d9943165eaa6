#include "agent/spool.h"

#include <algorithm>
#include <utility>

#include "agent/sqlite.h"
#include "base/random.h"

namespace warder::agent {
namespace {

constexpr std::size_t kEpochBytes = 16;

// WAL with synchronous=FULL: append() is the promise on which a module forgets a change, so the commit must be on the
// disk, not only in its cache. With NORMAL a power cut could take the last events after the module's own store kept
// "reported".
constexpr const char* kSetup =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-1024;"
    "PRAGMA journal_size_limit=4194304;"
    "PRAGMA temp_store=MEMORY;"
    "CREATE TABLE IF NOT EXISTS spool(id INTEGER PRIMARY KEY CHECK(id=1), epoch BLOB NOT NULL, last INTEGER NOT NULL,"
    " acknowledged INTEGER NOT NULL, lost_ever INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS events(sequence INTEGER PRIMARY KEY, severity INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " event BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS events_by_severity ON events(severity, sequence, bytes);"
    "CREATE TABLE IF NOT EXISTS losses(first INTEGER PRIMARY KEY, last INTEGER NOT NULL, severity INTEGER NOT NULL);";

struct Victim {
  std::uint64_t sequence;
  std::uint64_t severity;
  std::uint64_t bytes;
};

}  // namespace

struct Spool::Database {
  SqliteConnection connection;
  SqliteStatement insert;
  SqliteStatement victims;
  SqliteStatement forget;
  SqliteStatement pending;
  SqliteStatement losses;
  SqliteStatement loss_before;
  SqliteStatement loss_after;
  SqliteStatement put_loss;
  SqliteStatement drop_loss;
  SqliteStatement save_state;

  static Result<std::unique_ptr<Database>> create(SqliteConnection connection);
  Result<void> add_loss(const Victim& victim);
  Result<void> save(const SpoolStatus& status);
  Result<void> load(SpoolStatus& status);
  Result<void> load_ends(SpoolStatus& status);
  Result<void> count(std::uint64_t acknowledged, SpoolStatus& status);
  Result<void> trim_losses(std::uint64_t acknowledged);
};

Result<std::unique_ptr<Spool::Database>> Spool::Database::create(SqliteConnection c) {
  auto insert = WD_TRY(c.prepare("INSERT INTO events(sequence, severity, bytes, event) VALUES(?,?,?,?)"));
  auto victims = WD_TRY(c.prepare("SELECT sequence, severity, bytes FROM events ORDER BY severity, sequence LIMIT ?"));
  auto forget = WD_TRY(c.prepare("DELETE FROM events WHERE sequence=?"));
  auto pending = WD_TRY(c.prepare("SELECT sequence, event FROM events ORDER BY sequence LIMIT ?"));
  auto losses = WD_TRY(c.prepare("SELECT first, last, severity FROM losses WHERE last<=? ORDER BY first"));
  auto before = WD_TRY(c.prepare("SELECT first, severity FROM losses WHERE last=?"));
  auto after = WD_TRY(c.prepare("SELECT last, severity FROM losses WHERE first=?"));
  auto put = WD_TRY(c.prepare("INSERT OR REPLACE INTO losses(first, last, severity) VALUES(?,?,?)"));
  auto drop = WD_TRY(c.prepare("DELETE FROM losses WHERE first=?"));
  auto save = WD_TRY(c.prepare("UPDATE spool SET last=?, acknowledged=?, lost_ever=? WHERE id=1"));
  return std::make_unique<Database>(Database{std::move(c), std::move(insert), std::move(victims), std::move(forget),
                                             std::move(pending), std::move(losses), std::move(before), std::move(after),
                                             std::move(put), std::move(drop), std::move(save)});
}

/// Joins the range that ends just before and the one that begins just after, so that ranges never touch.
Result<void> Spool::Database::add_loss(const Victim& victim) {
  std::uint64_t first = victim.sequence;
  std::uint64_t last = victim.sequence;
  std::uint64_t severity = victim.severity;
  if (WD_TRY(loss_before.bind(1, victim.sequence - 1).step())) {
    first = loss_before.integer(0);
    severity = std::max(severity, loss_before.integer(1));
    loss_before.reset();
  }
  if (WD_TRY(loss_after.bind(1, victim.sequence + 1).step())) {
    last = loss_after.integer(0);
    severity = std::max(severity, loss_after.integer(1));
    loss_after.reset();
    WD_TRY(drop_loss.bind(1, victim.sequence + 1).run());
  }
  return put_loss.bind(1, first).bind(2, last).bind(3, severity).run();
}

Result<void> Spool::Database::save(const SpoolStatus& status) {
  return save_state.bind(1, status.last).bind(2, status.acknowledged).bind(3, status.lost_ever).run();
}

/// What was evicted at or before `acknowledged` has been told, or had been stored before it was evicted.
Result<void> Spool::Database::trim_losses(std::uint64_t acknowledged) {
  auto drop = WD_TRY(connection.prepare("DELETE FROM losses WHERE last<=?"));
  WD_TRY(drop.bind(1, acknowledged).run());
  auto cut = WD_TRY(connection.prepare("UPDATE losses SET first=?+1 WHERE first<=?"));
  return cut.bind(1, acknowledged).bind(2, acknowledged).run();
}

/// Takes the events up to `acknowledged` off the counts.
Result<void> Spool::Database::count(std::uint64_t acknowledged, SpoolStatus& status) {
  auto sums = WD_TRY(connection.prepare("SELECT count(*), coalesce(sum(bytes),0) FROM events WHERE sequence<=?"));
  WD_TRY(sums.bind(1, acknowledged).step());
  status.events -= sums.integer(0);
  status.bytes -= sums.integer(1);
  return {};
}

Result<void> Spool::Database::load_ends(SpoolStatus& status) {
  status.first = WD_TRY(connection.integer("SELECT coalesce(min(sequence),0) FROM events"));
  status.lost = WD_TRY(connection.integer("SELECT coalesce(sum(last-first+1),0) FROM losses"));
  return {};
}

Result<void> Spool::Database::load(SpoolStatus& status) {
  auto state = WD_TRY(connection.prepare("SELECT epoch, last, acknowledged, lost_ever FROM spool WHERE id=1"));
  if (!WD_TRY(state.step())) return fail(ErrorCode::Corrupt, "spool: no state row");
  const ByteView epoch = state.blob(0);
  status.epoch.assign(epoch.begin(), epoch.end());
  status.last = state.integer(1);
  status.acknowledged = state.integer(2);
  status.lost_ever = state.integer(3);
  if (status.epoch.size() != kEpochBytes) return fail(ErrorCode::Corrupt, "spool: epoch of the wrong length");
  status.events = WD_TRY(connection.integer("SELECT count(*) FROM events"));
  status.bytes = WD_TRY(connection.integer("SELECT coalesce(sum(bytes),0) FROM events"));
  WD_TRY(load_ends(status));
  if (WD_TRY(connection.integer("SELECT coalesce(max(sequence),0) FROM events")) > status.last) {
    return fail(ErrorCode::Corrupt, "spool: events beyond the last sequence");
  }
  return {};
}

Spool::Spool(std::unique_ptr<Database> database, SpoolLimits limits)
    : database_(std::move(database)), limits_(limits) {}
Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(const std::filesystem::path& file, SpoolLimits limits) {
  auto connection = WD_TRY(SqliteConnection::open(file));
  WD_TRY(connection.execute(kSetup));
  auto check = WD_TRY(connection.prepare("PRAGMA quick_check(1)"));
  if (!WD_TRY(check.step()) || as_text(check.blob(0)) != "ok") return fail(ErrorCode::Corrupt, "spool: damaged");
  check.reset();
  auto create = WD_TRY(connection.prepare("INSERT OR IGNORE INTO spool VALUES(1, ?, 0, 0, 0)"));
  WD_TRY(create.bind(1, random_bytes(kEpochBytes)).run());
  auto database = WD_TRY(Database::create(std::move(connection)));
  auto spool = std::unique_ptr<Spool>(new Spool(std::move(database), limits));  // NOLINT: private constructor
  WD_TRY(spool->database_->load(spool->status_));
  spool->outgoing_ = WD_TRY(OutgoingQueue::open(spool->database_->connection));
  return spool;
}

/// Works on status_ as if the transaction held; append() restores it when it does not.
Result<void> Spool::evict_surplus() {
  while (status_.events > limits_.max_events || status_.bytes > limits_.max_bytes) {
    const std::uint64_t surplus = status_.events > limits_.max_events ? status_.events - limits_.max_events : 1;
    std::vector<Victim> chosen;
    auto& rows = database_->victims.bind(1, std::min<std::uint64_t>(surplus, 1000));
    while (WD_TRY(rows.step())) chosen.push_back({rows.integer(0), rows.integer(1), rows.integer(2)});
    if (chosen.empty()) return fail(ErrorCode::Internal, "spool: full and empty");
    for (const Victim& victim : chosen) {
      WD_TRY(database_->forget.bind(1, victim.sequence).run());
      WD_TRY(database_->add_loss(victim));
      status_.events -= 1;
      status_.bytes -= victim.bytes;
      status_.lost += 1;
      status_.lost_ever += 1;
    }
  }
  return {};
}

Result<void> Spool::append(std::span<const protocol::Event> events) {
  if (events.empty()) return {};
  const std::lock_guard lock(mutex_);
  const SpoolStatus before = status_;
  const OutgoingStatus outgoing_before = outgoing_->status();
  auto done = database_->connection.in_transaction([&]() -> Result<void> {
    for (const protocol::Event& event : events) {
      const std::string bytes = event.SerializeAsString();
      status_.last += 1;
      WD_TRY(database_->insert.bind(1, status_.last)
                 .bind(2, event.severity())
                 .bind(3, bytes.size())
                 .bind(4, as_bytes(bytes))
                 .run());
      status_.events += 1;
      status_.bytes += bytes.size();
      if (outgoing_options_ && outgoing_options_->wants(event))
        WD_TRY(outgoing_->append(event, as_bytes(bytes), outgoing_options_->max_bytes));
    }
    WD_TRY(evict_surplus());
    return database_->save(status_);
  });
  if (!done) {
    status_ = before;
    outgoing_->restore(outgoing_before);
    status_.is_writable = false;
    status_.error = done.error().message;
    return done;
  }
  status_.is_writable = true;
  status_.error.clear();
  return database_->load_ends(status_);
}

Result<protocol::EventBatch> Spool::next_batch(std::size_t max_events, std::size_t max_bytes) const {
  const std::lock_guard lock(mutex_);
  protocol::EventBatch batch;
  batch.set_spool_epoch(status_.epoch.data(), status_.epoch.size());
  auto& rows = database_->pending.bind(1, max_events);
  std::size_t bytes = 0;
  bool is_all = true;
  while (WD_TRY(rows.step())) {
    const ByteView event = rows.blob(1);
    bytes += event.size();
    if (bytes > max_bytes && batch.events_size() > 0) {
      is_all = false;
      rows.reset();
      break;
    }
    protocol::SequencedEvent& sequenced = *batch.add_events();
    sequenced.set_sequence(rows.integer(0));
    if (!sequenced.mutable_event()->ParseFromArray(event.data(), static_cast<int>(event.size()))) {
      rows.reset();
      return fail(ErrorCode::Corrupt, "spool: an event cannot be read");
    }
  }
  is_all = is_all && std::cmp_equal(batch.events_size(), status_.events);
  if (!is_all && batch.events_size() == 0) return batch;
  const std::uint64_t upto = is_all ? status_.last : batch.events(batch.events_size() - 1).sequence();
  auto& losses = database_->losses.bind(1, upto);
  while (WD_TRY(losses.step())) {
    protocol::LossRange& range = *batch.add_losses();
    range.set_first_sequence(losses.integer(0));
    range.set_last_sequence(losses.integer(1));
    range.set_events(losses.integer(1) - losses.integer(0) + 1);
    range.set_highest_severity(static_cast<std::uint32_t>(losses.integer(2)));
  }
  return batch;
}

Result<void> Spool::acknowledge(ByteView epoch, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (!std::ranges::equal(epoch, status_.epoch)) return fail(ErrorCode::Invalid, "spool: another epoch");
  if (sequence > status_.last) return fail(ErrorCode::Invalid, "spool: acknowledged beyond the last event");
  if (sequence <= status_.acknowledged) return {};
  const SpoolStatus before = status_;
  status_.acknowledged = sequence;
  auto done = database_->connection.in_transaction([&]() -> Result<void> {
    WD_TRY(database_->count(sequence, status_));
    auto forget = WD_TRY(database_->connection.prepare("DELETE FROM events WHERE sequence<=?"));
    WD_TRY(forget.bind(1, sequence).run());
    WD_TRY(database_->trim_losses(sequence));
    WD_TRY(database_->load_ends(status_));
    return database_->save(status_);
  });
  if (!done) {
    status_ = before;
    status_.error = done.error().message;
  }
  return done;
}

Result<void> Spool::discard(ByteView epoch, std::span<const std::uint64_t> sequences) {
  const std::lock_guard lock(mutex_);
  if (!std::ranges::equal(epoch, status_.epoch)) return fail(ErrorCode::Invalid, "spool: another epoch");
  WD_TRY(database_->connection.in_transaction([&]() -> Result<void> {
    for (const std::uint64_t sequence : sequences) WD_TRY(database_->forget.bind(1, sequence).run());
    return {};
  }));
  return database_->load(status_);
}

Result<void> Spool::restart_epoch() {
  const std::lock_guard lock(mutex_);
  WD_TRY(database_->connection.in_transaction([&]() -> Result<void> {
    // Ascending, so that a row's new place is always free already.
    auto events = WD_TRY(database_->connection.prepare("UPDATE events SET sequence=sequence-?"));
    WD_TRY(events.bind(1, status_.acknowledged).run());
    auto losses = WD_TRY(database_->connection.prepare("UPDATE losses SET first=first-?, last=last-?"));
    WD_TRY(losses.bind(1, status_.acknowledged).bind(2, status_.acknowledged).run());
    auto state =
        WD_TRY(database_->connection.prepare("UPDATE spool SET epoch=?, last=last-acknowledged, acknowledged=0"));
    return state.bind(1, random_bytes(kEpochBytes)).run();
  }));
  return database_->load(status_);
}

void Spool::set_limits(SpoolLimits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

SpoolStatus Spool::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Result<void> Spool::change_outgoing(const std::function<Result<void>()>& change) {
  const OutgoingStatus before = outgoing_->status();
  auto done = database_->connection.in_transaction(change);
  if (!done) outgoing_->restore(before);
  return done;
}

Result<void> Spool::keep_outgoing(std::optional<OutgoingOptions> options) {
  const std::lock_guard lock(mutex_);
  outgoing_options_ = std::move(options);
  if (outgoing_options_ || outgoing_->status().events == 0) return {};
  return change_outgoing([this] { return outgoing_->clear(); });
}

Result<std::vector<OutgoingItem>> Spool::next_outgoing(std::uint64_t after, std::size_t max_events,
                                                       std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  return outgoing_->next(after, max_events, max_bytes);
}

Result<void> Spool::forget_outgoing(std::uint64_t upto, const OutgoingCounts& counts) {
  const std::lock_guard lock(mutex_);
  return change_outgoing([&] { return outgoing_->forget(upto, counts); });
}

OutgoingStatus Spool::outgoing() const {
  const std::lock_guard lock(mutex_);
  return outgoing_->status();
}

Result<OpenedSpool> open_or_replace_spool(const std::filesystem::path& file, SpoolLimits limits,
                                          std::string_view suffix) {
  auto spool = Spool::open(file, limits);
  if (spool) return OpenedSpool{std::move(*spool), {}};
  if (spool.error().code != ErrorCode::Corrupt) return fail(std::move(spool).error());
  std::filesystem::path aside = file;
  aside += ".corrupt-" + std::string(suffix);
  std::error_code error;
  std::filesystem::rename(file, aside, error);
  if (error) return fail(ErrorCode::Unavailable, file.string() + ": cannot be moved aside: " + error.message());
  std::filesystem::rename(file.string() + "-wal", aside.string() + "-wal", error);
  std::filesystem::remove(file.string() + "-shm", error);
  return OpenedSpool{WD_TRY(Spool::open(file, limits)), aside};
}

}  // namespace warder::agent
