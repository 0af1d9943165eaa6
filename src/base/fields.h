// Declare once: a struct's settings as a table of rows. Parsing (TOML, JSON), validation, help, JSON Schema and the
// console's forms come from the table; so does the personal-data class of what is stored.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace warder {

/// What a stored value says about a person. There is no default: a row without one does not compile.
enum class PersonalData : std::uint8_t { None, Identifier, Contact, Content, Secret };
std::string_view name(PersonalData data) noexcept;

/// One setting of S. Strings and lists take `min`..`max` as lengths; integers as values; booleans ignore them.
/// `choices` (for strings and lists of strings) is a '|'-separated list of the allowed values, or empty.
template <class S>
struct Field {
  using Member = std::variant<bool S::*, std::int64_t S::*, std::string S::*, std::vector<std::string> S::*>;

  std::string_view key;  // unit in the name: _s, _ms, _bytes, _percent
  Member member;
  std::int64_t min;
  std::int64_t max;
  PersonalData personal_data;
  std::string_view doc;
  std::string_view choices = {};
};

/// One row without its type, for the code that need not be a template.
struct AnyField {
  std::string_view key;
  std::variant<bool*, std::int64_t*, std::string*, std::vector<std::string>*> value;
  std::int64_t min;
  std::int64_t max;
  PersonalData personal_data;
  std::string_view doc;
  std::string_view choices;
};

/// The rows of `object`, pointing into it.
template <class S>
std::vector<AnyField> bind_fields(S& object) {
  std::vector<AnyField> rows;
  for (const Field<S>& field : S::fields()) {
    auto value = std::visit([&](auto member) -> decltype(AnyField::value) { return &(object.*member); }, field.member);
    rows.push_back({field.key, value, field.min, field.max, field.personal_data, field.doc, field.choices});
  }
  return rows;
}

/// The row with this key, or nullptr.
const AnyField* find_field(std::span<const AnyField> rows, std::string_view key) noexcept;

/// Sets the rows named in `json` (an object). Unknown keys, wrong types and values out of range are Invalid, and the
/// message starts with the JSON pointer of the place ("/watch/3: …"). On error the rows are in an unspecified state.
Result<void> apply_json(std::span<const AnyField> rows, const boost::json::value& json);

/// The same from TOML text; the message starts with "name:line: key: …". Tables become dotted keys.
Result<void> apply_toml(std::span<const AnyField> rows, std::string_view text, std::string_view name);

/// All rows with their present values.
boost::json::object to_json(std::span<const AnyField> rows);

/// JSON Schema 2020-12 of the rows: type, default (the present value), limits, description, "x-personal-data".
boost::json::object json_schema(std::span<const AnyField> rows, std::string_view title);

/// Commented TOML with every row's doc, range and present value: what `--print-config` shows.
std::string to_toml(std::span<const AnyField> rows);

template <class S>
Result<S> parse_json_as(const boost::json::value& json) {
  S object;
  WD_TRY(apply_json(bind_fields(object), json));
  return object;
}
template <class S>
Result<S> parse_toml_as(std::string_view text, std::string_view name) {
  S object;
  WD_TRY(apply_toml(bind_fields(object), text, name));
  return object;
}

}  // namespace warder
