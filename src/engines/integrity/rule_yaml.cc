#include "engines/integrity/rule_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxNesting = 64;  // of flow brackets; the library recurses

std::string place(const YAML::Node& node) {
  return fmt::format("line {}", node.Mark().line + 1);
}

tl::unexpected<Error> wrong(const YAML::Node& node, std::string_view what) {
  return fail(ErrorCode::Invalid, fmt::format("rules: {}: {}", place(node), what));
}

Result<std::string> scalar(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar()) return wrong(node, fmt::format("{}: not a text", key));
  return node.Scalar();
}

Result<std::vector<std::string>> list(const YAML::Node& node, std::string_view key) {
  if (node.IsNull()) return std::vector<std::string>{};
  if (node.IsScalar()) return std::vector<std::string>{node.Scalar()};
  if (!node.IsSequence()) return wrong(node, fmt::format("{}: not a list", key));
  std::vector<std::string> all;
  for (const YAML::Node& each : node) all.push_back(WD_TRY(scalar(each, key)));
  return all;
}

class Loader {
 public:
  explicit Loader(const RuleDefaults& defaults) : defaults_(defaults) {}

  Result<RuleSet> load(const YAML::Node& root) {
    RuleSet rules;
    if (root.IsSequence()) {
      WD_TRY(read_rules(root, rules));
    } else if (!root.IsMap()) {
      return wrong(root, "neither a mapping nor a list of rules");
    } else if (root["rules"]) {
      if (!root["rules"].IsSequence()) return wrong(root, "rules: not a list");
      for (const auto& each : root) {
        const std::string key = each.first.Scalar();
        if (key != "rules" && key != "version" && key != "name" && key != "description")
          return wrong(each.first, fmt::format("{}: not known here", key));
      }
      WD_TRY(read_rules(root["rules"], rules));
    } else {
      rules.rules.push_back(WD_TRY(read_rule(root)));
    }
    WD_TRY(complete(rules, defaults_).in("rules"));
    return rules;
  }

 private:
  Result<void> read_rules(const YAML::Node& node, RuleSet& rules) {
    for (const YAML::Node& each : node) rules.rules.push_back(WD_TRY(read_rule(each)));
    return {};
  }

  // A rule, or one bare set: {FileSet: {…}}.
  Result<Rule> read_rule(const YAML::Node& node) {
    if (!node.IsMap()) return wrong(node, "a rule is a mapping");
    Rule rule;
    for (const auto& each : node) {
      const std::string key = WD_TRY(scalar(each.first, "key"));
      const YAML::Node& value = each.second;
      if (find_set_kind(key)) {
        WD_TRY(read_sets_of_kind(*find_set_kind(key), value, rule));
      } else if (key == "id") {
        rule.id = WD_TRY(scalar(value, key));
      } else if (key == "name") {
        rule.name = WD_TRY(scalar(value, key));
      } else if (key == "severity") {
        rule.severity = WD_TRY(parse_severity(WD_TRY(scalar(value, key))).in("rules: " + place(value)));
      } else if (key == "recommended_for") {
        rule.recommended_for = WD_TRY(list(value, key));
      } else if (key == "sets") {
        if (!value.IsSequence()) return wrong(value, "sets: not a list");
        for (const YAML::Node& set : value) WD_TRY(read_set_entry(set, rule));
      } else if (key != "description") {
        return wrong(each.first, fmt::format("{}: not known of a rule", key));
      }
    }
    return rule;
  }

  Result<void> read_set_entry(const YAML::Node& node, Rule& rule) {
    if (!node.IsMap() || node.size() != 1) return wrong(node, "a set is a mapping of its kind: FileSet: {base: …}");
    const auto& only = *node.begin();
    const std::string kind = WD_TRY(scalar(only.first, "kind"));
    if (!find_set_kind(kind)) return wrong(only.first, fmt::format("{}: no such entity set", kind));
    return read_sets_of_kind(*find_set_kind(kind), only.second, rule);
  }

