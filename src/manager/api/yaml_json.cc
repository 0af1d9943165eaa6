#include <yaml-cpp/yaml.h>

#include "base/json.h"
#include "base/text.h"
#include "manager/api/contract.h"

namespace warder::manager {

namespace {

constexpr int kMaxDepth = 64;

/// YAML 1.2 §10.3.2: only plain scalars are anything but text.
json::value scalar_value(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return json::value(text);
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  if (text == "true" || text == "false") return text == "true";
  if (const auto integer = parse_integer<std::int64_t>(text)) return *integer;
  const bool looks_like_number = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (const auto number = looks_like_number ? parse_integer<double>(text) : std::nullopt) return *number;
  return json::value(text);
}

Result<json::value> convert(const YAML::Node& node, int depth) {
  if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, "YAML: nested too deep");
  if (node.IsScalar()) return scalar_value(node);
  if (node.IsSequence()) {
    json::array array;
    for (const YAML::Node& item : node) array.push_back(WD_TRY(convert(item, depth + 1)));
    return json::value(std::move(array));
  }
  if (!node.IsMap()) return json::value(nullptr);
  json::object object;
  for (const auto& pair : node) {
    const std::string& key = pair.first.Scalar();
    if (object.contains(key)) return fail(ErrorCode::Invalid, "YAML: '" + key + "' is there twice");
    object[key] = WD_TRY(convert(pair.second, depth + 1));
  }
  return json::value(std::move(object));
}

}  // namespace

Result<json::value> yaml_to_json(std::string_view yaml) {
  try {
    return convert(YAML::Load(std::string(yaml)), 0);
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::Invalid, std::string("YAML: ") + error.what());
  }
}

}  // namespace warder::manager
