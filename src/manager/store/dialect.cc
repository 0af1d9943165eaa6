#include "manager/store/dialect.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace warder::manager {
namespace {

constexpr int kMaxParameters = 65'535;  // the protocol counts them in 16 bits
constexpr std::string_view kOnlyHere = "/*postgres:";
constexpr std::size_t kMaxNameBytes = 63;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/// The place behind the literal, quoted name or comment that begins at `at`; `at` when none does. A doubled quote ends
/// one literal and begins the next: the same to us.
std::size_t end_of_opaque(std::string_view sql, std::size_t at) {
  const auto behind = [&](std::string_view end, std::size_t from) {
    const std::size_t found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with('\'')) return behind("'", at + 1);
  if (rest.starts_with('"')) return behind("\"", at + 1);
  if (rest.starts_with("--")) return behind("\n", at);
  if (rest.starts_with("/*")) return behind("*/", at + 2);
  return at;
}

}  // namespace

Result<PostgresSql> to_postgres(std::string_view sql) {
  PostgresSql made;
  made.text.reserve(sql.size());
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = end_of_opaque(sql, at); end != at) {
      made.text += sql.substr(at, end - at);
      at = end;
    } else if (sql[at] != '?') {
      made.text += sql[at++];
    } else {
      int number = 0;
      for (++at; at < sql.size() && is_digit(sql[at]) && number <= kMaxParameters; ++at)
        number = number * 10 + (sql[at] - '0');
      if (number < 1 || number > kMaxParameters) return fail(ErrorCode::Internal, "SQL: ? without its number");
      made.text += "$" + std::to_string(number);
      made.parameters = std::max(made.parameters, number);
    }
  }
  return made;
}

std::string to_postgres_ddl(std::string_view statement) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords = {
      {{"BLOB", "BYTEA"}, {"TEXT", "TEXT COLLATE \"C\""}, {" WITHOUT ROWID", ""}, {"INTEGER", "BIGINT"}}};
  std::string made;
  for (std::size_t at = 0; at < statement.size();) {
    if (const std::size_t end = end_of_opaque(statement, at); end != at) {
      std::string_view text = statement.substr(at, end - at);
      if (text.starts_with(kOnlyHere) && text.ends_with("*/"))
        text = trim(text.substr(kOnlyHere.size(), text.size() - kOnlyHere.size() - 2));
      made += text;
      at = end;
      continue;
    }
    const auto word = std::ranges::find_if(kWords, [&](const auto& row) {
      const std::size_t end = at + row.first.size();
      return statement.substr(at).starts_with(row.first) &&
             (at == 0 || !is_word(statement[at - 1]) || row.first[0] == ' ') &&
             (end >= statement.size() || !is_word(statement[end]));
    });
    made += word == kWords.end() ? statement.substr(at, 1) : word->second;
    at += word == kWords.end() ? 1 : word->first.size();
  }
  return made;
}

Result<std::string> quoted_name(std::string_view name) {
  const bool is_good = !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_';
  });
  if (!is_good) return fail(ErrorCode::Internal, "SQL: not a name of ours");
  return "\"" + std::string{name} + "\"";
}

std::string in_json_array(std::string_view column, std::size_t number, Dialect dialect) {
  const std::string parameter = "?" + std::to_string(number);
  std::string text{column};
  if (dialect == Dialect::Sqlite) return text += " IN (SELECT value FROM json_each(" + parameter + "))";
  return text += " IN (SELECT json_array_elements_text(CAST(" + parameter + " AS json)))";
}

}  // namespace warder::manager
