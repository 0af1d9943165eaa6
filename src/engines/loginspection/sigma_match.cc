#include <algorithm>
#include <charconv>

#include "engines/loginspection/sigma.h"
#include "rules/required_literals.h"

namespace warder::loginspection {

namespace {

/// "name=value" or "name="value"" of an audit record.
std::optional<std::string_view> value_in_text(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t equals = at + name.size();
    const bool is_word = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\x1d';
    if (!is_word || equals >= text.size() || text[equals] != '=') continue;
    const std::string_view value = text.substr(equals + 1);
    if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
    return value.substr(0, value.find_first_of(" \x1d"));
  }
  return std::nullopt;
}

bool compare(SigmaValue::Kind kind, std::string_view text, double wanted) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  if (kind == SigmaValue::Kind::Less) return number < wanted;
  if (kind == SigmaValue::Kind::LessOrEqual) return number <= wanted;
  if (kind == SigmaValue::Kind::Greater) return number > wanted;
  return number >= wanted;
}

bool has_value(const SigmaValue& wanted, const std::optional<std::string_view>& value, const Event& event,
               rules::Captures& captures) {
  switch (wanted.kind) {
    case SigmaValue::Kind::Null:
      return !value || value->empty();
    case SigmaValue::Kind::There:
      return value.has_value() == wanted.is_wanted;
    case SigmaValue::Kind::Pattern:
      return value && wanted.pattern->match(*value, captures);
    case SigmaValue::Kind::Network:
      return value && wanted.network.contains(*value);
    case SigmaValue::Kind::OtherField: {
      const auto other = value_of(wanted.other, event);
      return value && other && *value == *other;
    }
    case SigmaValue::Kind::Less:
    case SigmaValue::Kind::LessOrEqual:
    case SigmaValue::Kind::Greater:
    case SigmaValue::Kind::GreaterOrEqual:
      return value && compare(wanted.kind, *value, wanted.number);
  }
  return false;
}

bool holds(const SigmaNode& node, const Event& event, rules::Captures& captures) {
  const auto inner = [&](const SigmaNode& child) { return holds(child, event, captures); };
  switch (node.kind) {
    case SigmaNode::Kind::All:
      return std::all_of(node.children.begin(), node.children.end(), inner);
    case SigmaNode::Kind::Any:
      return std::any_of(node.children.begin(), node.children.end(), inner);
    case SigmaNode::Kind::Not:
      return !inner(node.children.front());
    case SigmaNode::Kind::Field:
    case SigmaNode::Kind::Keyword:
      break;
  }
  const auto value =
      node.kind == SigmaNode::Kind::Keyword ? std::optional(event.value(field::kLog)) : value_of(node.field, event);
  const auto is_there = [&](const SigmaValue& wanted) { return has_value(wanted, value, event, captures); };
  return node.needs_all_values ? std::all_of(node.values.begin(), node.values.end(), is_there)
                               : std::any_of(node.values.begin(), node.values.end(), is_there);
}

bool comes_from(const SigmaSource& source, const Event& event) {
  if (source.is_web && event.category != Category::WebLog) return false;
  if (source.is_audit && event.value(field::kLog).find("msg=audit(") == std::string_view::npos &&
      event.value(field::kProgramName) != "audit" && event.value(field::kProgramName) != "auditd") {
    return false;
  }
  if (source.programs.empty()) return true;
  std::string program(event.value(field::kProgramName));
  std::transform(program.begin(), program.end(), program.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::any_of(source.programs.begin(), source.programs.end(),
                     [&](const std::string& wanted) { return program.starts_with(wanted); });
}

using Literals = std::optional<std::vector<std::string>>;

std::size_t shortest(const std::vector<std::string>& texts) noexcept {
  std::size_t size = std::string::npos;
  for (const auto& text : texts) size = std::min(size, text.size());
  return size;
}

Literals best_of(Literals a, Literals b) {
  if (!a) return b;
  if (!b) return a;
  return shortest(*a) >= shortest(*b) ? std::move(a) : std::move(b);
}

Literals any_of(std::vector<Literals> parts) {
  std::vector<std::string> all;
  for (auto& part : parts) {
    if (!part) return std::nullopt;
    all.insert(all.end(), part->begin(), part->end());
  }
  return all.empty() ? Literals() : Literals(std::move(all));
}

/// Strings of which one must be in the line, or in a value of it, for the node to hold.
Literals needed(const SigmaNode& node) {
  std::vector<Literals> parts;
  if (node.kind == SigmaNode::Kind::Not) return std::nullopt;
  if (node.kind == SigmaNode::Kind::Field || node.kind == SigmaNode::Kind::Keyword) {
    for (const SigmaValue& value : node.values) {
      parts.push_back(value.pattern ? rules::required_literals(value.pattern->expression()) : std::nullopt);
    }
  } else {
    for (const SigmaNode& child : node.children) parts.push_back(needed(child));
  }
  const bool takes_all = node.kind == SigmaNode::Kind::All || node.needs_all_values;
  if (!takes_all) return any_of(std::move(parts));
  Literals best;
  for (auto& part : parts) best = best_of(std::move(best), std::move(part));
  return best;
}

}  // namespace

std::optional<std::string_view> value_of(const SigmaField& wanted, const Event& event) {
  for (const FieldId id : wanted.ids) {
    if (event.has(id)) return event.value(id);
  }
  if (wanted.is_in_text) return value_in_text(event.value(field::kLog), wanted.name);
  return std::nullopt;
}

bool matches(const CompiledSigmaRule& rule, const Event& event, rules::Captures& captures) {
  return comes_from(rule.source, event) && holds(rule.condition, event, captures);
}

void add_to_prefilter(SigmaSet& sigma, Prefilter::Builder& builder, std::uint32_t& next_bit) {
  for (CompiledSigmaRule& rule : sigma.rules) {
    rule.bit = next_bit++;
    auto literals = needed(rule.condition);
    if (!literals) continue;
    std::sort(literals->begin(), literals->end());
    literals->erase(std::unique(literals->begin(), literals->end()), literals->end());
    builder.add(rule.bit, *literals);
  }
}

}  // namespace warder::loginspection
