// The TOML side of fields.h: every problem names the file, the line and the key.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "base/fields.h"
#include "base/json.h"
#include "base/text.h"

namespace warder {
namespace {

/// Applies a parsed document to rows, table by table.
class TomlApplier {
 public:
  TomlApplier(std::span<const AnyField> rows, std::string_view file) : rows_(rows), file_(file) {}

  [[nodiscard]] Result<void> apply(const toml::table& table, const std::string& prefix, int depth) const {
    constexpr int kMaxDepth = 8;
    for (const auto& [name, node] : table) {
      const std::string key = prefix + std::string(name.str());
      if (depth > kMaxDepth) return wrong(node, key, "too many levels of tables");
      if (const toml::table* inner = node.as_table()) {
        WD_TRY(apply(*inner, key + ".", depth + 1));
      } else {
        WD_TRY(apply_row(node, key));
      }
    }
    return {};
  }

 private:
  [[nodiscard]] Result<void> apply_row(const toml::node& node, const std::string& key) const {
    if (find_field(rows_, key) == nullptr) return wrong(node, key, "there is no such setting");
    const auto value = to_json(node);
    if (!value) return wrong(node, key, value.error().message);
    // The JSON side checks type, range and choices; its message begins with the pointer "/key", which we replace.
    const auto applied = apply_json(rows_, json::object{{key, *value}});
    if (applied) return {};
    std::string_view message = applied.error().message;
    if (message.starts_with("/" + key)) message.remove_prefix(key.size() + 1);
    if (message.starts_with(": ")) message.remove_prefix(2);
    return wrong(node, key, message);
  }

  static Result<json::value> to_json(const toml::node& node) {
    if (const auto* boolean = node.as_boolean()) return json::value(boolean->get());
    if (const auto* integer = node.as_integer()) return json::value(integer->get());
    if (const auto* text = node.as_string()) return json::value(json::string(text->get()));
    if (const auto* list = node.as_array()) {
      json::array out;
      for (const toml::node& item : *list) {
        const auto* text = item.as_string();
        if (text == nullptr) return fail(ErrorCode::Invalid, "must be a list of strings");
        out.emplace_back(text->get());
      }
      return json::value(std::move(out));
    }
    return fail(ErrorCode::Invalid, "must be true or false, an integer, a string or a list of strings");
  }

  [[nodiscard]] Result<void> wrong(const toml::node& node, std::string_view key, std::string_view message) const {
    return fail(ErrorCode::Invalid, fmt::format("{}:{}: {}: {}", file_, node.source().begin.line, key, message));
  }

  std::span<const AnyField> rows_;
  std::string_view file_;
};

Result<toml::table> parse(std::string_view text, std::string_view name) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::Invalid, fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
}

std::string toml_value(const AnyField& row) {
  struct ToToml {
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const std::int64_t* value) const { return std::to_string(*value); }
    std::string operator()(const std::string* value) const {
      std::string out;
      append_json_string(out, *value);  // a TOML basic string has the escapes of JSON
      return out;
    }
    std::string operator()(const std::vector<std::string>* value) const {
      std::string out = "[";
      for (const std::string& item : *value) {
        if (out.size() > 1) out.append(", ");
        append_json_string(out, item);
      }
      return out + "]";
    }
  };
  return std::visit(ToToml{}, row.value);
}

std::string range_comment(const AnyField& row) {
  if (!row.choices.empty()) return fmt::format("# one of: {}\n", fmt::join(split(row.choices, '|'), ", "));
  if (std::holds_alternative<bool*>(row.value)) return {};
  if (std::holds_alternative<std::int64_t*>(row.value)) return fmt::format("# {}..{}\n", row.min, row.max);
  return {};
}

}  // namespace

Result<void> apply_toml(std::span<const AnyField> rows, std::string_view text, std::string_view name) {
  if (!is_utf8(text)) return fail(ErrorCode::Invalid, fmt::format("{}: not UTF-8", name));
  const toml::table document = WD_TRY(parse(text, name));
  return TomlApplier(rows, name).apply(document, "", 1);
}

std::string to_toml(std::span<const AnyField> rows) {
  std::string out;
  for (const AnyField& row : rows) {
    out.append(fmt::format("# {}\n{}{} = {}\n\n", row.doc, range_comment(row), row.key, toml_value(row)));
  }
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace warder
