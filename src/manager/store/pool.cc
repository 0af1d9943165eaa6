#include "manager/store/pool.h"

#include <mutex>
#include <vector>

#include "manager/store/postgres.h"
#include "manager/store/writer_turn.h"

namespace warder::manager {

/// Thread-safe.
class Pool::Source {
 public:
  virtual ~Source() = default;
  virtual Result<std::unique_ptr<Db>> acquire() = 0;
  virtual void give_back(std::unique_ptr<Db> db) noexcept = 0;
};

class Pool::SqliteSource final : public Source {
 public:
  SqliteSource(std::filesystem::path path, SqliteOptions options, std::size_t kept)
      : path_(std::move(path)), options_(options), kept_(kept), turn_(std::make_shared<WriterTurn>()) {}

  Result<std::unique_ptr<Db>> acquire() override {
    {
      const std::scoped_lock lock{mutex_};
      if (!idle_.empty()) {
        auto db = std::move(idle_.back());
        idle_.pop_back();
        return db;
      }
    }
    return open_sqlite(path_, options_, turn_);
  }

  void give_back(std::unique_ptr<Db> db) noexcept override {
    db->rollback();
    const std::scoped_lock lock{mutex_};
    if (idle_.size() < kept_) idle_.push_back(std::move(db));
  }

 private:
  const std::filesystem::path path_;
  const SqliteOptions options_;
  const std::size_t kept_;
  const std::shared_ptr<WriterTurn> turn_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Db>> idle_;
};

class Pool::PostgresSource final : public Source {
 public:
  PostgresSource(std::shared_ptr<PostgresServer> server, PostgresPin pin)
      : server_(std::move(server)), pin_(std::move(pin)) {}
  Result<std::unique_ptr<Db>> acquire() override { return server_->acquire(pin_); }
  void give_back(std::unique_ptr<Db> db) noexcept override { server_->give_back(std::move(db)); }

 private:
  const std::shared_ptr<PostgresServer> server_;
  const PostgresPin pin_;
};

Pool::Pool(std::filesystem::path path, SqliteOptions options, std::size_t kept)
    : name_(path.filename().string()), source_(std::make_unique<SqliteSource>(std::move(path), options, kept)) {}

Pool::Pool(std::shared_ptr<PostgresServer> server, PostgresPin pin)
    : name_("schema " + pin.schema), source_(std::make_unique<PostgresSource>(std::move(server), std::move(pin))) {}

Pool::~Pool() = default;

Result<Pool::Lease> Pool::acquire() {
  return Lease{*this, WD_TRY(source_->acquire())};
}

Pool::Lease::~Lease() {
  if (db_) pool_->source_->give_back(std::move(db_));
}

}  // namespace warder::manager
