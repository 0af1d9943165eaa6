// LMDB as the baseline uses it: five tables, transactions, and a seal that each writing transaction keeps up to date.
// For lmdb_baseline.cc only.
#pragma once

#include <lmdb.h>

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "engines/integrity/set_seal.h"

namespace warder::integrity {

// A path's key is the first half of SHA-256 of its directory and then its name: bounded (LMDB takes 511 bytes), and a
// directory's entries are neighbours.
//   entities     directory hash, name → entity
//   directories  directory hash → path
//   inodes       device and inode, mixed → start of the directory hash, name (several: hard links); not sealed: only
//   says where
//                to look
//   reports      number → event, changes
//   meta         "scope" → text, "list/" name → text, "seal" → see SetSeal, or kOpenSeal
enum Table : std::uint8_t { Entities, Directories, Inodes, Reports, Meta };
inline constexpr std::array<const char*, 5> kTableNames = {"entities", "directories", "inodes", "reports", "meta"};
inline constexpr std::string_view kSealKey = "seal";
inline constexpr std::string_view kOpenSeal = "open";  // was sealed, and was written since without the key

Result<void> check_lmdb(int code, std::string_view what);

struct EnvironmentCloser {
  void operator()(MDB_env* environment) const noexcept { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, EnvironmentCloser>;
using Tables = std::array<MDB_dbi, kTableNames.size()>;

ByteView view(const MDB_val& value) noexcept;

/// The key, and the sum over all records as committed. Guarded by the lock that every writing transaction holds.
struct Sealing {
  SetSeal seal;
  SetSeal::Sum sum{};
};

/// What was not committed is undone. One thread's.
class Transaction {
 public:
  /// Holds `alone` for as long as it lives. Keeps `sealing` up to date, when there is one.
  static Result<Transaction> begin(MDB_env* environment, const Tables& tables, bool is_read_only,
                                   std::unique_lock<std::mutex> alone = {}, Sealing* sealing = nullptr);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Of one that has ended; never of a sealed one.
  void replace(Transaction next) noexcept { raw_ = std::exchange(next.raw_, nullptr); }
  Result<void> commit();
  /// Seals what is stored now, and from now on; the commit makes it so. Any transaction that writes will do.
  Result<void> seal_all(Sealing& sealing);
  [[nodiscard]] const SetSeal::Sum& sum() const noexcept { return sum_; }

  [[nodiscard]] Result<std::optional<MDB_val>> get(Table table, ByteView key) const;
  Result<void> put(Table table, ByteView key, ByteView value, unsigned flags = 0);
  Result<void> remove(Table table, ByteView key);
  Result<void> remove(Table table, ByteView key, ByteView value);
  Result<void> clear(Table table);
  [[nodiscard]] Result<std::uint64_t> count(Table table) const;
  /// All entries whose key starts with `prefix`, until `each` says false.
  Result<void> for_each(Table table, ByteView prefix,
                        const std::function<Result<bool>(ByteView, const MDB_val&)>& each) const;

 private:
  Transaction(MDB_txn* raw, const Tables& tables, std::unique_lock<std::mutex> lock, Sealing* sealing);
  Result<void> write(Table table, ByteView key, ByteView value, unsigned flags);
  [[nodiscard]] bool is_sealed(Table table) const noexcept { return sealing_ != nullptr && table != Inodes; }
  Result<void> forget_in_seal(Table table, ByteView key);

  std::unique_lock<std::mutex> lock_;  // first, so that it is released last
  MDB_txn* raw_;
  const Tables* tables_;
  Sealing* sealing_;
  SetSeal::Sum sum_{};
};

/// Over every sealed record of a transaction's view.
Result<SetSeal::Sum> sum_of_records(const Transaction& transaction, const SetSeal& seal);

}  // namespace warder::integrity
