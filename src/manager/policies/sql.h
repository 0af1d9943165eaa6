// Reading rows into values: what the stores of policies and fleet share.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "manager/store/db.h"

namespace warder::manager {

/// Calls `read(row)` -> Result<T> for each row.
template <class Read>
auto select(Db& db, std::string_view sql, std::span<const DbValue> values, const Read& read)
    -> Result<std::vector<typename std::invoke_result_t<Read, const Row&>::value_type>> {
  std::vector<typename std::invoke_result_t<Read, const Row&>::value_type> items;
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(values));
  while (const Row* row = WD_TRY(statement->step())) items.push_back(WD_TRY(read(*row)));
  return items;
}

template <class Read>
auto select(Db& db, std::string_view sql, std::initializer_list<DbValue> values, const Read& read) {
  return select(db, sql, std::span<const DbValue>{values.begin(), values.size()}, read);
}

/// The first row, or nothing.
template <class Read>
auto select_one(Db& db, std::string_view sql, std::initializer_list<DbValue> values, const Read& read)
    -> Result<std::optional<typename std::invoke_result_t<Read, const Row&>::value_type>> {
  auto items = WD_TRY(select(db, sql, values, read));
  if (items.empty()) return std::optional<typename std::invoke_result_t<Read, const Row&>::value_type>{};
  return std::optional{std::move(items.front())};
}

template <class IdType>
DbValue to_db(const std::optional<IdType>& id) {
  return id ? DbValue{id->text()} : DbValue{nullptr};
}

template <class IdType>
Result<std::optional<IdType>> optional_id(const Row& row, int column) {
  if (row.is_null(column)) return std::optional<IdType>{};
  return std::optional<IdType>{WD_TRY(parse_id<IdType>(row.text(column)))};
}

inline std::optional<Timestamp> optional_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_micros(row.integer(column));
}

template <class IdType>
IdType new_id(Timestamp now) {
  return IdType{UuidGenerator{fill_random}.next(now)};
}

/// `etag` as it came with If-Match: "*" matches every version.
inline Result<void> check_etag(std::string_view etag, std::string_view current) {
  if (etag == "*" || etag == current) return {};
  return fail(ErrorCode::Stale, "it was changed since you read it; read it again");
}

/// How many levels the tree has from `id` down, itself included; 0 when it is not there. `table` is a constant of ours.
inline Result<std::int64_t> tree_height(Db& db, std::string_view table, const std::string& id) {
  const std::string name{table};
  const auto height =
      WD_TRY(select_one(db,
                        "WITH RECURSIVE below (id, depth) AS (SELECT id, 1 FROM " + name +
                            " WHERE id = ?1 UNION ALL SELECT t.id, b.depth + 1 FROM " + name +
                            " t JOIN below b ON t.parent_id = b.id) SELECT COALESCE(MAX(depth), 0) FROM below",
                        {id}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  return height.value_or(0);
}

/// More rows than asked for were read: cuts the extra one and gives the cursor of the last.
template <class Page, class CursorOf>
void finish_page(Page& page, std::size_t limit, const CursorOf& cursor_of) {
  if (page.items.size() <= limit) return;
  page.items.resize(limit);
  page.next_cursor = to_base64url(as_bytes(cursor_of(page.items.back())));
}

inline Result<std::string> read_cursor(std::string_view cursor) {
  const auto bytes = from_base64url(cursor);
  if (!bytes) return fail(ErrorCode::Invalid, "cursor: not one of this list");
  return std::string{as_text(*bytes)};
}

}  // namespace warder::manager
