// What SCIM 2.0 (RFC 7643) calls attributes, as far as people and groups have them here: the tables that parsing,
// filters, patches and /Schemas are made of. docs/scim.md is the manual.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::manager::scim {

namespace json = boost::json;

inline constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view kGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";

enum class Type : std::uint8_t { String, Boolean, DateTime, Reference, Complex };
enum class Mutability : std::uint8_t { ReadWrite, ReadOnly };
enum class Returned : std::uint8_t { Default, Always };

struct Attribute {
  std::string_view name;
  Type type = Type::String;
  bool is_multi = false;
  bool is_required = false;
  bool is_case_exact = false;
  bool is_unique = false;
  Mutability mutability = Mutability::ReadWrite;
  Returned returned = Returned::Default;
  std::string_view doc{};
  std::span<const Attribute> parts{};  // of a complex one
};

/// A kind of resource: "User" or "Group".
struct Kind {
  std::string_view name;
  std::string_view endpoint;  // "Users"
  std::string_view schema;
  std::string_view doc;
  std::span<const Attribute> attributes;         // its own; the common ones are not among them
  std::span<const std::string_view> not_stored;  // of the RFC's: taken and forgotten, so that nobody's defaults fail
};

const Kind& user_kind();
const Kind& group_kind();
/// id, externalId, meta, schemas.
std::span<const Attribute> common_attributes();

/// In any case of letters; nullptr when there is none. `name` without its schema.
const Attribute* find_attribute(const Kind& kind, std::string_view name);
const Attribute* find_part(const Attribute& attribute, std::string_view name);
/// Whether the RFC or an extension has it and it is not stored here.
bool is_not_stored(const Kind& kind, std::string_view name);

/// An error of SCIM's own: its type ("invalidFilter", RFC 7644 table 9) stands before the message, and `type_of` finds
/// it again.
tl::unexpected<Error> fail_as(std::string_view type, const std::string& message);
/// Empty for other errors.
std::string_view type_of(const Error& error);

/// Names as the tables spell them, "True" as true where a boolean belongs, nothing that is null, empty or not stored,
/// one primary value at most. Read-only attributes are left out. Fails as invalidValue or invalidSyntax; what is
/// required may be missing.
Result<json::object> normalize(const Kind& kind, const json::object& resource);
/// The same for one attribute's value, with as many primary ones as there are; null when nothing is left. `pointer`
/// names the place.
Result<json::value> normalize_value(const Attribute& attribute, const json::value& value, const std::string& pointer);
/// invalidValue when something required is missing.
Result<void> check_whole(const Kind& kind, const json::object& resource);

/// The last of several primary values stays the only one.
void keep_one_primary(json::array& values);

/// RFC 7643 section 7.
json::object schema_document(const Kind& kind, const std::string& base);
json::object resource_type_document(const Kind& kind, const std::string& base);

}  // namespace warder::manager::scim
