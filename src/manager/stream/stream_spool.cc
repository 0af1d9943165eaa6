#include "manager/stream/stream_spool.h"

#include <algorithm>

#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, line TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS places (tenant TEXT PRIMARY KEY, place TEXT NOT NULL, ending TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY, number INTEGER NOT NULL, last BLOB NOT NULL, "
    "running INTEGER NOT NULL, settings TEXT NOT NULL, began INTEGER NOT NULL)",
};

}  // namespace

Result<std::unique_ptr<StreamSpool>> StreamSpool::open(const std::filesystem::path& file) {
  SqliteOptions options;
  options.durable = true;
  auto spool = std::unique_ptr<StreamSpool>(new StreamSpool(WD_TRY(open_sqlite(file, options))));
  for (const std::string_view table : kTables) WD_TRY(spool->db_->execute(table));
  const auto size = WD_TRY(read_row(*spool->db_, "SELECT count(*), coalesce(sum(length(line)), 0) FROM records", {},
                                    [](const Row& row) -> Result<Size> {
                                      return Size{row.integer(0), row.integer(1)};
                                    }));
  spool->size_ = size.value_or(Size{});
  return spool;
}

Result<SpoolState> StreamSpool::state() {
  const std::scoped_lock lock(mutex_);
  const auto read = [](const Row& row) -> Result<SpoolState> {
    SpoolState state;
    state.chain.number = static_cast<std::uint64_t>(row.integer(0));
    const Bytes last = row.bytes(1);
    if (last.size() != state.chain.last.size()) return fail(ErrorCode::Corrupt, "the stream's spool: no hash");
    std::ranges::copy(last, state.chain.last.begin());
    state.is_running = row.integer(2) != 0;
    state.settings = row.text(3);
    state.began = from_micros(row.integer(4));
    return state;
  };
  const auto found =
      WD_TRY(read_row(*db_, "SELECT number, last, running, settings, began FROM state WHERE one = 1", {}, read));
  return found.value_or(SpoolState{});
}

Result<TenantPlaces> StreamSpool::places() {
  const std::scoped_lock lock(mutex_);
  TenantPlaces places;
  const StmtHandle statement = WD_TRY(db_->prepare("SELECT tenant, place, ending FROM places"));
  WD_TRY(statement->bind(std::span<const DbValue>{}));
  while (const Row* row = WD_TRY(statement->step())) {
    places[WD_TRY(parse_id<TenantId>(row->text(0)))] = {WD_TRY(OutboxPlace::parse(row->text(1))),
                                                        WD_TRY(OutboxPlace::parse(row->text(2)))};
  }
  return places;
}

Result<void> StreamSpool::write(std::span<const stream::Record> records, const SpoolState& state,
                                const TenantPlaces& places) {
  const std::scoped_lock lock(mutex_);
  Tx transaction = WD_TRY(Tx::begin(*db_));
  Size added;
  for (const stream::Record& record : records) {
    std::string line = stream::to_line(record);
    added.bytes += static_cast<std::int64_t>(line.size());
    ++added.records;
    WD_TRY(db_->execute("INSERT INTO records (number, line) VALUES (?1, ?2)",
                        {static_cast<std::int64_t>(record.number), std::move(line)}));
  }
  WD_TRY(db_->execute(
      "INSERT INTO state (one, number, last, running, settings, began) VALUES (1, ?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT (one) DO UPDATE SET number = excluded.number, last = excluded.last, running = "
      "excluded.running, settings = excluded.settings, began = excluded.began",
      {static_cast<std::int64_t>(state.chain.number), Bytes{state.chain.last.begin(), state.chain.last.end()},
       std::int64_t{state.is_running ? 1 : 0}, state.settings, to_micros(state.began)}));
  for (const auto& [tenant, place] : places)
    WD_TRY(
        db_->execute("INSERT INTO places (tenant, place, ending) VALUES (?1, ?2, ?3) ON CONFLICT (tenant) DO UPDATE "
                     "SET place = excluded.place, ending = excluded.ending",
                     {tenant.text(), place.read.text(), place.end.text()}));
  WD_TRY(transaction.commit());
  size_.records += added.records;
  size_.bytes += added.bytes;
  return {};
}

Result<std::vector<SpooledLine>> StreamSpool::front(std::size_t limit, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  std::vector<SpooledLine> lines;
  std::size_t size = 0;
  const StmtHandle statement = WD_TRY(db_->prepare("SELECT number, line FROM records ORDER BY number LIMIT ?1"));
  WD_TRY(statement->bind({static_cast<std::int64_t>(limit)}));
  while (const Row* row = size < bytes ? WD_TRY(statement->step()) : nullptr) {
    lines.push_back({static_cast<std::uint64_t>(row->integer(0)), row->text(1)});
    size += lines.back().line.size();
  }
  return lines;
}

Result<void> StreamSpool::forget(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto last = static_cast<std::int64_t>(number);
  const auto gone =
      WD_TRY(read_row(*db_, "SELECT count(*), coalesce(sum(length(line)), 0) FROM records WHERE number <= ?1", {last},
                      [](const Row& row) -> Result<Size> {
                        return Size{row.integer(0), row.integer(1)};
                      }));
  WD_TRY(db_->execute("DELETE FROM records WHERE number <= ?1", {last}));
  size_.records -= gone.value_or(Size{}).records;
  size_.bytes -= gone.value_or(Size{}).bytes;
  return {};
}

StreamSpool::Size StreamSpool::size() const {
  const std::scoped_lock lock(mutex_);
  return size_;
}

}  // namespace warder::manager
