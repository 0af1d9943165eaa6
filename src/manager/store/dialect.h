// Where the SQL that features write and PostgreSQL differ: one place for all of it. Features write ?1, ?2 … and BLOB,
// as SQLite does.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/store/db.h"

namespace warder::manager {

struct PostgresSql {
  std::string text;
  int parameters = 0;  // the highest number
};

/// ?N becomes $N outside of literals, quoted names and comments. Internal for a `?` without a number.
Result<PostgresSql> to_postgres(std::string_view sql);

/// A migration's statement for PostgreSQL: BLOB is BYTEA, INTEGER is BIGINT, TEXT is compared by its bytes as SQLite
/// does, WITHOUT ROWID is left out, and of "/*postgres: …*/" the words count.
std::string to_postgres_ddl(std::string_view statement);

/// "<column> IN (…)" over ?number, a JSON array of texts: any number of them, in one statement's text.
std::string in_json_array(std::string_view column, std::size_t number, Dialect dialect);

/// The name in quotes. Internal unless it is 1 to 63 of a-z, 0-9 and '_': names are made of ids, never of input.
Result<std::string> quoted_name(std::string_view name);

}  // namespace warder::manager
