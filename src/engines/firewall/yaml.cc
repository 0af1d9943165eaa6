#include "engines/firewall/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/json.h"
#include "base/text.h"

namespace warder::firewall {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxValues = 1'000'000;

class Converter {
 public:
  Result<json::value> convert(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, place(node) + "nested too deep");
    if (++values_ > kMaxValues) return fail(ErrorCode::TooLarge, place(node) + "too many values");
    if (node.IsScalar()) return scalar(node);
    if (node.IsSequence()) {
      json::array array;
      for (const YAML::Node& item : node) array.push_back(WD_TRY(convert(item, depth + 1)));
      return json::value(std::move(array));
    }
    if (!node.IsMap()) return json::value(nullptr);
    json::object object;
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) return fail(ErrorCode::Invalid, place(pair.first) + "a key must be text");
      const std::string& key = pair.first.Scalar();
      if (object.contains(key))
        return fail(ErrorCode::Invalid, place(pair.first) + fmt::format("\"{}\" stands here twice", key));
      object[key] = WD_TRY(convert(pair.second, depth + 1));
    }
    return json::value(std::move(object));
  }

 private:
  static std::string place(const YAML::Node& node) {
    const YAML::Mark mark = node.Mark();
    return fmt::format("line {}, column {}: ", mark.line + 1, mark.column + 1);
  }

  /// YAML 1.2.2 §10.3: only plain scalars are anything but text.
  static json::value scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return json::value(text);
    if (text == "null" || text == "~" || text.empty()) return nullptr;
    if (text == "true" || text == "false") return text == "true";
    if (const auto integer = parse_integer<std::int64_t>(text)) return *integer;
    return json::value(text);
  }

  std::size_t values_ = 0;
};

}  // namespace

Result<json::value> parse_document(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) return fail(ErrorCode::TooLarge, "larger than 64 MiB");
  const std::string_view body = trim(text);
  if (body.starts_with('{') || body.starts_with('[')) {
    auto parsed = parse_json(text, kMaxDocumentBytes, kMaxDepth);
    // YAML's flow style begins alike: {rules: []}. Only where that fails too is the JSON parser's word the better one.
    if (parsed || body.size() > (1 << 20)) return parsed;
  }
  if (!is_utf8(text)) return fail(ErrorCode::Invalid, "not UTF-8");
  try {
    return Converter().convert(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::Invalid,
                fmt::format("line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1, error.msg));
  }
}

}  // namespace warder::firewall
