#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

#include "base/text.h"

namespace warder {
namespace {

using boost::json::error_code;

/// Builds the value, as Boost's own handler does, and remembers the keys of the open objects: Boost's parser lets the
/// last of two equal keys win, which would let two readers of one document see different values.
struct UniqueKeyHandler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);  // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);   // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);     // NOLINT(readability-identifier-naming)
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);  // NOLINT(readability-identifier-naming)

  json::value_stack stack;
  std::vector<std::set<std::string, std::less<>>> open_objects;
  std::string key_part;
  std::string number_part;
  std::string duplicate;

  bool on_document_begin(error_code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open_objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, error_code&) {
    open_objects.pop_back();
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    key_part.append(part.data(), part.size());
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, error_code& error) {
    key_part.append(rest.data(), rest.size());
    if (!open_objects.back().insert(key_part).second) {
      duplicate = key_part;
      error = json::error::syntax;
      return false;
    }
    key_part.clear();
    stack.push_key(rest);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view rest, std::size_t, error_code&) {
    stack.push_string(rest);
    return true;
  }
  bool on_number_part(json::string_view part, error_code&) {
    number_part.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view, error_code&) {
    number_part.clear();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, error_code&) {
    number_part.clear();
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view rest, error_code& error) {
    // Boost 1.81 rounds the last digits of long numbers wrongly; what is printed must be read as the same number.
    const std::string digits = number_part.append(rest.data(), rest.size());
    number_part.clear();
    double exact = value;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
    if (problem != std::errc{} || end != digits.data() + digits.size()) exact = value;  // too small or too large
    if (!std::isfinite(exact)) error = json::error::exponent_overflow;
    stack.push_double(exact);
    return !error;
  }
  bool on_bool(bool value, error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

tl::unexpected<Error> wrong_member(std::string_view key, std::string_view wanted, const json::value* found) {
  return fail(ErrorCode::Invalid,
              fmt::format("/{}: {} {}", key, found == nullptr ? "missing, must be" : "must be", wanted));
}

/// RFC 8785 §3.2.3 sorts by UTF-16 code units. That is byte order of UTF-8, except that U+10000 and above (lead byte f0
/// and up) come before U+E000..U+FFFF (lead bytes ee, ef).
int utf16_rank(char c) noexcept {
  const int byte = static_cast<unsigned char>(c);
  if (byte >= 0xf0) return byte - 2;
  return byte == 0xee || byte == 0xef ? byte + 16 : byte;
}

bool is_before(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return utf16_rank(x) < utf16_rank(y); });
}

void append_canonical(std::string& out, const json::value& value);

void append_canonical(std::string& out, const json::object& object) {
  std::vector<std::pair<std::string_view, const json::value*>> members;
  members.reserve(object.size());
  for (const auto& member : object) members.emplace_back(member.key(), &member.value());
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return is_before(a.first, b.first); });
  out.push_back('{');
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, members[i].first);
    out.push_back(':');
    append_canonical(out, *members[i].second);
  }
  out.push_back('}');
}

void append_canonical(std::string& out, const json::array& array) {
  out.push_back('[');
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_canonical(out, array[i]);
  }
  out.push_back(']');
}

void append_canonical(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out.append("null");
      return;
    case json::kind::bool_:
      out.append(value.get_bool() ? "true" : "false");
      return;
    case json::kind::int64:
      out.append(std::to_string(value.get_int64()));
      return;
    case json::kind::uint64:
      out.append(std::to_string(value.get_uint64()));
      return;
    case json::kind::double_:
      out.append(value.get_double() == 0 ? "0" : fmt::format("{}", value.get_double()));  // -0 is 0, RFC 8785 §3.2.2.3
      return;
    case json::kind::string:
      append_json_string(out, value.get_string());
      return;
    case json::kind::array:
      append_canonical(out, value.get_array());
      return;
    case json::kind::object:
      append_canonical(out, value.get_object());
      return;
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::size_t max_bytes, std::size_t max_depth) {
  if (text.size() > max_bytes) {
    return fail(ErrorCode::TooLarge, fmt::format("JSON of {} bytes, at most {} are read", text.size(), max_bytes));
  }
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<UniqueKeyHandler> parser{options};
  error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::error::extra_data;
  if (error) {
    const std::string& duplicate = parser.handler().duplicate;
    const std::string what = duplicate.empty() ? error.message() : "the key \"" + duplicate + "\" appears twice";
    return fail(error == json::error::too_deep ? ErrorCode::TooLarge : ErrorCode::Invalid,
                fmt::format("JSON, offset {}: {}", used, what));
  }
  return parser.handler().stack.release();
}

const json::value* find(const json::object& object, std::string_view key) noexcept {
  return object.if_contains(key);
}

Result<std::string_view> get_string(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_string()) return wrong_member(key, "a string", value);
  return std::string_view(value->get_string());
}

Result<std::int64_t> get_int(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_int64()) return wrong_member(key, "an integer", value);
  return value->get_int64();
}

Result<bool> get_bool(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_bool()) return wrong_member(key, "true or false", value);
  return value->get_bool();
}

Result<const json::object*> get_object(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_object()) return wrong_member(key, "an object", value);
  return &value->get_object();
}

Result<const json::array*> get_array(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_array()) return wrong_member(key, "an array", value);
  return &value->get_array();
}

std::string canonical_json(const json::value& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace warder
