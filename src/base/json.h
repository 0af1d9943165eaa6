// Boost.JSON without exceptions: parsing with limits, and typed access that names the place.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder {

namespace json = boost::json;

/// Strict RFC 8259, at most `max_depth` levels and `max_bytes` of text; duplicate keys are refused; the message has the
/// byte offset.
Result<json::value> parse_json(std::string_view text, std::size_t max_bytes = 1 << 20, std::size_t max_depth = 32);

/// A member of an object: absent or of another type is Invalid, with `/key` in the message.
Result<std::string_view> get_string(const json::object& object, std::string_view key);
Result<std::int64_t> get_int(const json::object& object, std::string_view key);
Result<bool> get_bool(const json::object& object, std::string_view key);
Result<const json::object*> get_object(const json::object& object, std::string_view key);
Result<const json::array*> get_array(const json::object& object, std::string_view key);
/// nullptr when absent.
const json::value* find(const json::object& object, std::string_view key) noexcept;

/// Compact text with keys in order and no spaces (RFC 8785 for objects of strings, integers, booleans and arrays): what
/// gets signed or hashed.
std::string canonical_json(const json::value& value);

}  // namespace warder
