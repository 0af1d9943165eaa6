#include "manager/store/postgres.h"

#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <cassert>
#include <list>
#include <unordered_map>

#include "base/text.h"
#include "manager/store/dialect.h"
#include "manager/store/postgres_value.h"

namespace warder::manager {
namespace {

constexpr std::size_t kStatementsKept = 200;
constexpr int kLeastServer = 130'000;  // 13
constexpr std::string_view kTurnTimeout = "10s";

ErrorCode code_of(std::string_view sqlstate) {
  // https://www.postgresql.org/docs/15/errcodes-appendix.html
  static constexpr std::pair<std::string_view, ErrorCode> kStates[] = {
      {"57014", ErrorCode::Timeout},      // query_canceled: statement_timeout
      {"25006", ErrorCode::Unavailable},  // read_only_sql_transaction, as SQLite's read-only file
      {"42501", ErrorCode::Forbidden},    // insufficient_privilege
      {"55P03", ErrorCode::Unavailable},  // lock_not_available
      {"08", ErrorCode::Unavailable},     // connection
      {"22", ErrorCode::Invalid},         // data: not UTF-8, out of range
      {"23", ErrorCode::Conflict},        // constraints
      {"28", ErrorCode::Forbidden},       // authorization
      {"40", ErrorCode::Unavailable},     // serialization, deadlock
      {"53", ErrorCode::Unavailable},     // disk full, too many connections
      {"54", ErrorCode::TooLarge},        // program limits
      {"57", ErrorCode::Unavailable},     // the server is going down
      {"58", ErrorCode::Unavailable},     // failing I/O
      {"XX001", ErrorCode::Corrupt},      // data_corrupted
      {"XX002", ErrorCode::Corrupt},      // index_corrupted
  };
  if (sqlstate.empty()) return ErrorCode::Unavailable;  // libpq's own: the connection
  const auto* const row =
      std::ranges::find_if(kStates, [&](const auto& state) { return sqlstate.starts_with(state.first); });
  return row == std::end(kStates) ? ErrorCode::Internal : row->second;
}

/// Only the primary message: the detail would tell values.
tl::unexpected<Error> fail_postgres(const PGconn* connection, const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message == nullptr) message = PQerrorMessage(connection);
  return fail(code_of(state != nullptr ? state : ""), "PostgreSQL: " + std::string{trim(message)});
}

struct CloseConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;

DbView view_of(const DbValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return std::string_view{*text};
  if (const auto* bytes = std::get_if<Bytes>(&value)) return ByteView{*bytes};
  return nullptr;
}

/// What a transaction begins with, as one message: nothing in it comes from values.
struct Beginnings {
  std::string write;
  std::string lone;  // of a statement outside of a transaction; empty when there is nothing to set
};

Result<Beginnings> beginnings_of(const PostgresPin& pin) {
  std::string set;
  if (!pin.role.empty()) set += "; SET LOCAL ROLE " + WD_TRY(quoted_name(pin.role));
  // pg_temp last: a temporary table never stands before one of ours.
  if (!pin.schema.empty()) set += "; SET LOCAL search_path TO " + WD_TRY(quoted_name(pin.schema)) + ", pg_temp";
  if (pin.statement_limit.count() > 0)
    set += "; SET LOCAL statement_timeout = " + std::to_string(pin.statement_limit.count());
  if (!pin.durable) set += "; SET LOCAL synchronous_commit = off";
  const std::string begin = pin.read_only ? "BEGIN READ ONLY" : "BEGIN";
  Beginnings made{begin + set, set.empty() && !pin.read_only ? "" : begin + set};
  if (pin.read_only) return made;
  // Writers take turns as on an SQLite file, also those of other nodes.
  made.write.append("; SET LOCAL lock_timeout = '").append(kTurnTimeout);
  const std::string& turn = pin.turn.empty() ? pin.schema : pin.turn;
  if (!turn.empty()) WD_TRY(quoted_name(turn));
  made.write += "'; SELECT pg_advisory_xact_lock(hashtextextended('warder " + turn + "', 0))";
  return made;
}

class PostgresDb;

class PostgresStmt final : public Stmt {
 public:
  PostgresStmt(PostgresDb& owner, PostgresSql sql) : owner_(&owner), sql_(std::move(sql)) {}
  Result<void> bind(std::span<const DbValue> values) override {
    owned_.assign(values.begin(), values.end());
    std::vector<DbView> views;
    std::ranges::transform(owned_, std::back_inserter(views), view_of);
    return bind_views(views);
  }
  Result<void> bind_views(std::span<const DbView> values) override {
    parameters_ = PostgresParameters{values};
    result_.reset();
    return {};
  }
  Result<void> bind_columns(std::span<const DbColumn> columns) override {
    parameters_ = PostgresParameters{columns};
    result_.reset();
    return {};
  }
  Result<const Row*> step() override;
  Result<std::int64_t> run(std::span<const DbView> values) override;

 private:
  void give_back() noexcept override;

