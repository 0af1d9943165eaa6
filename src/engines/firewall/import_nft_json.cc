// `nft -j list ruleset`, the objects of libnftables-json(5): written as the lines that `nft list ruleset` would show,
// and read as those are. What has no such line becomes a word that the reader refuses, so that the rule is told as
// lost.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>

#include "base/json.h"
#include "engines/firewall/import_parts.h"

namespace warder::firewall {
namespace {

constexpr unsigned kMaxNesting = 32;
constexpr std::string_view kUnknown = "\"an operation\"";

/// In quotes: no word of a file becomes a brace or a second line.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"') out += c;
  return out + "\"";
}

std::string member_text(const json::value& body, std::string_view key) {
  const auto* found = body.is_object() ? find(body.get_object(), key) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::string value_text(const json::value& value, unsigned depth);

std::string items_text(const json::array& items, std::string_view between, unsigned depth) {
  std::string out;
  for (const json::value& item : items) {
    if (!out.empty()) out += between;
    out += value_text(item, depth + 1);
  }
  return out;
}

std::string verdict_text(const json::value& value) {
  if (!value.is_object() || value.get_object().size() != 1) return std::string(kUnknown);
  const auto member = *value.get_object().begin();
  const std::string target = member_text(member.value(), "target");
  return quoted(member.key()) + (target.empty() ? "" : " " + quoted(target));
}

/// Of a set: a value, {"elem": {"val": …}}, or the pair of a verdict map.
std::string element_text(const json::value& value, unsigned depth) {
  if (value.is_array() && value.get_array().size() == 2)
    return element_text(value.get_array()[0], depth + 1) + " : " + verdict_text(value.get_array()[1]);
  const auto* element = value.is_object() ? find(value.get_object(), "elem") : nullptr;
  const auto* inner = element != nullptr && element->is_object() ? find(element->get_object(), "val") : nullptr;
  return value_text(inner != nullptr ? *inner : value, depth + 1);
}

std::string elements_text(const json::value& items, unsigned depth) {
  std::string out = "{ ";
  if (!items.is_array()) return out + element_text(items, depth) + " }";
  for (const json::value& item : items.get_array()) out += (out.size() > 2 ? ", " : "") + element_text(item, depth);
  return out + " }";
}

std::string expression_text(std::string_view kind, const json::value& body, unsigned depth) {
  if (kind == "meta") return member_text(body, "key");
  if (kind == "ct" && !body.as_object().contains("dir")) return "ct " + member_text(body, "key");
  if (kind == "payload" && !member_text(body, "field").empty())
    return member_text(body, "protocol") + " " + member_text(body, "field");
  if (kind == "set") return elements_text(body, depth);
  if (kind == "range" && body.is_array()) return items_text(body.get_array(), "-", depth);
  if (kind == "prefix" && body.is_object()) {
    const auto* length = find(body.get_object(), "len");
    if (length != nullptr && length->is_number())
      return quoted(member_text(body, "addr")) + "/" + json::serialize(*length);
  }
  return std::string(kUnknown);
}

std::string value_text(const json::value& value, unsigned depth) {
  if (depth > kMaxNesting) return std::string(kUnknown);
  if (value.is_string()) return quoted(value.get_string());
  if (value.is_number()) return json::serialize(value);
  if (value.is_array()) return items_text(value.get_array(), ",", depth);
  if (!value.is_object() || value.get_object().size() != 1) return std::string(kUnknown);
  const auto member = *value.get_object().begin();
  const bool needs_object = member.key() == "ct";
  if (needs_object && !member.value().is_object()) return std::string(kUnknown);
  return expression_text(member.key(), member.value(), depth + 1);
}

std::string match_text(const json::value& body) {
  const auto* left = body.is_object() ? find(body.get_object(), "left") : nullptr;
  const auto* right = body.is_object() ? find(body.get_object(), "right") : nullptr;
  if (left == nullptr || right == nullptr) return std::string(kUnknown);
  const std::string op = member_text(body, "op");
  const std::string written = op == "==" || op == "in" ? "" : op == "!=" ? "!= " : quoted(op) + " ";
  return value_text(*left, 0) + " " + written + value_text(*right, 0);
}

std::string map_text(const json::value& body) {
  const auto* key = body.is_object() ? find(body.get_object(), "key") : nullptr;
  const auto* data = body.is_object() ? find(body.get_object(), "data") : nullptr;
  if (key == nullptr || data == nullptr) return std::string(kUnknown);
  return value_text(*key, 0) + " vmap " + value_text(*data, 0);
}

std::string statement_text(std::string_view kind, const json::value& body) {
  if (kind == "match") return match_text(body);
  if (kind == "vmap") return map_text(body);
  if (kind == "counter" || kind == "log") return std::string(kind);
  if (kind == "accept" || kind == "drop" || kind == "return" || kind == "continue" || kind == "reject")
    return std::string(kind);
  if (kind == "jump" || kind == "goto") return fmt::format("{} {}", kind, quoted(member_text(body, "target")));
  return quoted(kind);
}

class Listing {
 public:
  void take(const json::value& object, std::size_t index) {
    if (!object.is_object() || object.get_object().size() != 1) return;
    const auto member = *object.get_object().begin();
    const std::string_view kind = member.key();
    const json::value& body = member.value();
    if (kind == "chain") chain(body, index);
    if (kind == "rule") rule(body, index);
    if (kind == "set" || kind == "map") set(body, index);
  }

  Result<Imported> import() {
    std::string text;
    std::vector<std::size_t> indexes;
    const auto write = [&](const std::string& line, std::size_t index) {
      text += line + "\n";
      indexes.push_back(index);
    };
    for (const auto& [table, content] : tables_) {
      write("table " + table + " {", 0);
      for (const auto* lines : {&content.sets, &content.chains}) {
        for (const auto& [name, block] : *lines) {
          for (const Line& line : block) write(line.text, line.index);
          write("}", 0);
        }
      }
      write("}", 0);
    }
    if (text.empty()) text = "table inet empty {\n}\n";
    Imported out = WD_TRY(import_nft(text));
    name_places(out, indexes);
    return out;
  }

 private:
  struct Line {
    std::string text;
    std::size_t index = 0;
  };
  using Blocks = std::map<std::string, std::vector<Line>>;
  struct Content {
    Blocks sets, chains;
  };

  Content& table_of(const json::value& body) {
    return tables_[quoted(member_text(body, "family")) + " " + quoted(member_text(body, "table"))];
  }

  void chain(const json::value& body, std::size_t index) {
    const std::string name = member_text(body, "name");
    std::vector<Line>& lines = table_of(body).chains[name];
    lines.insert(lines.begin(), {"chain " + quoted(name) + " {", index});
    if (const std::string hook = member_text(body, "hook"); !hook.empty())
      lines.insert(lines.begin() + 1, {fmt::format("type {} hook {}; policy {};", quoted(member_text(body, "type")),
                                                   quoted(hook), quoted(member_text(body, "policy"))),
                                       index});
  }

  void rule(const json::value& body, std::size_t index) {
    const auto* expressions = body.is_object() ? find(body.get_object(), "expr") : nullptr;
    if (expressions == nullptr || !expressions->is_array()) return;
    std::string line;
    for (const json::value& each : expressions->get_array()) {
      const bool is_one = each.is_object() && each.get_object().size() == 1;
      line += is_one ? statement_text(each.get_object().begin()->key(), each.get_object().begin()->value()) + " "
                     : std::string(kUnknown) + " ";
    }
    if (const std::string comment = member_text(body, "comment"); !comment.empty())
      line += "comment " + quoted(comment);
    std::vector<Line>& lines = table_of(body).chains[member_text(body, "chain")];
    if (lines.empty()) lines.push_back({"chain " + quoted(member_text(body, "chain")) + " {", index});
    lines.push_back({line.empty() ? std::string(kUnknown) : line, index});
  }

  void set(const json::value& body, std::size_t index) {
    const std::string name = member_text(body, "name");
    std::vector<Line>& lines = table_of(body).sets[name];
    if (!lines.empty()) return;  // one of that name is known
    lines.push_back({"set " + quoted(name) + " {", index});
    const bool is_map = body.is_object() && body.get_object().contains("map");
    lines.push_back({"type " + quoted(is_map ? "map" : member_text(body, "type")), index});
    const auto* elements = body.is_object() ? find(body.get_object(), "elem") : nullptr;
    if (elements != nullptr) lines.push_back({"elements = " + elements_text(*elements, 0), index});
  }

  /// "line 7" of the text is the object it was made of.
  static void name_places(Imported& out, const std::vector<std::size_t>& indexes) {
    constexpr std::string_view kLine = "line ";
    for (ImportNote& note : out.notes) {
      if (!note.place.starts_with(kLine)) continue;
      const std::size_t number = std::strtoul(note.place.c_str() + kLine.size(), nullptr, 10);
      if (number >= 1 && number <= indexes.size()) note.place = fmt::format("/nftables/{}", indexes[number - 1]);
    }
  }

  std::map<std::string, Content> tables_;
};

}  // namespace

Result<Imported> import_nft_json(const json::object& document) {
  const auto* objects = find(document, "nftables");
  if (objects == nullptr || !objects->is_array()) return fail(ErrorCode::Invalid, "/nftables: a list is needed");
  Listing listing;
  std::size_t index = 0;
  for (const json::value& each : objects->get_array()) listing.take(each, index++);
  return listing.import();
}

}  // namespace warder::firewall
