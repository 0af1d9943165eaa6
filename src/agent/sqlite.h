// The little of SQLite that the spool needs: a connection, prepared statements, errors as Result.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::agent {

/// One prepared statement; column and parameter numbers as in SQLite (parameters from 1, columns from 0).
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement, &sqlite3_finalize) {}

  SqliteStatement& bind(int index, std::uint64_t value);
  SqliteStatement& bind(int index, ByteView blob);
  /// True: a row is there. On the last row, and on failure, the statement is ready to be bound again.
  Result<bool> step();
  /// For statements that give no rows.
  Result<void> run();
  void reset();

  [[nodiscard]] std::uint64_t integer(int column) const;
  [[nodiscard]] ByteView blob(int column) const;  // valid until the next step

 private:
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

class SqliteConnection {
 public:
  static Result<SqliteConnection> open(const std::filesystem::path& file);

  Result<void> execute(const char* sql);
  Result<SqliteStatement> prepare(std::string_view sql);
  /// One value of the first row; Corrupt when there is none.
  Result<std::uint64_t> integer(std::string_view sql);

  /// Runs `work` in a transaction: all of it or, when it fails, none.
  template <class Work>
  Result<void> in_transaction(Work&& work) {
    WD_TRY(execute("BEGIN IMMEDIATE"));
    Result<void> done = work();
    if (done) done = execute("COMMIT");
    if (!done) roll_back();
    return done;
  }

 private:
  explicit SqliteConnection(sqlite3* connection) : connection_(connection, &sqlite3_close) {}
  void roll_back();

  std::unique_ptr<sqlite3, int (*)(sqlite3*)> connection_;
};

}  // namespace warder::agent
