// A thin layer over SQLite and, behind the same face, PostgreSQL (postgres.h): statements with bound values,
// transactions, rows.
// SQL is written by the features; values never become part of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::manager {

/// A value to bind or a column read: NULL, integer, text or bytes.
using DbValue = std::variant<std::nullptr_t, std::int64_t, std::string, Bytes>;
/// The same, looking at memory of the caller's.
using DbView = std::variant<std::nullptr_t, std::int64_t, std::string_view, ByteView>;

/// Values of one kind, or NULL, one a row: for PostgreSQL's unnest.
using DbColumn = std::vector<DbView>;

/// One row of a result; columns by position, as in the SELECT. Asking for another type than the column holds is a
/// programming error and asserts; `is_null` first where NULL can be.
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string text(int column) const = 0;
  [[nodiscard]] virtual Bytes bytes(int column) const = 0;
  /// Whatever the column holds; for columns computed by expressions.
  [[nodiscard]] virtual DbValue value(int column) const = 0;
};

/// A prepared statement. Single-threaded.
class Stmt {
 public:
  virtual ~Stmt() = default;
  /// Binds ?1, ?2 … anew and starts over.
  virtual Result<void> bind(std::span<const DbValue> values) = 0;
  Result<void> bind(std::initializer_list<DbValue> values) { return bind(std::span(values.begin(), values.size())); }
  /// Like bind, without copying: the memory must stay until the next bind or the end of the handle.
  virtual Result<void> bind_views(std::span<const DbView> values) = 0;
  /// Binds ?1, ?2 … to whole columns, all of one length. PostgreSQL only.
  virtual Result<void> bind_columns(std::span<const DbColumn> columns) = 0;
  /// The next row, or nullptr at the end. The row is valid until the next call. PostgreSQL holds the whole result.
  virtual Result<const Row*> step() = 0;
  /// bind_views, then to the end; returns how many rows it changed.
  virtual Result<std::int64_t> run(std::span<const DbView> values) = 0;

 private:
  friend struct StmtReturn;
  virtual void give_back() noexcept = 0;
};

/// Ends the statement's use: it is reset and kept by its connection for the next one who prepares the same text.
struct StmtReturn {
  void operator()(Stmt* statement) const noexcept {
    if (statement != nullptr) statement->give_back();
  }
};
/// Must not outlive its connection.
using StmtHandle = std::unique_ptr<Stmt, StmtReturn>;

/// The few places where the backends need other words ask for it; see store/dialect.h.
enum class Dialect : std::uint8_t { Sqlite, Postgres };

/// One connection. Single-threaded; a Pool hands it out.
///
/// Errors: Conflict for a broken constraint, Unavailable for a full disk, a busy or lost database or failing I/O,
/// Corrupt for damaged data, Timeout for a statement over its time, Internal for wrong SQL (from `prepare` or from the
/// first `step`). PostgreSQL: Invalid for text that is not UTF-8 without NUL; after a failed statement the rest of the
/// transaction fails too, and its commit.
class Db {
 public:
  virtual ~Db() = default;
  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;
  virtual Result<StmtHandle> prepare(std::string_view sql) = 0;
  /// Runs a statement to its end and returns how many rows it changed.
  virtual Result<std::int64_t> execute(std::string_view sql, std::span<const DbValue> values) = 0;
  Result<std::int64_t> execute(std::string_view sql, std::initializer_list<DbValue> values = {}) {
    return execute(sql, std::span(values.begin(), values.size()));
  }
  /// Transactions that write to the same database (PostgreSQL: schema) take turns.
  virtual Result<void> begin() = 0;
  virtual Result<void> commit() = 0;
  virtual void rollback() noexcept = 0;
};

/// Rolls back unless committed.
class Tx {
 public:
  static Result<Tx> begin(Db& db);
  Tx(Tx&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Tx& operator=(Tx&&) = delete;
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;
  ~Tx() {
    if (db_ != nullptr) db_->rollback();
  }
  /// On failure nothing of the transaction is stored.
  Result<void> commit();

 private:
  explicit Tx(Db& db) : db_(&db) {}
  Db* db_;
};

/// Writers of one process take turns here instead of polling the file's lock.
class WriterTurn;

struct SqliteOptions {
  bool read_only = false;
  bool durable = false;           // synchronous=FULL: a commit survives power loss (audit, configuration, events)
  std::int64_t cache_kb = 2'000;  // page cache of a connection
  std::int64_t max_pages = 0;     // the file never grows beyond this; 0: no limit
  std::chrono::milliseconds statement_limit{0};  // from prepare to the last step; then Timeout. 0: no limit
};

/// Opens (and creates, mode 0600) an SQLite file: WAL, synchronous=NORMAL unless `durable`, foreign keys on, busy
/// timeout 5 s.
Result<std::unique_ptr<Db>> open_sqlite(const std::filesystem::path& path, SqliteOptions options = {},
                                        std::shared_ptr<WriterTurn> turn = nullptr);

}  // namespace warder::manager
