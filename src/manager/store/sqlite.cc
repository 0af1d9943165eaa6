#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdlib>
#include <list>
#include <semaphore>

#include "base/file.h"
#include "manager/store/db.h"
#include "manager/store/writer_turn.h"

namespace warder::manager {
namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr std::chrono::milliseconds kTurnTimeout{10'000};
constexpr std::size_t kStatementsKept = 48;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {  // https://www.sqlite.org/rescode.html: the primary code is the low byte
    case SQLITE_CONSTRAINT:
      return ErrorCode::Conflict;
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return ErrorCode::Unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::Corrupt;
    case SQLITE_TOOBIG:
      return ErrorCode::TooLarge;
    case SQLITE_INTERRUPT:
      return ErrorCode::Timeout;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::Forbidden;
    default:
      return ErrorCode::Internal;
  }
}

tl::unexpected<Error> fail_sqlite(sqlite3* db, int code) {
  return fail(code_of(code), db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

struct CloseSqlite {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
struct FinalizeSqlite {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseSqlite>;
using SqliteStmtHandle = std::unique_ptr<sqlite3_stmt, FinalizeSqlite>;

/// SQLite takes a null pointer for NULL: empty values need a place to point at.
const char* place_of(const void* data) noexcept {
  return data != nullptr ? static_cast<const char*>(data) : "";
}

int bind_one(sqlite3_stmt* statement, int index, std::nullptr_t /*value*/, sqlite3_destructor_type /*life*/) {
  return sqlite3_bind_null(statement, index);
}
int bind_one(sqlite3_stmt* statement, int index, std::int64_t value, sqlite3_destructor_type /*life*/) {
  return sqlite3_bind_int64(statement, index, value);
}
int bind_one(sqlite3_stmt* statement, int index, std::string_view value, sqlite3_destructor_type life) {
  return sqlite3_bind_text64(statement, index, place_of(value.data()), value.size(), life, SQLITE_UTF8);
}
int bind_one(sqlite3_stmt* statement, int index, ByteView value, sqlite3_destructor_type life) {
  return sqlite3_bind_blob64(statement, index, place_of(value.data()), value.size(), life);
}

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) noexcept : statement_(statement) {}

  [[nodiscard]] bool is_null(int column) const override { return type(column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const override {
    assert(type(column) == SQLITE_INTEGER);
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string text(int column) const override {
    assert(type(column) == SQLITE_TEXT);
    const void* text = sqlite3_column_text(statement_, column);
    return {place_of(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  [[nodiscard]] Bytes bytes(int column) const override {
    assert(type(column) == SQLITE_BLOB);
    const auto* first = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return first == nullptr ? Bytes{} : Bytes(first, first + sqlite3_column_bytes(statement_, column));
  }
  [[nodiscard]] DbValue value(int column) const override {
    switch (type(column)) {
      case SQLITE_INTEGER:
        return integer(column);
      case SQLITE_TEXT:
        return text(column);
      case SQLITE_BLOB:
        return bytes(column);
      case SQLITE_FLOAT:
        return static_cast<std::int64_t>(sqlite3_column_double(statement_, column));
      default:
        return nullptr;
    }
  }

 private:
  [[nodiscard]] int type(int column) const { return sqlite3_column_type(statement_, column); }
  sqlite3_stmt* statement_;
};

class SqliteDb;

class SqliteStmt final : public Stmt {
 public:
  SqliteStmt(SqliteDb& owner, std::string sql, SqliteStmtHandle statement)
      : owner_(&owner), sql_(std::move(sql)), statement_(std::move(statement)), row_(statement_.get()) {}

  Result<void> bind(std::span<const DbValue> values) override { return bind_all(values, SQLITE_TRANSIENT); }
  Result<void> bind_views(std::span<const DbView> values) override { return bind_all(values, SQLITE_STATIC); }

  Result<void> bind_columns(std::span<const DbColumn> /*columns*/) override {
    return fail(ErrorCode::Internal, "SQLite has no columns to bind");
  }

  Result<const Row*> step() override {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return &row_;
    if (code == SQLITE_DONE) return nullptr;
    auto error = fail_sqlite(sqlite3_db_handle(statement_.get()), code);
    sqlite3_reset(statement_.get());
    return error;
  }

  Result<std::int64_t> run(std::span<const DbView> values) override {
    WD_TRY(bind_views(values));
    while (WD_TRY(step()) != nullptr) {
    }
    sqlite3* db = sqlite3_db_handle(statement_.get());
    sqlite3_reset(statement_.get());
    return sqlite3_changes64(db);
  }

  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
  void reset() noexcept {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
  }

 private:
  void give_back() noexcept override;

  template <class Value>
  Result<void> bind_all(std::span<const Value> values, sqlite3_destructor_type life) {
    sqlite3_reset(statement_.get());
    int index = 0;
    for (const Value& value : values) {
      ++index;
      const int code = std::visit([&](const auto& v) { return bind_one(statement_.get(), index, v, life); }, value);
      if (code != SQLITE_OK) return fail_sqlite(sqlite3_db_handle(statement_.get()), code);
    }
    return {};
  }

  SqliteDb* owner_;
  std::string sql_;
  SqliteStmtHandle statement_;
  SqliteRow row_;
};

class SqliteDb final : public Db {
 public:
  SqliteDb(SqliteHandle db, std::chrono::milliseconds limit, std::shared_ptr<WriterTurn> turn)
      : turn_(std::move(turn)), limit_(limit), db_(std::move(db)) {
    // Every 1,000 instructions of SQLite's machine is about 10 us: fine enough for limits in milliseconds.
    if (limit_.count() > 0) sqlite3_progress_handler(db_.get(), 1'000, &SqliteDb::is_over_time, this);
  }
  ~SqliteDb() override { rollback(); }
  SqliteDb(const SqliteDb&) = delete;
  SqliteDb& operator=(const SqliteDb&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::Sqlite; }

  Result<StmtHandle> prepare(std::string_view sql) override {
    deadline_ = std::chrono::steady_clock::now() + limit_;
    const auto kept = std::ranges::find_if(idle_, [&](const auto& statement) { return statement->sql() == sql; });
    if (kept != idle_.end()) {
      lent_.splice(lent_.end(), idle_, kept);
      return StmtHandle{lent_.back().get()};
    }
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &raw, nullptr);
    SqliteStmtHandle statement{raw};
    if (code != SQLITE_OK) return fail_sqlite(db_.get(), code);
    if (!statement) return fail(ErrorCode::Internal, "empty SQL statement");
    lent_.push_back(std::make_unique<SqliteStmt>(*this, std::string{sql}, std::move(statement)));
    return StmtHandle{lent_.back().get()};
  }

  Result<std::int64_t> execute(std::string_view sql, std::span<const DbValue> values) override {
    const StmtHandle statement = WD_TRY(prepare(sql));
    WD_TRY(statement->bind(values));
    while (WD_TRY(statement->step()) != nullptr) {
    }
    return sqlite3_changes64(db_.get());
  }
  using Db::execute;

  Result<void> begin() override {
    if (turn_ && !turn_->semaphore.try_acquire_for(kTurnTimeout))
      return fail(ErrorCode::Unavailable, "the database is busy: another writer does not end");
    has_turn_ = turn_ != nullptr;
    auto begun = execute("BEGIN IMMEDIATE");
    if (begun) return {};
    give_turn();
    return fail(std::move(begun).error());
  }

  Result<void> commit() override {
    auto committed = execute("COMMIT");
    if (!committed) rollback();
    give_turn();
    if (committed) return {};
    return fail(std::move(committed).error());
  }

  void rollback() noexcept override {
    // After some failures (full disk) SQLite has rolled back by itself.
    if (sqlite3_get_autocommit(db_.get()) == 0) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    give_turn();
  }

  void keep(SqliteStmt* statement) noexcept {
    const auto lent = std::ranges::find_if(lent_, [&](const auto& other) { return other.get() == statement; });
    assert(lent != lent_.end());
    (*lent)->reset();
    idle_.splice(idle_.begin(), lent_, lent);  // most recently used first
    if (idle_.size() > kStatementsKept) idle_.pop_back();
  }

  Result<void> pragma(const std::string& text) {
    WD_TRY(execute("PRAGMA " + text).in("PRAGMA " + text));
    return {};
  }

 private:
  static int is_over_time(void* self) {
    return std::chrono::steady_clock::now() > static_cast<SqliteDb*>(self)->deadline_ ? 1 : 0;
  }
  void give_turn() noexcept {
    if (std::exchange(has_turn_, false)) turn_->semaphore.release();
  }

  std::shared_ptr<WriterTurn> turn_;
  bool has_turn_ = false;
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point deadline_;
  SqliteHandle db_;
  std::list<std::unique_ptr<SqliteStmt>> idle_;
  std::list<std::unique_ptr<SqliteStmt>> lent_;
};

void SqliteStmt::give_back() noexcept {
  owner_->keep(this);
}

/// SQLite makes files with the process's umask; ours hold secrets and personal data.
/// Never opens a file that is there: closing it again would give up the locks that this process has on it through
/// SQLite (fcntl(2)), and with them the write-ahead log to whoever looks at the file next. So a new one is made under
/// another name and linked.
Result<void> make_private_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (S_ISREG(status.st_mode)) return {};
    return fail(ErrorCode::Forbidden, path.string() + ": not a regular file");
  }
  if (errno != ENOENT) return fail_errno(path.string(), errno);
  std::string made = path.string() + ".XXXXXX";
  UniqueFd fd{::mkostemp(made.data(), O_CLOEXEC)};  // mode 0600
  if (!fd.is_open()) return fail_errno(path.string(), errno);
  fd.reset();
  const int linked = ::link(made.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(made.c_str());
  if (linked != 0 && linked != EEXIST) return fail_errno(path.string(), linked);
  return {};
}

Result<void> configure(SqliteDb& db, const SqliteOptions& options) {
  WD_TRY(db.pragma("foreign_keys=ON"));
  WD_TRY(db.pragma("cache_size=-" + std::to_string(options.cache_kb)));
  WD_TRY(db.pragma("temp_store=MEMORY"));
  WD_TRY(db.pragma("trusted_schema=OFF"));
  if (options.read_only) return {};
  WD_TRY(db.pragma("journal_mode=WAL"));
  WD_TRY(db.pragma(options.durable ? "synchronous=FULL" : "synchronous=NORMAL"));
  if (options.max_pages > 0) WD_TRY(db.pragma("max_page_count=" + std::to_string(options.max_pages)));
  return {};
}

}  // namespace

Result<std::unique_ptr<Db>> open_sqlite(const std::filesystem::path& path, SqliteOptions options,
                                        std::shared_ptr<WriterTurn> turn) {
  const bool in_memory = path == ":memory:";
  if (!in_memory && !options.read_only) WD_TRY(make_private_file(path));
  sqlite3* raw = nullptr;
  const int mode = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  SqliteHandle handle{raw};
  if (code != SQLITE_OK) return Result<std::unique_ptr<Db>>{fail_sqlite(raw, code)}.in(path.string());
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  auto db = std::make_unique<SqliteDb>(std::move(handle), options.statement_limit, std::move(turn));
  auto configured = configure(*db, options).in(path.string());
  if (!configured) return fail(std::move(configured).error());
  return db;
}

}  // namespace warder::manager
