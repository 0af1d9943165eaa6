#include "manager/scim/attributes.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace warder::manager::scim {
namespace {

constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxValues = 100;      // of an attribute of a person
constexpr std::size_t kMaxMembers = 10'000;  // of a group

constexpr Attribute kNameParts[] = {
    {.name = "formatted", .doc = "The whole name."},
    {.name = "familyName", .doc = "Family name."},
    {.name = "givenName", .doc = "Given name."},
    {.name = "middleName", .doc = "Middle names."},
};

constexpr Attribute kContactParts[] = {
    {.name = "value", .doc = "The address or number."},
    {.name = "display", .doc = "How it is shown."},
    {.name = "type", .doc = "\"work\", \"home\", …"},
    {.name = "primary", .type = Type::Boolean, .doc = "At most one of them."},
};

constexpr Attribute kGroupParts[] = {
    {.name = "value", .is_case_exact = true, .mutability = Mutability::ReadOnly, .doc = "The group's id."},
    {.name = "$ref",
     .type = Type::Reference,
     .is_case_exact = true,
     .mutability = Mutability::ReadOnly,
     .doc = "Its address."},
    {.name = "display", .mutability = Mutability::ReadOnly, .doc = "Its name."},
};

constexpr Attribute kUserAttributes[] = {
    {.name = "userName", .is_required = true, .is_unique = true, .doc = "How the person is known to the provider."},
    {.name = "name", .type = Type::Complex, .doc = "The parts of the person's name.", .parts = kNameParts},
    {.name = "displayName", .doc = "The name that others read."},
    {.name = "active", .type = Type::Boolean, .doc = "false: nobody logs in, and every session ends at once."},
    {.name = "emails", .type = Type::Complex, .is_multi = true, .doc = "Mail addresses.", .parts = kContactParts},
    {.name = "groups",
     .type = Type::Complex,
     .is_multi = true,
     .mutability = Mutability::ReadOnly,
     .doc = "Groups that have the person as a member.",
     .parts = kGroupParts},
};

// RFC 7643 sections 4.1 and 4.3. What is not needed here is not kept: personal data least of all.
constexpr std::string_view kUserNotStored[] = {
    "nickName",       "phoneNumbers",    "preferredLanguage", "locale",   "profileUrl",
    "title",          "userType",        "timezone",          "password", "ims",
    "photos",         "addresses",       "entitlements",      "roles",    "x509Certificates",
    "employeeNumber", "costCenter",      "organization",      "division", "department",
    "manager",        "honorificPrefix", "honorificSuffix",
};

constexpr Attribute kMemberParts[] = {
    {.name = "value", .is_case_exact = true, .doc = "The person's id."},
    {.name = "$ref", .type = Type::Reference, .is_case_exact = true, .doc = "The person's address."},
    {.name = "display", .doc = "The person's name."},
    {.name = "type", .doc = "\"User\": groups in groups are not taken."},
};

constexpr Attribute kGroupAttributes[] = {
    {.name = "displayName", .is_required = true, .doc = "The name that the provider's role mapping goes by."},
    {.name = "members", .type = Type::Complex, .is_multi = true, .doc = "The people in it.", .parts = kMemberParts},
};

constexpr Attribute kMetaParts[] = {
    {.name = "resourceType", .is_case_exact = true, .mutability = Mutability::ReadOnly},
    {.name = "created", .type = Type::DateTime, .mutability = Mutability::ReadOnly},
    {.name = "lastModified", .type = Type::DateTime, .mutability = Mutability::ReadOnly},
    {.name = "location", .type = Type::Reference, .is_case_exact = true, .mutability = Mutability::ReadOnly},
    {.name = "version", .is_case_exact = true, .mutability = Mutability::ReadOnly},
};

constexpr Attribute kCommon[] = {
    {.name = "id",
     .is_case_exact = true,
     .is_unique = true,
     .mutability = Mutability::ReadOnly,
     .returned = Returned::Always},
    {.name = "externalId", .is_case_exact = true},
    {.name = "meta", .type = Type::Complex, .mutability = Mutability::ReadOnly, .parts = kMetaParts},
    {.name = "schemas",
     .type = Type::Reference,
     .is_multi = true,
     .mutability = Mutability::ReadOnly,
     .returned = Returned::Always},
};

constexpr std::array kErrorTypes = {
    std::string_view("invalidFilter"), std::string_view("tooMany"),       std::string_view("uniqueness"),
    std::string_view("mutability"),    std::string_view("invalidSyntax"), std::string_view("invalidPath"),
    std::string_view("noTarget"),      std::string_view("invalidValue"),  std::string_view("invalidVers"),
    std::string_view("sensitive"),
};

const Attribute* find_in(std::span<const Attribute> attributes, std::string_view name) {
  const auto found = std::ranges::find_if(
      attributes, [&](const Attribute& attribute) { return equals_ignoring_case(attribute.name, name); });
  return found == attributes.end() ? nullptr : &*found;
}

bool is_empty(const json::value& value) {
  return value.is_null() || (value.is_array() && value.get_array().empty()) ||
         (value.is_object() && value.get_object().empty());
}

tl::unexpected<Error> wrong(const std::string& pointer, const std::string& message) {
  return fail_as("invalidValue", pointer + ": " + message);
}

Result<json::value> normalize_boolean(const json::value& value, const std::string& pointer) {
  if (value.is_bool()) return value;
  if (value.is_string()) {
    // Microsoft Entra sends "True" and "False".
    if (equals_ignoring_case(value.get_string(), "true")) return json::value(true);
    if (equals_ignoring_case(value.get_string(), "false")) return json::value(false);
  }
  return wrong(pointer, "not true or false");
}

Result<json::value> normalize_text(const Attribute& attribute, const json::value& value, const std::string& pointer) {
  if (!value.is_string()) return wrong(pointer, "not text");
  if (value.get_string().size() > kMaxText) return wrong(pointer, "longer than " + std::to_string(kMaxText) + " bytes");
  if (attribute.type == Type::DateTime && !parse_rfc3339(value.get_string())) return wrong(pointer, "not a time");
  return value;
}

Result<json::value> normalize_parts(const Attribute& attribute, const json::value& value, const std::string& pointer) {
  // A multi-valued attribute's element may be its value alone.
  if (value.is_string() && attribute.is_multi) return json::value(json::object{{"value", value}});
  if (!value.is_object()) return wrong(pointer, "not an object");
  json::object parts;
  for (const auto& [key, part_value] : value.get_object()) {
    const Attribute* const part = find_part(attribute, key);
    if (part == nullptr) continue;
    if (parts.contains(part->name)) return fail_as("invalidSyntax", pointer + "/" + std::string(part->name) + " twice");
    json::value normal = WD_TRY(normalize_value(*part, part_value, pointer + "/" + std::string(part->name)));
    if (!is_empty(normal)) parts.emplace(part->name, std::move(normal));
  }
  if (parts.empty()) return json::value();
  return json::value(std::move(parts));
}

Result<json::value> normalize_single(const Attribute& attribute, const json::value& value, const std::string& pointer) {
  if (value.is_null()) return json::value();
  switch (attribute.type) {
    case Type::Boolean:
      return normalize_boolean(value, pointer);
    case Type::Complex:
      return normalize_parts(attribute, value, pointer);
    case Type::String:
    case Type::DateTime:
    case Type::Reference:
      return normalize_text(attribute, value, pointer);
  }
  return json::value();
}

std::string_view name(Type type) {
  switch (type) {
    case Type::String:
      return "string";
    case Type::Boolean:
      return "boolean";
    case Type::DateTime:
      return "dateTime";
    case Type::Reference:
      return "reference";
    case Type::Complex:
      return "complex";
  }
  return "string";
}

json::object describe(const Attribute& attribute) {
  json::object described{{"name", attribute.name},
                         {"type", name(attribute.type)},
                         {"multiValued", attribute.is_multi},
                         {"description", attribute.doc},
                         {"required", attribute.is_required},
                         {"caseExact", attribute.is_case_exact},
                         {"mutability", attribute.mutability == Mutability::ReadOnly ? "readOnly" : "readWrite"},
                         {"returned", attribute.returned == Returned::Always ? "always" : "default"},
                         {"uniqueness", attribute.is_unique ? "server" : "none"}};
  if (attribute.type == Type::Reference) described["referenceTypes"] = json::array{"User", "Group"};
  if (attribute.parts.empty()) return described;
  json::array parts;
  for (const Attribute& part : attribute.parts) parts.push_back(describe(part));
  described["subAttributes"] = std::move(parts);
  return described;
}

}  // namespace

