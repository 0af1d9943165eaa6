#include "engines/ips/app/transaction.h"

namespace warder::ips::app {

Transaction& TransactionList::add(std::unique_ptr<Transaction> transaction) {
  transaction->id = next_id_++;
  items_.push_back(std::move(transaction));
  return *items_.back();
}

}  // namespace warder::ips::app
