// Reading rows into values: what the stores of this folder share.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "manager/store/db.h"

namespace warder::manager {

/// Calls `read(row)` -> Result<T> for each row.
template <class Read>
auto read_rows(Db& db, std::string_view sql, std::initializer_list<DbValue> values, const Read& read)
    -> Result<std::vector<typename std::invoke_result_t<Read, const Row&>::value_type>> {
  std::vector<typename std::invoke_result_t<Read, const Row&>::value_type> items;
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(values));
  while (const Row* row = WD_TRY(statement->step())) items.push_back(WD_TRY(read(*row)));
  return items;
}

/// The first row, or nothing.
template <class Read>
auto read_row(Db& db, std::string_view sql, std::initializer_list<DbValue> values, const Read& read)
    -> Result<std::optional<typename std::invoke_result_t<Read, const Row&>::value_type>> {
  using Item = typename std::invoke_result_t<Read, const Row&>::value_type;
  auto items = WD_TRY(read_rows(db, sql, values, read));
  if (items.empty()) return std::optional<Item>{};
  return std::optional<Item>{std::move(items.front())};
}

inline std::optional<Timestamp> optional_time_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_micros(row.integer(column));
}

inline DbValue time_or_null(const std::optional<Timestamp>& time) {
  return time ? DbValue{to_micros(*time)} : DbValue{nullptr};
}

template <class IdType>
IdType make_id(Timestamp now) {
  return IdType{UuidGenerator{fill_random}.next(now)};
}

/// A cursor is the last row's key; the next page starts after it.
inline std::string cursor_of(std::string_view key) {
  return to_base64url(as_bytes(key));
}
inline Result<std::string> key_of_cursor(std::string_view cursor) {
  const auto bytes = from_base64url(cursor);
  if (!bytes) return fail(ErrorCode::Invalid, "cursor: not one of this list");
  return std::string(as_text(*bytes));
}

}  // namespace warder::manager