const Kind& user_kind() {
  static constexpr Kind kKind{"User", "Users", kUserSchema, "A person", kUserAttributes, kUserNotStored};
  return kKind;
}

const Kind& group_kind() {
  static constexpr Kind kKind{"Group", "Groups", kGroupSchema, "A group of people", kGroupAttributes, {}};
  return kKind;
}

std::span<const Attribute> common_attributes() {
  return kCommon;
}

const Attribute* find_attribute(const Kind& kind, std::string_view name) {
  const Attribute* const own = find_in(kind.attributes, name);
  return own != nullptr ? own : find_in(kCommon, name);
}

const Attribute* find_part(const Attribute& attribute, std::string_view name) {
  return find_in(attribute.parts, name);
}

bool is_not_stored(const Kind& kind, std::string_view name) {
  return std::ranges::any_of(kind.not_stored, [&](std::string_view each) { return equals_ignoring_case(each, name); });
}

tl::unexpected<Error> fail_as(std::string_view type, const std::string& message) {
  return fail(type == "uniqueness" ? ErrorCode::Conflict : ErrorCode::Invalid, std::string(type) + ": " + message);
}

std::string_view type_of(const Error& error) {
  const auto found = std::ranges::find_if(kErrorTypes, [&](std::string_view type) {
    return error.message.starts_with(type) && std::string_view(error.message).substr(type.size()).starts_with(": ");
  });
  return found == kErrorTypes.end() ? std::string_view() : *found;
}

