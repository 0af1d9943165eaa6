#include "engines/integrity/rule_xml.h"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <functional>
#include <memory>

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr int kMaxDepth = 16;  // of elements around sets

struct DocumentCloser {
  void operator()(xmlDoc* document) const noexcept { xmlFreeDoc(document); }
};
struct ContextCloser {
  void operator()(xmlParserCtxt* context) const noexcept { xmlFreeParserCtxt(context); }
};
struct TextCloser {
  void operator()(xmlChar* text) const noexcept { xmlFree(text); }
};
using Document = std::unique_ptr<xmlDoc, DocumentCloser>;

std::string text_of(const xmlChar* text) {
  std::string copy;
  for (; text != nullptr && *text != 0; ++text) copy += static_cast<char>(*text);
  return copy;
}

std::string content_of(xmlNode* node) {
  const std::unique_ptr<xmlChar, TextCloser> text(xmlNodeGetContent(node));
  return text_of(text.get());
}

std::string name_of(const xmlNode* node) {
  return text_of(node->name);
}

std::string place(const xmlNode* node) {
  return fmt::format("line {}: {}", xmlGetLineNo(node), name_of(node));
}

Result<void> for_each_element(xmlNode* parent, const std::function<Result<void>(xmlNode*)>& each) {
  for (xmlNode* node = parent->children; node != nullptr; node = node->next)
    if (node->type == XML_ELEMENT_NODE) WD_TRY(each(node));
  return {};
}

Result<void> for_each_attribute(xmlNode* node,
                                const std::function<Result<void>(const std::string&, const std::string&)>& each) {
  for (xmlAttr* attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
    const std::string name = text_of(attribute->name);
    const std::unique_ptr<xmlChar, TextCloser> value(xmlNodeListGetString(node->doc, attribute->children, 1));
    WD_TRY(each(name, text_of(value.get())).in(fmt::format("{} {}", place(node), name)));
  }
  return {};
}

Result<Document> parse(std::string_view text) {
  // The form allows several elements side by side; XML does not.
  std::string_view body = text;
  if (body.starts_with("<?xml")) {
    const auto end = body.find("?>");
    if (end == std::string_view::npos) return fail(ErrorCode::Invalid, "rules: line 1: \"<?xml\" does not end");
    body = body.substr(end + 2);
  }
  const std::string whole = "<warder>" + std::string(body) + "</warder>";
  const std::unique_ptr<xmlParserCtxt, ContextCloser> context(xmlNewParserCtxt());
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
  Document document(
      xmlCtxtReadMemory(context.get(), whole.data(), static_cast<int>(whole.size()), "rules", "UTF-8", kOptions));
  if (document == nullptr) {
    const xmlError* error = xmlCtxtGetLastError(context.get());
    if (error == nullptr || error->message == nullptr) return fail(ErrorCode::Invalid, "rules: no XML");
    return fail(ErrorCode::Invalid, fmt::format("rules: line {}: {}", error->line, trim(error->message)));
  }
  if (document->intSubset != nullptr) return fail(ErrorCode::Invalid, "rules: a DOCTYPE is not read");
  return document;
}

class Loader {
 public:
  explicit Loader(const RuleDefaults& defaults) : defaults_(defaults) {}

  Result<RuleSet> load(xmlNode* root) {
    Rule bare;
    RuleSet rules;
    WD_TRY(for_each_element(root, [&](xmlNode* node) { return read(node, bare, rules, 0); }));
    if (!bare.sets.empty()) rules.rules.insert(rules.rules.begin(), std::move(bare));
    WD_TRY(complete(rules, defaults_).in("rules"));
    return rules;
  }

 private:
  static bool is_rule(const std::string& name) {
    const std::string lower = to_lower_ascii(name);
    return lower == "rule" || lower.ends_with("rule");
  }

