// The connections to one database file: lent one by one, kept for the next.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "manager/store/db.h"

namespace warder::manager {

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

  Result<Lease> acquire();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void give_back(std::unique_ptr<Db> db) noexcept;

  const std::filesystem::path path_;
  const SqliteOptions options_;
  const std::size_t kept_;
  const std::shared_ptr<WriterTurn> turn_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Db>> idle_;
};

}  // namespace warder::manager
