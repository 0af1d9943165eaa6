// A thin layer over SQLite (and, behind the same face, PostgreSQL): statements with bound values, transactions, rows.
// SQL is written by the features; values never become part of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::manager {

/// A value to bind or a column read: NULL, integer, text or bytes.
using DbValue = std::variant<std::nullptr_t, std::int64_t, std::string, Bytes>;

/// One row of a result; columns by position, as in the SELECT. Asking for another type than the column holds is a
/// programming error and asserts; `is_null` first where NULL can be.
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string text(int column) const = 0;
  [[nodiscard]] virtual Bytes bytes(int column) const = 0;
};

/// A prepared statement, kept by its connection and handed out for one use. Single-threaded.
class Stmt {
 public:
  virtual ~Stmt() = default;
  /// Binds ?1, ?2 … anew and starts over.
  virtual Result<void> bind(std::span<const DbValue> values) = 0;
  /// The next row, or nullptr at the end. The row is valid until the next call.
  virtual Result<const Row*> step() = 0;
};

/// One connection. Single-threaded; a Pool hands it out.
class Db {
 public:
  virtual ~Db() = default;
  virtual Result<Stmt*> prepare(std::string_view sql) = 0;
  /// Runs a statement to its end and returns how many rows it changed.
  virtual Result<std::int64_t> execute(std::string_view sql, std::span<const DbValue> values = {}) = 0;
  virtual Result<std::int64_t> execute(std::string_view sql, std::initializer_list<DbValue> values) = 0;
  virtual Result<void> begin() = 0;  // SQLite: BEGIN IMMEDIATE
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
  Result<void> commit();

 private:
  explicit Tx(Db& db) : db_(&db) {}
  Db* db_;
};

/// Opens (and creates) an SQLite file: WAL, synchronous=NORMAL unless `durable`, foreign keys on, busy timeout 5 s.
struct SqliteOptions {
  bool read_only = false;
  bool durable = false;  // synchronous=FULL: for what must survive power loss at once (audit, spool)
};
Result<std::unique_ptr<Db>> open_sqlite(const std::filesystem::path& path, SqliteOptions options = {});

}  // namespace warder::manager