  Result<void> read(xmlNode* node, Rule& around, RuleSet& rules, int depth) {
    const std::string name = name_of(node);
    if (find_set_kind(name)) return read_set(node, around);
    if (name.ends_with("Set")) return fail(ErrorCode::Invalid, place(node) + ": no such entity set on this system");
    if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, place(node) + ": nested too deeply");
    if (!is_rule(name)) {
      return for_each_element(node, [&](xmlNode* child) { return read(child, around, rules, depth + 1); });
    }
    Rule rule;
    WD_TRY(for_each_attribute(
        node, [&](const std::string& key, const std::string& value) { return read_property(rule, key, value); }));
    WD_TRY(for_each_element(node, [&](xmlNode* child) -> Result<void> {
      if (find_set_kind(name_of(child)) || name_of(child).ends_with("Set")) return read_set_of(child, rule);
      return read_rule_child(child, rule, rules, depth);
    }));
    rules.rules.push_back(std::move(rule));
    return {};
  }

  Result<void> read_set_of(xmlNode* node, Rule& rule) {
    if (!find_set_kind(name_of(node)))
      return fail(ErrorCode::Invalid, place(node) + ": no such entity set on this system");
    return read_set(node, rule);
  }

  // <name>…</name> and the like, or an element around the sets.
  Result<void> read_rule_child(xmlNode* node, Rule& rule, RuleSet& rules, int depth) {
    bool has_elements = false;
    WD_TRY(for_each_element(node, [&](xmlNode*) -> Result<void> {
      has_elements = true;
      return {};
    }));
    if (has_elements) return read(node, rule, rules, depth + 1);
    return read_property(rule, name_of(node), std::string(trim(content_of(node)))).in(place(node));
  }

  // What other members an export has says nothing that is watched.
  static Result<void> read_property(Rule& rule, const std::string& key, const std::string& value) {
    const std::string lower = to_lower_ascii(key);
    if (lower == "id" || lower == "identifier") rule.id = value;
    if (lower == "name") rule.name = value;
    if (lower == "severity") rule.severity = WD_TRY(parse_severity(to_lower_ascii(value)));
    if (lower == "recommendedfor")
      for (const std::string_view each : split(value, ','))
        if (!trim(each).empty()) rule.recommended_for.emplace_back(trim(each));
    return {};
  }

  Result<void> read_set(xmlNode* node, Rule& rule) {
    EntitySet set;
    set.kind = *find_set_kind(name_of(node));
    WD_TRY(for_each_attribute(node, [&](const std::string& key, const std::string& value) -> Result<void> {
      if (equals_ignoring_case(key, "base")) {
        set.base = WD_TRY(expand_variables(value, defaults_));
      } else if (equals_ignoring_case(key, "onChange")) {
        set.on_change = WD_TRY(parse_flag(value));
      } else if (equals_ignoring_case(key, "followLinks")) {
        set.follow_links = WD_TRY(parse_flag(value));
      } else if (equals_ignoring_case(key, "diff")) {
        set.diff = WD_TRY(parse_flag(value));
      } else {
        return fail(ErrorCode::Invalid, "not an attribute of an entity set");
      }
      return {};
    }));
    bool has_attributes = false;
    WD_TRY(for_each_element(node, [&](xmlNode* child) -> Result<void> {
      const std::string name = to_lower_ascii(name_of(child));
      if (name == "include") return read_condition(child, set.includes);
      if (name == "exclude") return read_condition(child, set.excludes);
      if (name != "attributes") return fail(ErrorCode::Invalid, place(child) + ": not part of an entity set");
      has_attributes = true;
      return for_each_element(
          child, [&](xmlNode* each) { return add_attribute(set, name_of(each), defaults_).in(place(each)); });
    }));
    if (!has_attributes) add_standard(set, defaults_);
    if (is_of_files(set.kind) && set.base.empty()) return fail(ErrorCode::Invalid, place(node) + ": base is missing");
    rule.sets.push_back(std::move(set));
    return {};
  }

  // <include key="*.conf" owner="root"/>; a test may also be an element of its own: <key pattern="*.conf"/>.
  Result<void> read_condition(xmlNode* node, std::vector<Condition>& conditions) {
    Condition condition;
    const auto add = [&](const std::string& key, const std::string& value) -> Result<void> {
      const std::string expanded = WD_TRY(expand_variables(value, defaults_));
      if (equals_ignoring_case(key, "key")) {
        condition.key = expanded;
      } else {
        condition.features[to_lower_ascii(key)] = expanded;
      }
      return {};
    };
    WD_TRY(for_each_attribute(node, add));
    WD_TRY(for_each_element(node, [&](xmlNode* child) -> Result<void> {
      std::string value = std::string(trim(content_of(child)));
      std::string key = name_of(child);
      WD_TRY(for_each_attribute(child, [&](const std::string& name, const std::string& text) -> Result<void> {
        if (name == "name") key = text;
        if (name == "pattern" || name == "value" || name == "key") value = text;
        return {};
      }));
      return add(key, value);
    }));
    conditions.push_back(std::move(condition));
    return {};
  }

  const RuleDefaults& defaults_;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
      case '\t':
      case '\r':
        out += fmt::format("&#{};", static_cast<int>(c));
        break;
      default:
        out += c;
    }
  }
  return out;
}

void append_conditions(std::string& out, std::string_view word, const std::vector<Condition>& conditions) {
  for (const Condition& each : conditions) {
    out += fmt::format("<{} key=\"{}\"", word, escaped(each.key));
    for (const auto& [feature, value] : each.features) out += fmt::format(" {}=\"{}\"", feature, escaped(value));
    out += "/>";
  }
}

void append_set(std::string& out, const EntitySet& set) {
  out += fmt::format("<{}", name(set.kind));
  if (!set.base.empty()) out += fmt::format(" base=\"{}\"", escaped(set.base));
  if (set.on_change) out += fmt::format(" onChange=\"{}\"", *set.on_change);
  if (set.follow_links) out += " followLinks=\"true\"";
  if (set.diff) out += " diff=\"true\"";
  out += "><attributes>";
  for (const AttributeName& each : attribute_names())
    if (contains(set.attributes, each.attribute)) out += fmt::format("<{}/>", each.rule_name);
  for (const std::string& each : set.properties) out += fmt::format("<{}/>", each);
  out += "</attributes>";
  append_conditions(out, "include", set.includes);
  append_conditions(out, "exclude", set.excludes);
  out += fmt::format("</{}>", name(set.kind));
}

}  // namespace

Result<RuleSet> load_xml_rules(std::string_view text, const RuleDefaults& defaults) {
  const Document document = WD_TRY(parse(text));
  return Loader(defaults).load(xmlDocGetRootElement(document.get()));
}

std::string to_xml(const RuleSet& rules) {
  std::string out = "<rules>";
  for (const Rule& rule : rules.rules) {
    out += fmt::format("<rule id=\"{}\" name=\"{}\" severity=\"{}\">", escaped(rule.id), escaped(rule.name),
                       name(rule.severity));
    for (const EntitySet& set : rule.sets) append_set(out, set);
    out += "</rule>\n";
  }
  return out + "</rules>\n";
}

}  // namespace warder::integrity
