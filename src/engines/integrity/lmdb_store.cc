#include "engines/integrity/lmdb_store.h"

#include <fmt/format.h>

#include "base/random.h"

namespace warder::integrity {
namespace {

struct CursorCloser {
  void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CursorCloser>;

// LMDB's value type wants a mutable pointer and does not write through it.
MDB_val val(ByteView bytes) noexcept {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace

Result<void> check_lmdb(int code, std::string_view what) {
  if (code == MDB_SUCCESS) return {};
  const std::string message = fmt::format("baseline: {}: {}", what, mdb_strerror(code));
  if (code == MDB_NOTFOUND) return fail(ErrorCode::NotFound, message);
  if (code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT) return fail(ErrorCode::Unavailable, message);
  if (code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND)
    return fail(ErrorCode::Corrupt, message);
  return fail(ErrorCode::Internal, message);
}

ByteView view(const MDB_val& value) noexcept {
  return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
}

Transaction::Transaction(MDB_txn* raw, const Tables& tables, std::unique_lock<std::mutex> lock, Sealing* sealing)
    : lock_(std::move(lock)), raw_(raw), tables_(&tables), sealing_(sealing) {
  if (sealing_ != nullptr) sum_ = sealing_->sum;
}

Transaction::Transaction(Transaction&& other) noexcept
    : lock_(std::move(other.lock_)),
      raw_(std::exchange(other.raw_, nullptr)),
      tables_(other.tables_),
      sealing_(other.sealing_),
      sum_(other.sum_) {}

Transaction::~Transaction() {
  if (raw_ != nullptr) mdb_txn_abort(raw_);
}

Result<Transaction> Transaction::begin(MDB_env* environment, const Tables& tables, bool is_read_only,
                                       std::unique_lock<std::mutex> alone, Sealing* sealing) {
  MDB_txn* raw = nullptr;
  WD_TRY(check_lmdb(mdb_txn_begin(environment, nullptr, is_read_only ? MDB_RDONLY : 0U, &raw), "begin"));
  return Transaction(raw, tables, std::move(alone), sealing);
}

Result<void> Transaction::commit() {
  if (sealing_ != nullptr) {
    std::array<std::uint8_t, SetSeal::kNonceBytes> nonce{};
    fill_random(nonce);
    WD_TRY(write(Meta, as_bytes(kSealKey), sealing_->seal.close(sum_, nonce), 0));
  }
  WD_TRY(check_lmdb(mdb_txn_commit(std::exchange(raw_, nullptr)), "commit"));
  if (sealing_ != nullptr) sealing_->sum = sum_;
  return {};
}

Result<void> Transaction::seal_all(Sealing& sealing) {
  sum_ = WD_TRY(sum_of_records(*this, sealing.seal));
  sealing_ = &sealing;
  return {};
}

Result<std::optional<MDB_val>> Transaction::get(Table table, ByteView key) const {
  MDB_val wanted = val(key);
  MDB_val found{};
  const int code = mdb_get(raw_, (*tables_)[table], &wanted, &found);
  if (code == MDB_NOTFOUND) return std::optional<MDB_val>();
  WD_TRY(check_lmdb(code, "get"));
  return std::optional<MDB_val>(found);
}

Result<void> Transaction::write(Table table, ByteView key, ByteView value, unsigned flags) {
  MDB_val stored_key = val(key);
  MDB_val stored = val(value);
  const int code = mdb_put(raw_, (*tables_)[table], &stored_key, &stored, flags);
  return code == MDB_KEYEXIST ? Result<void>() : check_lmdb(code, "put");
}

Result<void> Transaction::forget_in_seal(Table table, ByteView key) {
  const auto old = WD_TRY(get(table, key));
  if (old) sealing_->seal.subtract(sum_, table, key, view(*old));
  return {};
}

Result<void> Transaction::put(Table table, ByteView key, ByteView value, unsigned flags) {
  if (is_sealed(table)) {
    const bool keeps_old = (flags & MDB_NOOVERWRITE) != 0 && WD_TRY(get(table, key)).has_value();
    if (keeps_old) return {};
    WD_TRY(forget_in_seal(table, key));
    sealing_->seal.add(sum_, table, key, value);
  }
  return write(table, key, value, flags);
}

Result<void> Transaction::remove(Table table, ByteView key) {
  if (is_sealed(table)) WD_TRY(forget_in_seal(table, key));
  MDB_val wanted = val(key);
  const int code = mdb_del(raw_, (*tables_)[table], &wanted, nullptr);
  return code == MDB_NOTFOUND ? Result<void>() : check_lmdb(code, "delete");
}

// Only of the table with several values a key, which is not sealed.
Result<void> Transaction::remove(Table table, ByteView key, ByteView value) {
  MDB_val wanted = val(key);
  MDB_val which = val(value);
  const int code = mdb_del(raw_, (*tables_)[table], &wanted, &which);
  return code == MDB_NOTFOUND ? Result<void>() : check_lmdb(code, "delete");
}

Result<void> Transaction::clear(Table table) {
  if (is_sealed(table)) {
    WD_TRY(for_each(table, {}, [&](ByteView key, const MDB_val& value) -> Result<bool> {
      sealing_->seal.subtract(sum_, table, key, view(value));
      return true;
    }));
  }
  return check_lmdb(mdb_drop(raw_, (*tables_)[table], 0), "clear");
}

Result<std::uint64_t> Transaction::count(Table table) const {
  MDB_stat stat{};
  WD_TRY(check_lmdb(mdb_stat(raw_, (*tables_)[table], &stat), "count"));
  return std::uint64_t{stat.ms_entries};
}

Result<void> Transaction::for_each(Table table, ByteView prefix,
                                   const std::function<Result<bool>(ByteView, const MDB_val&)>& each) const {
  MDB_cursor* raw = nullptr;
  WD_TRY(check_lmdb(mdb_cursor_open(raw_, (*tables_)[table], &raw), "cursor"));
  const Cursor cursor(raw);
  MDB_val key = val(prefix);
  MDB_val value{};
  int code = mdb_cursor_get(raw, &key, &value, prefix.empty() ? MDB_FIRST : MDB_SET_RANGE);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) {
    const ByteView found = view(key);
    const bool is_under = found.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), found.begin());
    if (!is_under || !WD_TRY(each(found, value))) return {};
  }
  return code == MDB_NOTFOUND ? Result<void>() : check_lmdb(code, "next");
}

Result<SetSeal::Sum> sum_of_records(const Transaction& transaction, const SetSeal& seal) {
  SetSeal::Sum sum{};
  for (const Table table : {Entities, Directories, Reports, Meta}) {
    WD_TRY(transaction.for_each(table, {}, [&](ByteView key, const MDB_val& value) -> Result<bool> {
      if (table != Meta || as_text(key) != kSealKey) seal.add(sum, table, key, view(value));
      return true;
    }));
  }
  return sum;
}

}  // namespace warder::integrity
