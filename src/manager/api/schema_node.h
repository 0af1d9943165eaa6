// What a compiled schema is made of; for schema*.cc only.
#pragma once

#include <re2/re2.h>

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace warder::manager {

enum class Format : std::uint8_t { None, Uuid, DateTime };

inline constexpr unsigned kNull = 1;
inline constexpr unsigned kBoolean = 2;
inline constexpr unsigned kInteger = 4;
inline constexpr unsigned kNumber = 8;
inline constexpr unsigned kString = 16;
inline constexpr unsigned kArray = 32;
inline constexpr unsigned kObject = 64;
inline constexpr unsigned kAnything = 127;

struct Schema {
  const Schema* reference = nullptr;  // "$ref": everything else is unused
  unsigned types = kAnything;
  std::vector<boost::json::value> choices;
  std::vector<const Schema*> any_of;
  Format format = Format::None;
  std::unique_ptr<re2::RE2> pattern;
  std::size_t min_length = 0;
  std::size_t max_length = std::numeric_limits<std::size_t>::max();
  std::size_t min_items = 0;
  std::size_t max_items = std::numeric_limits<std::size_t>::max();
  std::optional<double> minimum;
  std::optional<double> maximum;
  const Schema* items = nullptr;
  std::map<std::string, const Schema*, std::less<>> properties;
  std::vector<std::string> required;
  bool allows_unknown = true;
  const Schema* unknown = nullptr;  // what unknown members must be
};

}  // namespace warder::manager
