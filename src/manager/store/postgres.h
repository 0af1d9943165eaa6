// PostgreSQL behind the face of Db: one server, its connections shared by all tenants, each lent for one schema and
// role.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/store/db.h"

namespace warder::manager {

struct PostgresOptions {
  /// As libpq reads it: "host=db.example dbname=warder user=warder_app sslmode=verify-full …" or a postgresql:// URL.
  std::string conninfo;
  std::size_t kept = 16;          // idle connections
  bool may_be_superuser = false;  // otherwise such a login is refused: it would see every tenant
};

/// For whom a connection works until it is given back. Role and search_path are set by SET LOCAL in each transaction,
/// so that nothing of a tenant stays on the connection; a statement outside of one runs in a transaction of its own.
struct PostgresPin {
  std::string schema;  // its tables, and no other's, are found by name
  std::string role;    // empty: as the one who logged in
  std::string turn{};  // writing transactions of the same turn go one by one; empty: the schema
  bool read_only = false;
  bool durable = true;                           // false: a commit may be lost with the machine's power, never torn
  std::chrono::milliseconds statement_limit{0};  // 0: no limit
};

/// Invalid when libpq cannot read it, when it holds a password (which belongs into a `passfile`), or when it would go
/// over a network without looking at the server's certificate (sslmode=verify-full or verify-ca).
Result<void> check_conninfo(const std::string& conninfo);

/// Connects and pins. Unavailable when there is no connection to be had (the message never holds the password),
/// Forbidden for a superuser's login.
Result<std::unique_ptr<Db>> open_postgres(const PostgresOptions& options, const PostgresPin& pin);

/// Thread-safe. Connections that were lost are dropped, and with them all idle ones: after a restart of the server one
/// use fails with Unavailable, the next connects anew.
class PostgresServer {
 public:
  /// Nothing is opened before the first acquire.
  explicit PostgresServer(PostgresOptions options) : options_(std::move(options)) {}
  Result<std::unique_ptr<Db>> acquire(const PostgresPin& pin);
  /// `db` is one of `acquire`; an open transaction is rolled back.
  void give_back(std::unique_ptr<Db> db) noexcept;

 private:
  const PostgresOptions options_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Db>> idle_;
};

}  // namespace warder::manager
