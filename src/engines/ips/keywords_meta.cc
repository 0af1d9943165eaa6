// Keywords that say what a rule is rather than what it matches.
#include <algorithm>

#include "base/text.h"
#include "engines/ips/comparison.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

constexpr int kClaimedMajor = 8;  // the Suricata release whose language this is

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

Result<void> msg(RuleBuilder& builder, std::string_view value) {
  builder.rule().message = unescaped(unquoted(value));
  return {};
}

template <class Integer>
Result<void> whole(std::string_view value, Integer& target, std::string_view what) {
  const auto number = parse_integer<Integer>(unquoted(value));
  if (!number) return fail(ErrorCode::Invalid, std::string(what) + ": \"" + std::string(value) + "\" is not a number");
  target = *number;
  return {};
}

Result<void> sid(RuleBuilder& builder, std::string_view value) {
  return whole(value, builder.rule().sid, "sid");
}
Result<void> rev(RuleBuilder& builder, std::string_view value) {
  return whole(value, builder.rule().rev, "rev");
}
Result<void> gid(RuleBuilder& builder, std::string_view value) {
  return whole(value, builder.rule().gid, "gid");
}
Result<void> priority(RuleBuilder& builder, std::string_view value) {
  std::uint8_t number = 0;
  if (auto read = whole(value, number, "priority"); !read) return read;
  if (number == 0) return fail(ErrorCode::Invalid, "priority: 0 is not in 1..255");
  builder.rule().priority = number;
  return {};
}

Result<void> classtype(RuleBuilder& builder, std::string_view value) {
  auto& rule = builder.rule();
  rule.classtype = unquoted(value);
  const auto& known = builder.context().class_priorities;
  const auto found = known.find(rule.classtype);
  if (found != known.end()) rule.priority = found->second;
  return {};
}

Result<void> reference(RuleBuilder& builder, std::string_view value) {
  const auto comma = value.find(',');
  if (comma == std::string_view::npos) return fail(ErrorCode::Invalid, "reference needs a kind and an id");
  builder.rule().references.emplace_back(trim(value.substr(0, comma)), unquoted(trim(value.substr(comma + 1))));
  return {};
}

Result<void> metadata(RuleBuilder& builder, std::string_view value) {
  for (const auto part : split_arguments(value)) {
    const auto space = part.find_first_of(" \t");
    const auto key = part.substr(0, space);
    const auto rest = space == std::string_view::npos ? std::string_view{} : trim(part.substr(space));
    if (!key.empty()) builder.rule().metadata.emplace_back(key, rest);
  }
  return {};
}

Result<void> noalert(RuleBuilder& builder, std::string_view /*value*/) {
  builder.rule().is_silent = true;
  return {};
}
Result<void> alert(RuleBuilder& builder, std::string_view /*value*/) {
  builder.rule().is_silent = false;
  builder.rule().alerts_on_pass = true;
  return {};
}

Result<void> ignored(RuleBuilder& /*builder*/, std::string_view /*value*/) {
  return {};
}

/// "8.0.3" against the release that this language is: true when `wanted` holds.
bool version_holds(std::string_view expression) {
  for (const std::string_view op : {">=", "<=", ">", "<", "="}) {
    if (!expression.starts_with(op)) continue;
    const auto text = trim(expression.substr(op.size()));
    const auto major = parse_integer<int>(text.substr(0, text.find('.'))).value_or(0);
    const bool is_equal = major == kClaimedMajor;
    if (op == ">=") return kClaimedMajor >= major;
    if (op == "<=") return kClaimedMajor <= major;
    if (op == ">") return kClaimedMajor > major || is_equal;
    if (op == "<") return kClaimedMajor < major;
    return is_equal;
  }
  return false;
}

/// "version >= 7.0.4 < 8 | >= 8.0.3": alternatives of conjunctions.
bool versions_hold(std::string_view text) {
  for (auto alternative : split(text, '|')) {
    bool holds = true;
    alternative = trim(alternative);
    while (!alternative.empty() && holds) {
      const auto digits = alternative.find_first_of("0123456789");
      if (digits == std::string_view::npos) return false;
      const auto end = alternative.find_first_not_of("0123456789.", digits);
      holds = version_holds(alternative.substr(0, end));
      alternative = end == std::string_view::npos ? std::string_view{} : trim(alternative.substr(end));
    }
    if (holds) return true;
  }
  return false;
}

/// A rule whose needs this engine does not meet is left out, which is not an error of the rule: NotFound says so.
Result<void> needs(RuleBuilder& /*builder*/, std::string_view value) {
  const auto unmet = [&](std::string_view what) {
    return fail(ErrorCode::NotFound, "requires " + std::string(what) + ": not met");
  };
  const auto keywords = all_keywords();
  for (const auto part : split_arguments(value)) {
    const auto space = part.find(' ');
    const auto name = part.substr(0, space);
    const auto argument = space == std::string_view::npos ? std::string_view{} : trim(part.substr(space));
    if (name == "version") {
      if (!versions_hold(argument)) return unmet(part);
    } else if (name == "keyword") {
      if (std::ranges::find(keywords, argument, &KeywordDoc::name) == keywords.end()) return unmet(part);
    } else {
      return unmet(part);
    }
  }
  return {};
}

constexpr KeywordRow kRows[] = {
    {"msg", msg, "what the alert says"},
    {"sid", sid, "number of the rule"},
    {"rev", rev, "revision of the rule"},
    {"gid", gid, "group that the number belongs to"},
    {"priority", priority, "1 (highest) to 255"},
    {"classtype", classtype, "class of the rule, which gives it a priority"},
    {"reference", reference, "where to read more"},
    {"metadata", metadata, "keys and values"},
    {"target", ignored, "which side is attacked; kept as text only"},
    {"noalert", noalert, "matches without an alert"},
    {"alert", alert, "alerts after all"},
    {"requires", needs, "version, features and keywords that the rule needs"},
    {"tag", ignored, "log more packets; not done"},
    {"logto", ignored, "a file of its own; not done"},
    {"filestore", ignored, "store files; not done"},
    {"replace", ignored, "rewrite the packet; not done"},
    {"config", ignored, "change the configuration of a flow; not done"},
    {"rem", ignored, "a remark"},
    {"soid", ignored, "id of a shared-object rule"},
    {"service", ignored, "services that the rule is for (Snort 3); the buffers say the same"},
    {"gid_sid", ignored, "an older way to write both"},
};

}  // namespace

std::span<const KeywordRow> meta_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
