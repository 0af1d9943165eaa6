// The part of JSON Schema that the contract uses, compiled once and applied to bodies, parameters and answers. A
// keyword that is not supported does not compile: nothing in the contract is silently unchecked.
#pragma once

#include <boost/json/fwd.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

struct Schema;

struct SchemaError {
  std::string pointer;  // RFC 6901, "" for the whole value
  std::string detail;
  std::string code;  // "type", "required", "unknown", "enum", "range", "length", "pattern", "format"
};

class SchemaSet {
 public:
  SchemaSet();
  ~SchemaSet();
  SchemaSet(SchemaSet&&) noexcept;
  SchemaSet& operator=(SchemaSet&&) noexcept;
  SchemaSet(const SchemaSet&) = delete;
  SchemaSet& operator=(const SchemaSet&) = delete;

  /// The named schemas that "$ref": "#/components/schemas/Name" finds.
  Result<void> add_components(const boost::json::object& components);
  /// Stays valid as long as the set, also when the set is moved.
  Result<const Schema*> compile(const boost::json::value& json, const std::string& place);

 private:
  Result<void> fill(Schema& schema, const boost::json::value& json, const std::string& place);
  Result<bool> fill_nested(Schema& schema, std::string_view key, const boost::json::value& value,
                           const std::string& place);
  std::deque<std::unique_ptr<Schema>> schemas_;
  std::map<std::string, Schema*, std::less<>> components_;
};

/// What is wrong with the value, at most `max_errors`; empty: nothing. Recursion is bounded by the value's depth.
std::vector<SchemaError> check(const Schema& schema, const boost::json::value& value, std::size_t max_errors = 20);

/// The value of a path, query or header parameter, by the schema's type: "5" becomes 5 where an integer is wanted.
boost::json::value parameter_value(const Schema& schema, std::string_view text);

/// One segment of a JSON pointer: "~" and "/" escaped.
std::string pointer_segment(std::string_view key);

}  // namespace warder::manager
