// The connections to one database, a file or a schema of PostgreSQL: lent one by one, kept for the next.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "manager/store/db.h"

namespace warder::manager {

class PostgresServer;
struct PostgresPin;

/// Thread-safe. A lease belongs to one thread; whoever holds one may take another (there is no upper limit, so no
/// deadlock), but must not begin a transaction on the second while the first has one.
class Pool {
 public:
  /// A connection for as long as this lives; an open transaction is rolled back.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Db> db) noexcept : pool_(&pool), db_(std::move(db)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    Db& operator*() const noexcept { return *db_; }
    Db* operator->() const noexcept { return db_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Db> db_;
  };

  /// Nothing is opened before the first acquire.
  explicit Pool(std::filesystem::path path, SqliteOptions options = {}, std::size_t kept = 4);
  /// The server keeps the connections, for all its pools.
  Pool(std::shared_ptr<PostgresServer> server, PostgresPin pin);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Result<Lease> acquire();
  /// What messages call it: the file's or the schema's name.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  class Source;
  class SqliteSource;
  class PostgresSource;

  const std::string name_;
  const std::unique_ptr<Source> source_;
};

}  // namespace warder::manager
