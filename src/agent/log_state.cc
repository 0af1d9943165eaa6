#include "agent/log_state.h"

#include <algorithm>

#include "agent/sqlite.h"
#include "protocol/protocol.h"

namespace warder::agent {
namespace {

// synchronous=FULL: what begin() kept must not be lost in a power cut after the spool has the events, or the lines
// would make them again under other ids.
constexpr const char* kSetup =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-512;"
    "PRAGMA journal_size_limit=4194304;"
    "CREATE TABLE IF NOT EXISTS positions(name BLOB PRIMARY KEY, position BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS pending(number INTEGER PRIMARY KEY, event BLOB NOT NULL);";

std::filesystem::path file_in(const std::filesystem::path& directory) {
  return directory / "sources.db";
}

}  // namespace

struct LogState::Database {
  SqliteConnection connection;
  SqliteStatement put_position;
  SqliteStatement drop_position;
  SqliteStatement positions;
  SqliteStatement put_event;
  SqliteStatement events;
};

LogState::LogState(std::unique_ptr<Database> database) : database_(std::move(database)) {}
LogState::~LogState() = default;

Result<std::unique_ptr<LogState>> LogState::open(const std::filesystem::path& directory) {
  auto connection = WD_TRY(SqliteConnection::open(file_in(directory)));
  WD_TRY(connection.execute(kSetup));
  auto put = WD_TRY(connection.prepare("INSERT OR REPLACE INTO positions(name, position) VALUES(?,?)"));
  auto drop = WD_TRY(connection.prepare("DELETE FROM positions WHERE name=?"));
  auto positions = WD_TRY(connection.prepare("SELECT name, position FROM positions"));
  auto put_event = WD_TRY(connection.prepare("INSERT INTO pending(event) VALUES(?)"));
  auto events = WD_TRY(connection.prepare("SELECT event FROM pending ORDER BY number"));
  auto database = std::make_unique<Database>(Database{std::move(connection), std::move(put), std::move(drop),
                                                      std::move(positions), std::move(put_event), std::move(events)});
  return std::unique_ptr<LogState>(
      new LogState(std::move(database)));  // NOLINT(cppcoreguidelines-owning-memory): private constructor
}

Result<std::map<std::string, std::string>> LogState::positions() {
  std::map<std::string, std::string> all;
  while (WD_TRY(database_->positions.step())) {
    all[std::string(as_text(database_->positions.blob(0)))] = as_text(database_->positions.blob(1));
  }
  return all;
}

Result<std::vector<Event>> LogState::pending() {
  std::vector<Event> all;
  while (WD_TRY(database_->events.step())) {
    protocol::Event wire;
    const std::string_view bytes = as_text(database_->events.blob(0));
    if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      database_->events.reset();
      return fail(ErrorCode::Corrupt, "log inspection: a kept event is damaged");
    }
    all.push_back(WD_TRY(protocol::from_wire(wire)));
  }
  return all;
}

Result<void> LogState::begin(const std::map<std::string, std::string>& changed, const std::vector<Event>& events) {
  return database_->connection.in_transaction([&]() -> Result<void> {
    for (const auto& [name, position] : changed)
      WD_TRY(database_->put_position.bind(1, as_bytes(name)).bind(2, as_bytes(position)).run());
    for (const Event& event : events) {
      protocol::Event wire;
      protocol::to_wire(event, &wire);
      const std::string bytes = wire.SerializeAsString();
      WD_TRY(database_->put_event.bind(1, as_bytes(bytes)).run());
    }
    return {};
  });
}

Result<void> LogState::commit() {
  return database_->connection.execute("DELETE FROM pending");
}

Result<void> LogState::keep_only(const std::vector<std::string>& names) {
  const auto known = WD_TRY(positions());
  return database_->connection.in_transaction([&]() -> Result<void> {
    for (const auto& [name, position] : known) {
      if (std::ranges::find(names, name) == names.end()) WD_TRY(database_->drop_position.bind(1, as_bytes(name)).run());
    }
    return {};
  });
}

void LogState::discard(const std::filesystem::path& directory) {
  std::error_code ignored;
  for (const std::string_view end : {"", "-wal", "-shm"})
    std::filesystem::remove(file_in(directory).string() + std::string(end), ignored);
}

}  // namespace warder::agent
