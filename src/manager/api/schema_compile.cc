#include <algorithm>

#include "base/json.h"
#include "manager/api/schema.h"
#include "manager/api/schema_node.h"

namespace warder::manager {

namespace {

struct TypeName {
  std::string_view name;
  unsigned bit;
};
constexpr TypeName kTypes[] = {
    {"null", kNull},     {"boolean", kBoolean}, {"integer", kInteger}, {"number", kNumber | kInteger},
    {"string", kString}, {"array", kArray},     {"object", kObject},
};
constexpr std::string_view kAnnotations[] = {"description", "default", "title", "examples", "example", "readOnly"};
constexpr std::string_view kComponentPrefix = "#/components/schemas/";

tl::unexpected<Error> wrong(const std::string& place, std::string_view key) {
  return fail(ErrorCode::Invalid, place + ": '" + std::string(key) + "' is wrong or not supported");
}

std::optional<unsigned> type_bit(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  for (const TypeName& type : kTypes) {
    if (value.get_string() == type.name) return type.bit;
  }
  return std::nullopt;
}

std::optional<unsigned> type_bits(const json::value& value) {
  if (!value.is_array()) return type_bit(value);
  unsigned bits = 0;
  for (const json::value& item : value.get_array()) {
    const auto bit = type_bit(item);
    if (!bit) return std::nullopt;
    bits |= *bit;
  }
  return bits;
}

std::optional<Format> format_of(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  if (value.get_string() == "uuid") return Format::Uuid;
  if (value.get_string() == "date-time") return Format::DateTime;
  if (value.get_string() == "binary") return Format::None;
  return std::nullopt;
}

bool set_size(std::size_t& size, const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0) return false;
  size = static_cast<std::size_t>(value.get_int64());
  return true;
}

bool set_number(std::optional<double>& number, const json::value& value) {
  if (!value.is_int64() && !value.is_double()) return false;
  number = value.to_number<double>();
  return true;
}

bool set_pattern(Schema& schema, const json::value& value) {
  if (!value.is_string()) return false;
  schema.pattern = std::make_unique<re2::RE2>(std::string(value.get_string()), re2::RE2::Quiet);
  return schema.pattern->ok();
}

/// Keywords without schemas in them. Nothing: not one of these.
std::optional<bool> fill_plain(Schema& schema, std::string_view key, const json::value& value) {
  if (key == "type") {
    const auto bits = type_bits(value);
    schema.types = bits.value_or(0);
    return bits.has_value();
  }
  if (key == "format") {
    const auto format = format_of(value);
    schema.format = format.value_or(Format::None);
    return format.has_value();
  }
  if (key == "enum") {
    if (!value.is_array()) return false;
    schema.choices.assign(value.get_array().begin(), value.get_array().end());
    return true;
  }
  if (key == "pattern") return set_pattern(schema, value);
  if (key == "minLength") return set_size(schema.min_length, value);
  if (key == "maxLength") return set_size(schema.max_length, value);
  if (key == "minItems") return set_size(schema.min_items, value);
  if (key == "maxItems") return set_size(schema.max_items, value);
  if (key == "minimum") return set_number(schema.minimum, value);
  if (key == "maximum") return set_number(schema.maximum, value);
  if (key == "required") {
    if (!value.is_array()) return false;
    for (const json::value& item : value.get_array()) schema.required.emplace_back(item.as_string());
    return true;
  }
  if (key.starts_with("x-") || std::ranges::find(kAnnotations, key) != std::end(kAnnotations)) {
    return true;
  }
  return std::nullopt;
}

}  // namespace

SchemaSet::SchemaSet() = default;
SchemaSet::~SchemaSet() = default;
SchemaSet::SchemaSet(SchemaSet&&) noexcept = default;
SchemaSet& SchemaSet::operator=(SchemaSet&&) noexcept = default;

Result<void> SchemaSet::add_components(const json::object& components) {
  for (const auto& [name, value] : components) {
    schemas_.push_back(std::make_unique<Schema>());
    components_.emplace(name, schemas_.back().get());
  }
  for (const auto& [name, value] : components) {
    WD_TRY(fill(*components_.find(std::string_view(name))->second, value, "/components/schemas/" + std::string(name)));
  }
  return {};
}

Result<const Schema*> SchemaSet::compile(const json::value& value, const std::string& place) {
  schemas_.push_back(std::make_unique<Schema>());
  Schema* schema = schemas_.back().get();
  WD_TRY(fill(*schema, value, place));
  return schema;
}

Result<void> SchemaSet::fill(Schema& schema, const json::value& value, const std::string& place) {
  if (!value.is_object()) return wrong(place, "schema");
  for (const auto& [key, part] : value.get_object()) {
    const auto plain = fill_plain(schema, key, part);
    if (plain.has_value() && !*plain) return wrong(place, key);
    if (!plain.has_value() && !WD_TRY(fill_nested(schema, key, part, place))) return wrong(place, key);
  }
  return {};
}

/// Keywords with schemas in them. False: not one of these either.
Result<bool> SchemaSet::fill_nested(Schema& schema, std::string_view key, const json::value& value,
                                    const std::string& place) {
  if (key == "$ref") {
    const std::string_view target = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
    if (!target.starts_with(kComponentPrefix)) return false;
    const auto found = components_.find(target.substr(kComponentPrefix.size()));
    if (found == components_.end()) return fail(ErrorCode::Invalid, place + ": nothing at " + std::string(target));
    schema.reference = found->second;
    return true;
  }
  if (key == "items") {
    schema.items = WD_TRY(compile(value, place + "/items"));
    return true;
  }
  if (key == "additionalProperties") {
    if (value.is_bool()) {
      schema.allows_unknown = value.get_bool();
    } else {
      schema.unknown = WD_TRY(compile(value, place + "/additionalProperties"));
    }
    return true;
  }
  if (key == "properties" && value.is_object()) {
    for (const auto& [name, part] : value.get_object()) {
      schema.properties.emplace(name, WD_TRY(compile(part, place + "/properties/" + std::string(name))));
    }
    return true;
  }
  if (key == "anyOf" && value.is_array()) {
    for (const json::value& part : value.get_array()) schema.any_of.push_back(WD_TRY(compile(part, place + "/anyOf")));
    return true;
  }
  return false;
}

}  // namespace warder::manager
