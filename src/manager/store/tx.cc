#include <cassert>

#include "manager/store/db.h"

namespace warder::manager {

Result<Tx> Tx::begin(Db& db) {
  WD_TRY(db.begin());
  return Tx{db};
}

Result<void> Tx::commit() {
  Db* db = std::exchange(db_, nullptr);
  assert(db != nullptr);
  return db->commit();
}

}  // namespace warder::manager
