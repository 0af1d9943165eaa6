#include "agent/outgoing_queue.h"

#include <utility>

namespace warder::agent {
namespace {

// AUTOINCREMENT: a number is never given twice, even when the queue was empty between.
constexpr const char* kSetup =
    "CREATE TABLE IF NOT EXISTS outgoing(number INTEGER PRIMARY KEY AUTOINCREMENT, severity INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, time_us INTEGER NOT NULL, event BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS outgoing_by_severity ON outgoing(severity, number, bytes);"
    "CREATE TABLE IF NOT EXISTS outgoing_counts(id INTEGER PRIMARY KEY CHECK(id=1), delivered INTEGER NOT NULL,"
    " refused INTEGER NOT NULL, lost INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO outgoing_counts VALUES(1, 0, 0, 0);";

constexpr std::uint64_t kVictims = 100;  // looked for at a time

}  // namespace

struct OutgoingQueue::Statements {
  SqliteStatement insert;
  SqliteStatement victims;
  SqliteStatement drop;
  SqliteStatement next;
  SqliteStatement oldest;
  SqliteStatement sums;
  SqliteStatement forget;
  SqliteStatement save;
};

OutgoingQueue::OutgoingQueue(SqliteConnection& connection, std::unique_ptr<Statements> statements)
    : connection_(connection), statements_(std::move(statements)) {}
OutgoingQueue::~OutgoingQueue() = default;

Result<std::unique_ptr<OutgoingQueue>> OutgoingQueue::open(SqliteConnection& c) {
  WD_TRY(c.execute(kSetup));
  auto insert = WD_TRY(c.prepare("INSERT INTO outgoing(severity, bytes, time_us, event) VALUES(?,?,?,?)"));
  auto victims =
      WD_TRY(c.prepare("SELECT number, bytes FROM outgoing WHERE number>? ORDER BY severity, number LIMIT ?"));
  auto drop = WD_TRY(c.prepare("DELETE FROM outgoing WHERE number=?"));
  auto next = WD_TRY(c.prepare("SELECT number, event FROM outgoing WHERE number>? ORDER BY number LIMIT ?"));
  auto oldest = WD_TRY(c.prepare("SELECT time_us FROM outgoing ORDER BY number LIMIT 1"));
  auto sums = WD_TRY(c.prepare("SELECT count(*), coalesce(sum(bytes),0) FROM outgoing WHERE number<=?"));
  auto forget = WD_TRY(c.prepare("DELETE FROM outgoing WHERE number<=?"));
  auto save = WD_TRY(c.prepare("UPDATE outgoing_counts SET delivered=?, refused=?, lost=? WHERE id=1"));
  auto statements =
      std::make_unique<Statements>(Statements{std::move(insert), std::move(victims), std::move(drop), std::move(next),
                                              std::move(oldest), std::move(sums), std::move(forget), std::move(save)});
  auto queue = std::unique_ptr<OutgoingQueue>(new OutgoingQueue(c, std::move(statements)));  // NOLINT: private
  WD_TRY(queue->load());
  return queue;
}

Result<void> OutgoingQueue::load() {
  status_ = {};
  auto counts = WD_TRY(connection_.prepare("SELECT delivered, refused, lost FROM outgoing_counts WHERE id=1"));
  if (!WD_TRY(counts.step())) return fail(ErrorCode::Corrupt, "outgoing: no counts");
  status_.ever = {counts.integer(0), counts.integer(1), counts.integer(2)};
  counts.reset();
  status_.events = WD_TRY(connection_.integer("SELECT count(*) FROM outgoing"));
  status_.bytes = WD_TRY(connection_.integer("SELECT coalesce(sum(bytes),0) FROM outgoing"));
  return load_oldest();
}

Result<void> OutgoingQueue::load_oldest() {
  status_.oldest.reset();
  if (!WD_TRY(statements_->oldest.step())) return {};
  status_.oldest = from_micros(static_cast<std::int64_t>(statements_->oldest.integer(0)));
  statements_->oldest.reset();
  return {};
}

Result<void> OutgoingQueue::append(const protocol::Event& event, ByteView bytes, std::uint64_t max_bytes) {
  WD_TRY(statements_->insert.bind(1, event.severity())
             .bind(2, bytes.size())
             .bind(3, static_cast<std::uint64_t>(event.time_us()))
             .bind(4, bytes)
             .run());
  status_.events += 1;
  status_.bytes += bytes.size();
  if (!status_.oldest) status_.oldest = from_micros(event.time_us());
  return status_.bytes > max_bytes ? make_room(max_bytes) : Result<void>();
}

Result<void> OutgoingQueue::make_room(std::uint64_t max_bytes) {
  while (status_.bytes > max_bytes) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> victims;
    auto& rows = statements_->victims.bind(1, given_).bind(2, kVictims);
    while (WD_TRY(rows.step())) victims.emplace_back(rows.integer(0), rows.integer(1));
    if (victims.empty()) break;  // all of it is on its way
    for (const auto& [number, bytes] : victims) {
      if (status_.bytes <= max_bytes) break;
      WD_TRY(statements_->drop.bind(1, number).run());
      status_.events -= 1;
      status_.bytes -= bytes;
      status_.ever.lost += 1;
    }
  }
  WD_TRY(load_oldest());
  return save_counts();
}

Result<std::vector<OutgoingItem>> OutgoingQueue::next(std::uint64_t after, std::size_t max_events,
                                                      std::size_t max_bytes) {
  std::vector<OutgoingItem> items;
  std::size_t bytes = 0;
  auto& rows = statements_->next.bind(1, after).bind(2, max_events);
  while (WD_TRY(rows.step())) {
    const ByteView event = rows.blob(1);
    bytes += event.size();
    if (bytes > max_bytes && !items.empty()) {
      rows.reset();
      break;
    }
    OutgoingItem& item = items.emplace_back();
    item.number = rows.integer(0);
    if (!item.event.ParseFromArray(event.data(), static_cast<int>(event.size()))) item.event.Clear();
  }
  if (!items.empty()) given_ = items.back().number;
  return items;
}

Result<void> OutgoingQueue::forget(std::uint64_t upto, const OutgoingCounts& counts) {
  auto& sums = statements_->sums.bind(1, upto);
  WD_TRY(sums.step());
  status_.events -= sums.integer(0);
  status_.bytes -= sums.integer(1);
  sums.reset();
  WD_TRY(statements_->forget.bind(1, upto).run());
  status_.ever.delivered += counts.delivered;
  status_.ever.refused += counts.refused;
  status_.ever.lost += counts.lost;
  WD_TRY(load_oldest());
  return save_counts();
}

Result<void> OutgoingQueue::clear() {
  if (status_.events == 0) return {};
  WD_TRY(connection_.execute("DELETE FROM outgoing"));
  status_.events = 0;
  status_.bytes = 0;
  status_.oldest.reset();
  return {};
}

Result<void> OutgoingQueue::save_counts() {
  const OutgoingCounts& ever = status_.ever;
  return statements_->save.bind(1, ever.delivered).bind(2, ever.refused).bind(3, ever.lost).run();
}

}  // namespace warder::agent