  PostgresDb* owner_;
  PostgresSql sql_;
  std::vector<DbValue> owned_;
  PostgresParameters parameters_;
  PostgresResult result_;
  int next_ = 0;
  PostgresRow row_;
};

class PostgresDb final : public Db {
 public:
  explicit PostgresDb(Connection connection) noexcept : connection_(std::move(connection)) {}
  ~PostgresDb() override { rollback(); }
  PostgresDb(const PostgresDb&) = delete;
  PostgresDb& operator=(const PostgresDb&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::Postgres; }

  Result<void> pin(const PostgresPin& pin) {
    beginnings_ = WD_TRY(beginnings_of(pin));
    return {};
  }
  [[nodiscard]] bool is_alive() const noexcept { return PQstatus(connection_.get()) == CONNECTION_OK; }

  Result<StmtHandle> prepare(std::string_view sql) override {
    lent_.push_back(std::make_unique<PostgresStmt>(*this, WD_TRY(to_postgres(sql))));
    return StmtHandle{lent_.back().get()};
  }

  Result<std::int64_t> execute(std::string_view sql, std::span<const DbValue> values) override {
    const PostgresSql made = WD_TRY(to_postgres(sql));
    std::vector<DbView> views;
    std::ranges::transform(values, std::back_inserter(views), view_of);
    PostgresParameters parameters{views};
    return changed_rows(*WD_TRY(query(made, parameters)));
  }
  using Db::execute;

  Result<void> begin() override {
    if (in_transaction_) return fail(ErrorCode::Internal, "a transaction within a transaction");
    auto begun = begin_with(beginnings_.write);
    in_transaction_ = begun.has_value();
    return begun;
  }

  Result<void> commit() override {
    in_transaction_ = false;
    return commit_now();
  }

  void rollback() noexcept override {
    if (std::exchange(in_transaction_, false)) rollback_now();
  }

  /// Runs the statement within the transaction, or in one of its own.
  Result<PostgresResult> query(const PostgresSql& sql, PostgresParameters& parameters) {
    if (in_transaction_ || beginnings_.lone.empty()) return query_now(sql, parameters);
    WD_TRY(begin_with(beginnings_.lone));
    auto result = query_now(sql, parameters);
    if (!result) {
      rollback_now();
      return result;
    }
    WD_TRY(commit_now());
    return result;
  }

  static std::int64_t changed_rows(PGresult& result) {
    return parse_integer<std::int64_t>(PQcmdTuples(&result)).value_or(0);
  }

  void forget(PostgresStmt* statement) noexcept {
    lent_.remove_if([&](const auto& other) { return other.get() == statement; });
  }

 private:
  struct Prepared {
    std::string name;
    std::uint64_t used = 0;
  };

  Result<PostgresResult> checked(PGresult* raw) {
    PostgresResult result{raw};
    const ExecStatusType status = PQresultStatus(raw);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    if (status == PGRES_EMPTY_QUERY) return fail(ErrorCode::Internal, "empty SQL statement");
    return fail_postgres(connection_.get(), raw);
  }

  Result<void> command(const std::string& text) {
    WD_TRY(checked(PQexec(connection_.get(), text.c_str())));
    return {};
  }

  Result<void> begin_with(const std::string& beginning) {
    auto begun = command(beginning);
    if (!begun) rollback_now();  // what came before the failed part of it has begun
    return begun;
  }

  Result<void> commit_now() {
    const PostgresResult result = WD_TRY(checked(PQexec(connection_.get(), "COMMIT")));
    // After a failed statement the server answers a COMMIT with ROLLBACK, and no error.
    if (std::string_view{PQcmdStatus(result.get())} == "COMMIT") return {};
    return fail(ErrorCode::Internal, "the transaction was taken back: a statement in it had failed");
  }

  void rollback_now() noexcept { PQclear(PQexec(connection_.get(), "ROLLBACK")); }

