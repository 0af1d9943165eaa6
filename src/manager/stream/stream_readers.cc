#include "manager/stream/stream_readers.h"

#include <algorithm>

#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kRemember{5};

}  // namespace

FeatureSchema stream_schema() {
  using enum PersonalData;
  return {"stream",
          {{1,
            "readers of the outbox",
            {"CREATE TABLE stream_readers (stream TEXT NOT NULL, host TEXT NOT NULL, place TEXT NOT NULL, read_at "
             "BIGINT NOT NULL, PRIMARY KEY (stream, host))"}}},
          {{"stream_readers", "stream", None},
           {"stream_readers", "host", None},
           {"stream_readers", "place", None},
           {"stream_readers", "read_at", None}}};
}

Result<std::vector<StreamReader>> StreamReaders::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, "SELECT stream, host, place FROM stream_readers ORDER BY stream, host", {},
                   [](const Row& row) -> Result<StreamReader> {
                     return StreamReader{row.text(0), row.text(1), WD_TRY(OutboxPlace::parse(row.text(2)))};
                   });
}

Result<void> StreamReaders::set(const TenantScope& scope, const StreamReader& reader) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(
      db->execute("INSERT INTO stream_readers (stream, host, place, read_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
                  "(stream, host) DO UPDATE SET place = excluded.place, read_at = excluded.read_at",
                  {reader.stream, reader.host, reader.place.text(), to_micros(clock_.now())}));
  const std::scoped_lock lock(mutex_);
  remembered_.erase(scope.tenant());
  return {};
}

Result<void> StreamReaders::remove(const TenantScope& scope, const StreamReader& reader) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("DELETE FROM stream_readers WHERE stream = ?1 AND host = ?2", {reader.stream, reader.host}));
  const std::scoped_lock lock(mutex_);
  remembered_.erase(scope.tenant());
  return {};
}

bool StreamReaders::has_any(const TenantScope& scope) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::scoped_lock lock(mutex_);
    const auto found = remembered_.find(scope.tenant());
    if (found != remembered_.end() && now - found->second.read < kRemember) return found->second.has_any;
  }
  const auto readers = list(scope);
  const bool has_any = !readers || !readers->empty();
  const std::scoped_lock lock(mutex_);
  remembered_[scope.tenant()] = {has_any, now};
  return has_any;
}

Result<OutboxPlace> StreamReaders::read_by_all(const TenantScope& scope, OutboxPlace place) {
  for (const StreamReader& reader : WD_TRY(list(scope))) {
    for (auto& [file, number] : place.numbers) {
      const auto read = reader.place.numbers.find(file);
      number = std::min(number, read == reader.place.numbers.end() ? 0 : read->second);
    }
  }
  return place;
}

}  // namespace warder::manager
