// rpm's SQLite database, read only: hosts since Fedora 33 and RHEL 9.
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>

#include "host/offline/parts.h"

namespace warder::host {
namespace {

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

// As a URI, so that nothing is written beside it; characters that mean something in one are encoded.
std::string uri_of(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#' || byte < 0x20) {
      uri += '%';
      uri += kHex[byte >> 4];
      uri += kHex[byte & 0xf];
    } else {
      uri += c;
    }
  }
  return uri + "?mode=ro&immutable=1";
}

Result<Database> open_database(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return fail_errno(path, errno);
  if (!S_ISREG(found.st_mode)) return fail(ErrorCode::NotFound, path + ": not a regular file");
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW;
  const int result = sqlite3_open_v2(uri_of(path).c_str(), &raw, flags, nullptr);
  Database database(raw, &sqlite3_close);
  if (result != SQLITE_OK) return fail(ErrorCode::Unavailable, path + ": " + sqlite3_errmsg(raw));
  // A database of somebody else's: no tricks of its schema.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_exec(raw, "PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr);
  return database;
}

}  // namespace

Result<std::vector<RpmHeader>> read_rpm_sqlite(const std::string& path, bool with_files, const std::string& only) {
  const Database database = WD_TRY(open_database(path));
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database.get(), "SELECT blob FROM Packages", -1, &raw, nullptr) != SQLITE_OK)
    return fail(ErrorCode::Corrupt, path + ": " + sqlite3_errmsg(database.get()));
  const Statement statement(raw, &sqlite3_finalize);
  std::vector<RpmHeader> headers;
  int step = SQLITE_OK;
  while (headers.size() < kMaxPackages && (step = sqlite3_step(raw)) == SQLITE_ROW) {
    const auto* blob = static_cast<const std::uint8_t*>(sqlite3_column_blob(raw, 0));
    const ByteView bytes(blob, static_cast<std::size_t>(sqlite3_column_bytes(raw, 0)));
    if (blob == nullptr) continue;
    auto header = parse_rpm_header(bytes, with_files && only.empty());
    if (!header || header->package.name == "gpg-pubkey") continue;  // a key, not software
    if (!only.empty()) {
      if (header->package.name != only) continue;
      if (with_files) header = parse_rpm_header(bytes, true);
    }
    headers.push_back(std::move(*header));
  }
  if (step != SQLITE_DONE && step != SQLITE_ROW)
    return fail(ErrorCode::Corrupt, path + ": " + sqlite3_errmsg(database.get()));
  return headers;
}

}  // namespace warder::host
