#include "manager/store/pool.h"

#include "manager/store/writer_turn.h"

namespace warder::manager {

Pool::Pool(std::filesystem::path path, SqliteOptions options, std::size_t kept)
    : path_(std::move(path)), options_(options), kept_(kept), turn_(std::make_shared<WriterTurn>()) {}

Result<Pool::Lease> Pool::acquire() {
  {
    const std::scoped_lock lock{mutex_};
    if (!idle_.empty()) {
      Lease lease{*this, std::move(idle_.back())};
      idle_.pop_back();
      return lease;
    }
  }
  return Lease{*this, WD_TRY(open_sqlite(path_, options_, turn_))};
}

void Pool::give_back(std::unique_ptr<Db> db) noexcept {
  db->rollback();
  const std::scoped_lock lock{mutex_};
  if (idle_.size() < kept_) idle_.push_back(std::move(db));
}

Pool::Lease::~Lease() {
  if (db_) pool_->give_back(std::move(db_));
}

}  // namespace warder::manager
