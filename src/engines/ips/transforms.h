// What rules do to a buffer before they look at it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::ips {

class Regex;

/// One step. Immutable.
struct Transform {
  const struct TransformRow* row = nullptr;
  std::string argument;  // as written, for telling transforms apart
  Bytes bytes;           // what `parse` made of it
  std::shared_ptr<const Regex> regex;
  friend bool operator==(const Transform& a, const Transform& b) { return a.row == b.row && a.argument == b.argument; }
};

struct TransformRow {
  std::string_view name;
  Result<void> (*parse)(Transform& transform, std::string_view argument);  // null: takes none
  Bytes (*apply)(const Transform& transform, ByteView bytes);
  std::string_view doc;
};

const TransformRow* find_transform(std::string_view name) noexcept;
std::vector<std::string_view> transform_names();
Result<Transform> make_transform(const TransformRow& row, std::string_view argument);
Bytes apply(const std::vector<Transform>& transforms, ByteView bytes);

}  // namespace warder::ips
