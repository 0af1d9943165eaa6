#include "manager/store/sqlite_copy.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "base/file.h"

namespace warder::manager {
namespace {

constexpr int kPatienceMs = 30'000;

struct CloseSqlite {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
struct FinalizeSqlite {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, CloseSqlite>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeSqlite>;

tl::unexpected<Error> fail_copy(int code, const std::filesystem::path& path) {
  const int primary = code & 0xff;  // https://www.sqlite.org/rescode.html: the primary code is the low byte
  const bool is_damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  return fail(is_damaged ? ErrorCode::Corrupt : ErrorCode::Unavailable, path.string() + ": " + sqlite3_errstr(code));
}

Result<Handle> open(const std::filesystem::path& path) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle{raw};
  if (code != SQLITE_OK) return fail_copy(code, path);
  sqlite3_busy_timeout(raw, kPatienceMs);
  return handle;
}

/// The first column of the first row.
Result<std::string> ask(sqlite3* db, const char* sql, const std::filesystem::path& path) {
  sqlite3_stmt* raw = nullptr;
  if (const int code = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr); code != SQLITE_OK) return fail_copy(code, path);
  const Statement statement{raw};
  if (const int code = sqlite3_step(raw); code != SQLITE_ROW) return fail_copy(code, path);
  const auto* text = static_cast<const char*>(static_cast<const void*>(sqlite3_column_text(raw, 0)));
  return std::string(text == nullptr ? "" : text);
}

Result<void> copy_pages(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Handle source = WD_TRY(open(from));
  const Handle target = WD_TRY(open(to));
  sqlite3_backup* const backup = sqlite3_backup_init(target.get(), "main", source.get(), "main");
  if (backup == nullptr) return fail_copy(sqlite3_errcode(target.get()), to);
  // All pages in one step: readers of a write-ahead log hold nobody up, and the copy is of one moment.
  sqlite3_backup_step(backup, -1);
  if (const int code = sqlite3_backup_finish(backup); code != SQLITE_OK) return fail_copy(code, from);
  WD_TRY(ask(target.get(), "PRAGMA journal_mode = DELETE", to));
  const std::string said = WD_TRY(ask(target.get(), "PRAGMA quick_check(1)", from));
  if (said != "ok") return fail(ErrorCode::Corrupt, from.string() + ": " + said);
  return {};
}

}  // namespace

Result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code ignored;
  if (!std::filesystem::exists(from, ignored)) return fail(ErrorCode::NotFound, from.string() + ": is not there");
  {
    const UniqueFd made{::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!made.is_open()) return fail_errno(to.string(), errno);
  }
  auto copied = copy_pages(from, to);
  if (!copied) std::filesystem::remove(to, ignored);
  return copied;
}

}  // namespace warder::manager
