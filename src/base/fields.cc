#include "base/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder {
namespace {

/// "~" and "/" of a key inside a JSON pointer, RFC 6901 §3.
std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~' || c == '/') {
      out.append(c == '~' ? "~0" : "~1");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

/// One value on its way into a row. `pointer` is the JSON pointer of the value, for messages.
class Assignment {
 public:
  Assignment(const AnyField& row, const json::value& value, std::string pointer)
      : row_(row), value_(value), pointer_(std::move(pointer)) {}

  Result<void> operator()(bool* target) const {
    if (!value_.is_bool()) return wrong(pointer_, "must be true or false");
    *target = value_.get_bool();
    return {};
  }

  Result<void> operator()(std::int64_t* target) const {
    if (!value_.is_int64()) return wrong(pointer_, "must be an integer");
    WD_TRY(check_range(value_.get_int64(), ""));
    *target = value_.get_int64();
    return {};
  }

  Result<void> operator()(std::string* target) const {
    if (!value_.is_string()) return wrong(pointer_, "must be a string");
    const std::string_view text = value_.get_string();
    if (row_.choices.empty()) {
      WD_TRY(check_range(static_cast<std::int64_t>(count_characters(text)), "length "));
    } else {
      WD_TRY(check_choice(pointer_, text));
    }
    target->assign(text);
    return {};
  }

  Result<void> operator()(std::vector<std::string>* target) const {
    if (!value_.is_array()) return wrong(pointer_, "must be a list of strings");
    const json::array& list = value_.get_array();
    WD_TRY(check_range(static_cast<std::int64_t>(list.size()), "number of entries "));
    target->clear();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string place = fmt::format("{}/{}", pointer_, i);
      if (!list[i].is_string()) return wrong(place, "must be a string");
      const std::string_view text = list[i].get_string();
      WD_TRY(check_choice(place, text));
      target->emplace_back(text);
    }
    return {};
  }

 private:
  static tl::unexpected<Error> wrong(std::string_view place, std::string_view message) {
    return fail(ErrorCode::Invalid, fmt::format("{}: {}", place, message));
  }

  [[nodiscard]] Result<void> check_range(std::int64_t value, std::string_view what) const {
    if (value >= row_.min && value <= row_.max) return {};
    return wrong(pointer_, fmt::format("{}{} is not in {}..{}", what, value, row_.min, row_.max));
  }

  [[nodiscard]] Result<void> check_choice(std::string_view place, std::string_view value) const {
    if (row_.choices.empty()) return {};
    const auto allowed = split(row_.choices, '|');
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return {};
    return wrong(place, fmt::format("\"{}\" is not one of {}", value, fmt::join(allowed, ", ")));
  }

  const AnyField& row_;
  const json::value& value_;
  std::string pointer_;
};

}  // namespace

std::string_view name(PersonalData data) noexcept {
  switch (data) {
    case PersonalData::None:
      return "none";
    case PersonalData::Identifier:
      return "identifier";
    case PersonalData::Contact:
      return "contact";
    case PersonalData::Content:
      return "content";
    case PersonalData::Secret:
      return "secret";
  }
  return "secret";
}

const AnyField* find_field(std::span<const AnyField> rows, std::string_view key) noexcept {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const AnyField& row) { return row.key == key; });
  return found == rows.end() ? nullptr : &*found;
}

Result<void> apply_json(std::span<const AnyField> rows, const json::value& json) {
  if (!json.is_object()) return fail(ErrorCode::Invalid, "must be an object of settings");
  for (const auto& member : json.get_object()) {
    std::string pointer = "/" + pointer_token(member.key());
    const AnyField* row = find_field(rows, member.key());
    if (row == nullptr) return fail(ErrorCode::Invalid, pointer + ": there is no such setting");
    WD_TRY(std::visit(Assignment(*row, member.value(), std::move(pointer)), row->value));
  }
  return {};
}

namespace {
json::value value_of(const AnyField& row) {
  struct ToJson {
    json::value operator()(const bool* value) const { return *value; }
    json::value operator()(const std::int64_t* value) const { return *value; }
    json::value operator()(const std::string* value) const { return json::string(*value); }
    json::value operator()(const std::vector<std::string>* value) const {
      json::array list;
      for (const std::string& item : *value) list.emplace_back(item);
      return list;
    }
  };
  return std::visit(ToJson{}, row.value);
}

json::array choices_of(const AnyField& row) {
  json::array choices;
  for (const std::string_view choice : split(row.choices, '|')) choices.emplace_back(json::string(choice));
  return choices;
}

json::object property(const AnyField& row) {
  struct Limits {
    const AnyField& row;
    json::object& out;
    void operator()(const bool*) const { out["type"] = "boolean"; }
    void operator()(const std::int64_t*) const {
      out["type"] = "integer";
      out["minimum"] = row.min;
      out["maximum"] = row.max;
    }
    void operator()(const std::string*) const {
      out["type"] = "string";
      if (!row.choices.empty()) {
        out["enum"] = choices_of(row);
        return;
      }
      out["minLength"] = row.min;
      out["maxLength"] = row.max;
    }
    void operator()(const std::vector<std::string>*) const {
      json::object items{{"type", "string"}};
      if (!row.choices.empty()) items["enum"] = choices_of(row);
      out["type"] = "array";
      out["items"] = std::move(items);
      out["minItems"] = row.min;
      out["maxItems"] = row.max;
    }
  };
  json::object out;
  out["description"] = json::string(row.doc);
  std::visit(Limits{row, out}, row.value);
  out["default"] = value_of(row);
  out["x-personal-data"] = json::string(name(row.personal_data));
  return out;
}
}  // namespace

json::object to_json(std::span<const AnyField> rows) {
  json::object out;
  for (const AnyField& row : rows) out[row.key] = value_of(row);
  return out;
}

json::object json_schema(std::span<const AnyField> rows, std::string_view title) {
  json::object properties;
  for (const AnyField& row : rows) properties[row.key] = property(row);
  json::object out;
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = json::string(title);
  out["type"] = "object";
  out["additionalProperties"] = false;
  out["properties"] = std::move(properties);
  return out;
}

}  // namespace warder