  Result<PostgresResult> query_now(const PostgresSql& sql, PostgresParameters& parameters) {
    if (parameters.count() > sql.parameters)
      return fail(ErrorCode::Internal, "more values than the statement has places");
    parameters.fill(sql.parameters);
    if (sql.parameters == 0) {
      return checked(PQexecParams(connection_.get(), sql.text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
    }
    const std::string name = WD_TRY(prepared(sql, parameters));
    return checked(PQexecPrepared(connection_.get(), name.c_str(), parameters.count(), parameters.values(),
                                  parameters.lengths(), parameters.formats(), 1));
  }

  /// The name under which the server knows the statement with these types.
  Result<std::string> prepared(const PostgresSql& sql, const PostgresParameters& parameters) {
    const std::string key = parameters.signature() + ":" + sql.text;
    ++uses_;
    if (const auto known = prepared_.find(key); known != prepared_.end()) {
      known->second.used = uses_;
      return known->second.name;
    }
    if (prepared_.size() >= kStatementsKept) WD_TRY(forget_oldest());
    std::string name = "w" + std::to_string(uses_);
    WD_TRY(
        checked(PQprepare(connection_.get(), name.c_str(), sql.text.c_str(), parameters.count(), parameters.types())));
    prepared_.emplace(key, Prepared{name, uses_});
    return name;
  }

  Result<void> forget_oldest() {
    const auto oldest = std::ranges::min_element(prepared_, {}, [](const auto& entry) { return entry.second.used; });
    WD_TRY(command("DEALLOCATE " + oldest->second.name));
    prepared_.erase(oldest);
    return {};
  }

  Connection connection_;
  Beginnings beginnings_;
  bool in_transaction_ = false;
  std::uint64_t uses_ = 0;
  std::unordered_map<std::string, Prepared> prepared_;
  std::list<std::unique_ptr<PostgresStmt>> lent_;
};

Result<const Row*> PostgresStmt::step() {
  if (!result_) {
    result_ = WD_TRY(owner_->query(sql_, parameters_));
    next_ = 0;
  }
  if (next_ >= PQntuples(result_.get())) return nullptr;
  row_.point_at(result_.get(), next_++);
  return &row_;
}

Result<std::int64_t> PostgresStmt::run(std::span<const DbView> values) {
  WD_TRY(bind_views(values));
  const PostgresResult result = WD_TRY(owner_->query(sql_, parameters_));
  return PostgresDb::changed_rows(*result);
}

void PostgresStmt::give_back() noexcept {
  owner_->forget(this);
}

struct FreeConninfo {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

/// A socket's folder, or an address that never leaves the machine.
bool is_local(std::string_view host) {
  return host.starts_with('/') || host.starts_with('@') || host == "localhost" || host == "127.0.0.1" || host == "::1";
}

bool are_local(std::string_view hosts) {
  while (!hosts.empty()) {
    const std::size_t comma = std::min(hosts.find(','), hosts.size());
    if (!is_local(hosts.substr(0, comma))) return false;
    hosts.remove_prefix(std::min(comma + 1, hosts.size()));
  }
  return true;
}

Result<std::unique_ptr<PostgresDb>> connect(const PostgresOptions& options) {
  Connection connection{PQconnectdb(options.conninfo.c_str())};
  if (!connection || PQstatus(connection.get()) != CONNECTION_OK)
    return fail(ErrorCode::Unavailable, "PostgreSQL: " + std::string{trim(PQerrorMessage(connection.get()))});
  if (PQserverVersion(connection.get()) < kLeastServer)
    return fail(ErrorCode::Unavailable, "PostgreSQL: the server is older than 13");
  const char* is_superuser = PQparameterStatus(connection.get(), "is_superuser");
  if (!options.may_be_superuser && (is_superuser == nullptr || std::string_view{is_superuser} != "off"))
    return fail(ErrorCode::Forbidden, "PostgreSQL: this login is a superuser's; use one that owns nothing");
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  if (PQsetClientEncoding(connection.get(), "UTF8") != 0)
    return fail(ErrorCode::Unavailable, "PostgreSQL: the server refuses UTF-8");
  return std::make_unique<PostgresDb>(std::move(connection));
}

}  // namespace

Result<void> check_conninfo(const std::string& conninfo) {
  const std::unique_ptr<PQconninfoOption, FreeConninfo> options{PQconninfoParse(conninfo.c_str(), nullptr)};
  // libpq's message would repeat the text.
  if (!options) return fail(ErrorCode::Invalid, "neither a postgresql:// URL nor keyword=value pairs");
  const auto value_of = [&](std::string_view keyword) -> std::string_view {
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
      if (keyword == option->keyword) return option->val != nullptr ? option->val : "";
    }
    return {};
  };
  if (!value_of("password").empty())
    return fail(ErrorCode::Invalid, "no password here: put it into a file and name that with passfile=");
  if (!value_of("service").empty()) return fail(ErrorCode::Invalid, "service= is not taken: write it out");
  const std::string_view mode = value_of("sslmode");
  const bool is_checked = mode == "verify-full" || mode == "verify-ca";
  if (!is_checked && (!are_local(value_of("host")) || !are_local(value_of("hostaddr"))))
    return fail(ErrorCode::Invalid, "over a network sslmode must be verify-full or verify-ca, with sslrootcert");
  return {};
}

Result<std::unique_ptr<Db>> open_postgres(const PostgresOptions& options, const PostgresPin& pin) {
  auto db = WD_TRY(connect(options));
  WD_TRY(db->pin(pin));
  return db;
}

Result<std::unique_ptr<Db>> PostgresServer::acquire(const PostgresPin& pin) {
  std::unique_ptr<Db> kept;
  {
    const std::scoped_lock lock{mutex_};
    if (!idle_.empty()) {
      kept = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!kept) return open_postgres(options_, pin);
  WD_TRY(static_cast<PostgresDb&>(*kept).pin(pin));
  return kept;
}

void PostgresServer::give_back(std::unique_ptr<Db> db) noexcept {
  db->rollback();
  const bool is_alive = static_cast<PostgresDb&>(*db).is_alive();
  const std::scoped_lock lock{mutex_};
  if (!is_alive) idle_.clear();
  if (is_alive && idle_.size() < options_.kept) idle_.push_back(std::move(db));
}

}  // namespace warder::manager
