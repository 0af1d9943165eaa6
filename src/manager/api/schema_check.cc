#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/ids.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "manager/api/schema.h"
#include "manager/api/schema_node.h"

namespace warder::manager {

namespace {

unsigned bits_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kNull;
    case json::kind::bool_:
      return kBoolean;
    case json::kind::int64:
    case json::kind::uint64:
      return kInteger | kNumber;
    case json::kind::double_:
      return std::trunc(value.get_double()) == value.get_double() ? kInteger | kNumber : kNumber;
    case json::kind::string:
      return kString;
    case json::kind::array:
      return kArray;
    case json::kind::object:
      return kObject;
  }
  return 0;
}

std::string type_text(unsigned types) {
  struct Name {
    unsigned bit;
    std::string_view text;
  };
  constexpr Name kNames[] = {{kObject, "an object"}, {kArray, "a list"},           {kString, "text"},
                             {kNumber, "a number"},  {kInteger, "a whole number"}, {kBoolean, "true or false"},
                             {kNull, "null"}};
  std::string text;
  for (const Name& name : kNames) {
    if ((types & name.bit) == 0 || (name.bit == kInteger && (types & kNumber) != 0)) continue;
    text.append(text.empty() ? "" : " or ").append(name.text);
  }
  return text;
}

/// Unicode code points of valid UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Checker {
 public:
  explicit Checker(std::size_t max_errors) : max_errors_(max_errors) {}

  void check(const Schema& given, const json::value& value, const std::string& pointer) {
    if (errors_.size() >= max_errors_) return;
    const Schema& schema = given.reference != nullptr ? *given.reference : given;
    if (schema.reference != nullptr) return check(schema, value, pointer);
    if ((bits_of(value) & schema.types) == 0) return add(pointer, "is not " + type_text(schema.types), "type");
    if (!schema.any_of.empty()) check_any_of(schema, value, pointer);
    if (!schema.choices.empty()) check_choice(schema, value, pointer);
    if (value.is_string()) check_string(schema, value.get_string(), pointer);
    if (value.is_number()) check_number(schema, value.to_number<double>(), pointer);
    if (value.is_array()) check_array(schema, value.get_array(), pointer);
    if (value.is_object()) check_object(schema, value.get_object(), pointer);
  }

  std::vector<SchemaError> take() { return std::move(errors_); }

 private:
  void add(std::string pointer, std::string detail, std::string code) {
    if (errors_.size() < max_errors_) errors_.push_back({std::move(pointer), std::move(detail), std::move(code)});
  }

  /// The branch of the value's own type explains best what is wrong.
  void check_any_of(const Schema& schema, const json::value& value, const std::string& pointer) {
    const Schema* closest = nullptr;
    for (const Schema* branch : schema.any_of) {
      Checker attempt(1);
      attempt.check(*branch, value, pointer);
      const auto errors = attempt.take();
      if (errors.empty()) return;
      if (errors.front().pointer != pointer || errors.front().code != "type") closest = branch;
    }
    if (closest != nullptr) return check(*closest, value, pointer);
    add(pointer, "is not of an allowed type", "type");
  }

  void check_choice(const Schema& schema, const json::value& value, const std::string& pointer) {
    if (std::ranges::find(schema.choices, value) != schema.choices.end()) return;
    std::string allowed;
    for (const json::value& choice : schema.choices) {
      allowed.append(allowed.empty() ? "" : ", ")
          .append(choice.is_string() ? std::string_view(choice.get_string()) : "…");
    }
    add(pointer, "is not one of: " + allowed, "enum");
  }

  void check_string(const Schema& schema, std::string_view text, const std::string& pointer) {
    const std::size_t length = length_of(text);
    if (length < schema.min_length || length > schema.max_length) {
      const bool is_bounded = schema.max_length != std::numeric_limits<std::size_t>::max();
      return add(pointer,
                 is_bounded
                     ? fmt::format("has {} characters, not {} to {}", length, schema.min_length, schema.max_length)
                     : fmt::format("has {} characters, not {} or more", length, schema.min_length),
                 "length");
    }
    if (schema.pattern && !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *schema.pattern)) {
      add(pointer, "does not match " + schema.pattern->pattern(), "pattern");
    }
    if (schema.format == Format::Uuid && !parse_uuid(text)) add(pointer, "is not a UUID", "format");
    if (schema.format == Format::DateTime && !parse_rfc3339(text)) {
      add(pointer, "is not an RFC 3339 date and time", "format");
    }
  }

  void check_number(const Schema& schema, double number, const std::string& pointer) {
    if (schema.minimum && number < *schema.minimum)
      add(pointer, fmt::format("is less than {}", *schema.minimum), "range");
    if (schema.maximum && number > *schema.maximum)
      add(pointer, fmt::format("is more than {}", *schema.maximum), "range");
  }

  void check_array(const Schema& schema, const json::array& items, const std::string& pointer) {
    if (items.size() < schema.min_items || items.size() > schema.max_items) {
      return add(pointer, fmt::format("has {} items, not {} to {}", items.size(), schema.min_items, schema.max_items),
                 "length");
    }
    if (schema.items == nullptr) return;
    for (std::size_t i = 0; i < items.size(); ++i) check(*schema.items, items[i], pointer + "/" + std::to_string(i));
  }

  void check_object(const Schema& schema, const json::object& object, const std::string& pointer) {
    for (const std::string& key : schema.required) {
      if (!object.contains(key)) add(pointer + "/" + pointer_segment(key), "is missing", "required");
    }
    for (const auto& [key, value] : object) {
      const std::string place = pointer + "/" + pointer_segment(key);
      const auto known = schema.properties.find(std::string_view(key));
      if (known != schema.properties.end()) {
        check(*known->second, value, place);
      } else if (schema.unknown != nullptr) {
        check(*schema.unknown, value, place);
      } else if (!schema.allows_unknown) {
        add(place, "is not known", "unknown");
      }
    }
  }

  std::size_t max_errors_;
  std::vector<SchemaError> errors_;
};

unsigned types_of(const Schema& schema) {
  return schema.reference != nullptr ? types_of(*schema.reference) : schema.types;
}

}  // namespace

std::vector<SchemaError> check(const Schema& schema, const json::value& value, std::size_t max_errors) {
  Checker checker(max_errors);
  checker.check(schema, value, {});
  return checker.take();
}

json::value parameter_value(const Schema& schema, std::string_view text) {
  const unsigned types = types_of(schema);
  if ((types & kString) == 0 && (types & kInteger) != 0) {
    if (const auto number = parse_integer<std::int64_t>(text)) return *number;
  }
  if ((types & kString) == 0 && (types & kBoolean) != 0) {
    if (text == "true" || text == "false") return text == "true";
  }
  return json::value(text);
}

std::string pointer_segment(std::string_view key) {
  std::string segment;
  for (const char c : key) {
    if (c == '~') {
      segment += "~0";
    } else if (c == '/') {
      segment += "~1";
    } else {
      segment.push_back(c);
    }
  }
  return segment;
}

}  // namespace warder::manager
