#include "agent/sqlite.h"

#include <string>

namespace warder::agent {
namespace {

ErrorCode code_of(int result) {
  switch (result & 0xff) {  // the primary code: sqlite.org/rescode.html
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::Corrupt;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return ErrorCode::Unavailable;
    case SQLITE_CONSTRAINT:
      return ErrorCode::Conflict;
    case SQLITE_TOOBIG:
      return ErrorCode::TooLarge;
    default:
      return ErrorCode::Internal;
  }
}

tl::unexpected<Error> failure(sqlite3* connection, int result) {
  return fail(code_of(result), std::string("sqlite: ") + sqlite3_errmsg(connection));
}

}  // namespace

SqliteStatement& SqliteStatement::bind(int index, std::uint64_t value) {
  sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int index, ByteView blob) {
  // Null: SQLITE_STATIC; callers keep the bytes until the statement has run.
  sqlite3_bind_blob64(statement_.get(), index, blob.data(), blob.size(), nullptr);
  return *this;
}

Result<bool> SqliteStatement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (result == SQLITE_DONE) return false;
  return failure(sqlite3_db_handle(statement_.get()), result);
}

Result<void> SqliteStatement::run() {
  WD_TRY(step());
  return {};
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
}

std::uint64_t SqliteStatement::integer(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

ByteView SqliteStatement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<SqliteConnection> SqliteConnection::open(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  SqliteConnection connection(raw);
  if (result != SQLITE_OK) return failure(raw, result);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 5000);
  return connection;
}

Result<void> SqliteConnection::execute(const char* sql) {
  const int result = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return failure(connection_.get(), result);
  return {};
}

Result<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return failure(connection_.get(), result);
  return SqliteStatement(statement);
}

Result<std::uint64_t> SqliteConnection::integer(std::string_view sql) {
  auto statement = WD_TRY(prepare(sql));
  if (!WD_TRY(statement.step())) return fail(ErrorCode::Corrupt, "sqlite: no row for " + std::string(sql));
  return statement.integer(0);
}

void SqliteConnection::roll_back() {
  // After some failures SQLite has rolled back by itself, and this says so with an error that means nothing.
  if (sqlite3_get_autocommit(connection_.get()) == 0) {
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace warder::agent
