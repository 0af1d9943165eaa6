// SCIM's filters and paths (RFC 7644 sections 3.4.2.2 and 3.5.2): parsed with limits, and held against resources whose
// names are as the tables spell them.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/scim/attributes.h"

namespace warder::manager::scim {

inline constexpr std::size_t kMaxFilterBytes = 4096;
inline constexpr std::size_t kMaxFilterDepth = 16;
inline constexpr std::size_t kMaxFilterTerms = 100;

/// "urn:…:User:name.familyName" is {schema, "name", "familyName"}.
struct AttributePath {
  std::string schema{};
  std::string name{};
  std::string part{};
  friend bool operator==(const AttributePath&, const AttributePath&) = default;
};

enum class Comparison : std::uint8_t {
  Equal,
  NotEqual,
  Contains,
  StartsWith,
  EndsWith,
  Greater,
  GreaterEqual,
  Less,
  LessEqual
};
std::string_view name(Comparison comparison);

struct Filter {
  enum class Kind : std::uint8_t { And, Or, Not, Compare, Present, Values };
  Kind kind = Kind::Present;
  std::vector<Filter> children{};  // of And, Or; one of Not and Values, where it is about one value of `path`
  AttributePath path{};
  Comparison comparison = Comparison::Equal;
  json::value value{};
  friend bool operator==(const Filter&, const Filter&) = default;
};

/// A path of a patch: "emails[type eq \"work\"].value".
struct PatchPath {
  AttributePath attribute{};
  std::optional<Filter> values{};
  friend bool operator==(const PatchPath&, const PatchPath&) = default;
};

/// Fails as invalidFilter, with the place in it; also for what is too long, too deep or too much.
Result<Filter> parse_filter(std::string_view text);
/// Fails as invalidPath.
Result<PatchPath> parse_path(std::string_view text);
/// A name with or without part and schema alone, as in sortBy and attributes. Fails as invalidPath.
Result<AttributePath> parse_attribute(std::string_view text);

/// What parses to the same.
std::string print(const Filter& filter);
std::string print(const PatchPath& path);
std::string print(const AttributePath& path);

/// invalidFilter for attributes that nobody knows and comparisons that make no sense for their type.
Result<void> check_filter(const Kind& kind, const Filter& filter);
/// The filter has been checked. "ne" is the opposite of "eq"; of several values one is enough.
bool matches(const Kind& kind, const Filter& filter, const json::object& resource);
/// The same for a filter between brackets and one value of `attribute`.
Result<void> check_value_filter(const Attribute& attribute, const Filter& filter);
bool matches_value(const Attribute& attribute, const Filter& filter, const json::value& value);

}  // namespace warder::manager::scim