void keep_one_primary(json::array& values) {
  bool is_taken = false;
  for (std::size_t i = values.size(); i-- > 0;) {
    if (!values[i].is_object()) continue;
    json::object& value = values[i].get_object();
    const json::value* const primary = find(value, "primary");
    if (primary == nullptr || !primary->is_bool() || !primary->get_bool()) continue;
    if (is_taken) value["primary"] = false;
    is_taken = true;
  }
}

Result<json::value> normalize_value(const Attribute& attribute, const json::value& value, const std::string& pointer) {
  if (!attribute.is_multi) return normalize_single(attribute, value, pointer);
  json::array values;
  // One value where a list belongs is a list of one.
  const json::array given = value.is_array() ? value.get_array() : json::array{value};
  const std::size_t most = attribute.name == "members" ? kMaxMembers : kMaxValues;
  if (given.size() > most) return wrong(pointer, "more than " + std::to_string(most) + " values");
  for (std::size_t i = 0; i < given.size(); ++i) {
    json::value normal = WD_TRY(normalize_single(attribute, given[i], pointer + "/" + std::to_string(i)));
    if (!is_empty(normal)) values.push_back(std::move(normal));
  }
  if (values.empty()) return json::value();
  return json::value(std::move(values));
}

Result<json::object> normalize(const Kind& kind, const json::object& resource) {
  json::object normal;
  for (const auto& [key, value] : resource) {
    const Attribute* const attribute = find_attribute(kind, key);
    if (attribute == nullptr || attribute->mutability == Mutability::ReadOnly) continue;
    const std::string name(attribute->name);
    if (normal.contains(name)) return fail_as("invalidSyntax", "/" + name + ": twice");
    json::value one = WD_TRY(normalize_value(*attribute, value, "/" + name));
    if (one.is_array()) keep_one_primary(one.get_array());
    if (!is_empty(one)) normal.emplace(name, std::move(one));
  }
  return normal;
}

Result<void> check_whole(const Kind& kind, const json::object& resource) {
  for (const Attribute& attribute : kind.attributes) {
    if (!attribute.is_required) continue;
    const json::value* const value = find(resource, attribute.name);
    if (value == nullptr || (value->is_string() && trim(value->get_string()).empty()))
      return wrong("/" + std::string(attribute.name), "is required");
  }
  return {};
}

json::object schema_document(const Kind& kind, const std::string& base) {
  json::array attributes;
  for (const Attribute& attribute : kind.attributes) attributes.push_back(describe(attribute));
  return {
      {"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
      {"id", kind.schema},
      {"name", kind.name},
      {"description", kind.doc},
      {"attributes", std::move(attributes)},
      {"meta", json::object{{"resourceType", "Schema"}, {"location", base + "/Schemas/" + std::string(kind.schema)}}}};
}

json::object resource_type_document(const Kind& kind, const std::string& base) {
  return {{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
          {"id", kind.name},
          {"name", kind.name},
          {"endpoint", "/" + std::string(kind.endpoint)},
          {"description", kind.doc},
          {"schema", kind.schema},
          {"schemaExtensions", json::array{}},
          {"meta", json::object{{"resourceType", "ResourceType"},
                                {"location", base + "/ResourceTypes/" + std::string(kind.name)}}}};
}

}  // namespace warder::manager::scim