  Result<void> read_sets_of_kind(SetKind kind, const YAML::Node& node, Rule& rule) {
    if (node.IsSequence()) {
      for (const YAML::Node& each : node) rule.sets.push_back(WD_TRY(read_set(kind, each)));
      return {};
    }
    rule.sets.push_back(WD_TRY(read_set(kind, node)));
    return {};
  }

  Result<EntitySet> read_set(SetKind kind, const YAML::Node& node) {
    EntitySet set;
    set.kind = kind;
    bool has_attributes = false;
    if (!node.IsMap() && !node.IsNull()) return wrong(node, "a set is a mapping");
    if (node.IsMap()) {
      for (const auto& each : node) WD_TRY(read_member(set, each.first, each.second, has_attributes));
    }
    if (!has_attributes) add_standard(set, defaults_);
    return set;
  }

  Result<void> read_member(EntitySet& set, const YAML::Node& name, const YAML::Node& value, bool& has_attributes) {
    const std::string key = WD_TRY(scalar(name, "key"));
    const std::string where = "rules: " + place(value) + ": " + key;
    if (key == "base") {
      set.base = WD_TRY(expand_variables(WD_TRY(scalar(value, key)), defaults_).in(where));
    } else if (key == "on_change") {
      set.on_change = WD_TRY(parse_flag(WD_TRY(scalar(value, key))).in(where));
    } else if (key == "follow_links") {
      set.follow_links = WD_TRY(parse_flag(WD_TRY(scalar(value, key))).in(where));
    } else if (key == "diff") {
      set.diff = WD_TRY(parse_flag(WD_TRY(scalar(value, key))).in(where));
    } else if (key == "include") {
      WD_TRY(read_conditions(value, set.includes));
    } else if (key == "exclude") {
      WD_TRY(read_conditions(value, set.excludes));
    } else if (key == "attributes") {
      has_attributes = true;
      for (const std::string& each : WD_TRY(list(value, key))) WD_TRY(add_attribute(set, each, defaults_).in(where));
    } else {
      return wrong(name, fmt::format("{}: not known of a set", key));
    }
    return {};
  }

  Result<void> read_conditions(const YAML::Node& node, std::vector<Condition>& conditions) {
    if (!node.IsSequence()) {
      conditions.push_back(WD_TRY(read_condition(node)));
      return {};
    }
    for (const YAML::Node& each : node) conditions.push_back(WD_TRY(read_condition(each)));
    return {};
  }

  Result<Condition> read_condition(const YAML::Node& node) {
    Condition condition;
    if (node.IsScalar()) {
      condition.key = WD_TRY(expand_variables(node.Scalar(), defaults_));
      return condition;
    }
    if (!node.IsMap()) return wrong(node, "a condition is a key pattern or a mapping of tests");
    for (const auto& each : node) {
      const std::string feature = WD_TRY(scalar(each.first, "test"));
      const std::string value = WD_TRY(expand_variables(WD_TRY(scalar(each.second, feature)), defaults_));
      if (feature == "key") {
        condition.key = value;
      } else {
        condition.features[to_lower_ascii(feature)] = value;
      }
    }
    return condition;
  }

  const RuleDefaults& defaults_;
};

// The library goes down its own stack with each bracket and each indentation.
bool is_too_deep(std::string_view text) {
  std::size_t open = 0;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t indent = line.find_first_not_of(" -?");
    if (indent != std::string_view::npos && indent > 4 * kMaxNesting) return true;
    for (const char c : line) {
      if (c == '[' || c == '{') ++open;
      if ((c == ']' || c == '}') && open > 0) --open;
      if (open > kMaxNesting) return true;
    }
  }
  return false;
}

}  // namespace

Result<RuleSet> load_yaml_rules(std::string_view text, const RuleDefaults& defaults) {
  if (is_too_deep(text)) return fail(ErrorCode::TooLarge, "rules: nested too deeply");
  // An alias may stand for more than it is long; rules need none.
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    return Loader(defaults).load(root);
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::Invalid, fmt::format("rules: line {}: {}", error.mark.line + 1, error.msg));
  }
}

}  // namespace warder::integrity
