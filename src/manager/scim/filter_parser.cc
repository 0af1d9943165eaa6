#include <array>

#include "base/json.h"
#include "base/text.h"
#include "manager/scim/filter.h"

namespace warder::manager::scim {
namespace {

struct Named {
  Comparison comparison;
  std::string_view name;
};
constexpr std::array kComparisons = {
    Named{Comparison::Equal, "eq"},        Named{Comparison::NotEqual, "ne"}, Named{Comparison::Contains, "co"},
    Named{Comparison::StartsWith, "sw"},   Named{Comparison::EndsWith, "ew"}, Named{Comparison::Greater, "gt"},
    Named{Comparison::GreaterEqual, "ge"}, Named{Comparison::Less, "lt"},     Named{Comparison::LessEqual, "le"},
};

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Of attribute names and URNs.
bool is_path_character(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == ':' || c == '.' || c == '$' || c == '/' ||
         c == '%';
}

bool is_name(std::string_view text) noexcept {
  if (text.starts_with('$')) text.remove_prefix(1);  // "$ref"
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') return false;
  return true;
}

/// "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName": the version's dot is before the last colon.
std::optional<AttributePath> split_path(std::string_view text) {
  AttributePath path;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    path.schema = text.substr(0, colon);
    if (!to_lower_ascii(path.schema).starts_with("urn:")) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  const std::size_t dot = text.find('.');
  path.name = text.substr(0, dot);
  if (dot != std::string_view::npos) path.part = text.substr(dot + 1);
  if (!is_name(path.name) || (dot != std::string_view::npos && !is_name(path.part))) return std::nullopt;
  return path;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view error_type) : text_(text), error_type_(error_type) {}

  Result<Filter> whole_filter() {
    Filter filter = WD_TRY(alternatives(0));
    if (at_ != text_.size()) return fail_here("expected 'and', 'or' or the end");
    return filter;
  }

  Result<PatchPath> whole_path() {
    PatchPath path;
    path.attribute = WD_TRY(attribute());
    if (take('[')) {
      if (!path.attribute.part.empty()) return fail_here("'[' goes behind the attribute, not behind a part of it");
      path.values = WD_TRY(alternatives(0));
      if (!take(']')) return fail_here("expected ']'");
      if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        path.attribute.part = word();
        if (!is_name(path.attribute.part)) return fail_here("expected a name behind '.'");
      }
    }
    if (at_ != text_.size()) return fail_here("expected the end");
    return path;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> fail_here(const std::string& message) const {
    return fail_as(error_type_, "at " + std::to_string(at_ + 1) + ": " + message);
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_path_character(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  /// The next word when it is this one, whatever its case.
  bool take_word(std::string_view wanted) {
    skip_space();
    const std::size_t begin = at_;
    if (equals_ignoring_case(word(), wanted)) return true;
    at_ = begin;
    return false;
  }

  Result<AttributePath> attribute() {
    skip_space();
    const std::size_t begin = at_;
    auto path = split_path(word());
    if (path) return std::move(*path);
    at_ = begin;
    return fail_here("expected the name of an attribute");
  }

  template <class Part>
  Result<Filter> chain(Filter::Kind kind, std::string_view between, const Part& part) {
    Filter first = WD_TRY(part());
    if (!take_word(between)) return first;
    Filter all{.kind = kind};
    all.children.push_back(std::move(first));
    do all.children.push_back(WD_TRY(part()));
    while (take_word(between));
    return all;
  }

  Result<Filter> alternatives(std::size_t depth) {
    return chain(Filter::Kind::Or, "or", [&] { return chain(Filter::Kind::And, "and", [&] { return unary(depth); }); });
  }

  Result<Filter> unary(std::size_t depth) {
    if (depth > kMaxFilterDepth) return fail_here("nested deeper than " + std::to_string(kMaxFilterDepth) + " levels");
    if (++terms_ > kMaxFilterTerms) return fail_here("more than " + std::to_string(kMaxFilterTerms) + " terms");
    const std::size_t begin = at_;
    if (take_word("not")) {
      if (take('(')) return negation(depth);
      at_ = begin;  // an attribute of that name
    }
    if (take('(')) return bracketed(depth);
    return term(depth);
  }

  Result<Filter> bracketed(std::size_t depth) {
    Filter inner = WD_TRY(alternatives(depth + 1));
    if (!take(')')) return fail_here("expected ')'");
    return inner;
  }

  Result<Filter> negation(std::size_t depth) {
    Filter filter{.kind = Filter::Kind::Not};
    filter.children.push_back(WD_TRY(bracketed(depth)));
    return filter;
  }

  Result<Filter> term(std::size_t depth) {
    Filter filter;
    filter.path = WD_TRY(attribute());
    if (at_ < text_.size() && text_[at_] == '[') return values(std::move(filter), depth);
    if (take_word("pr")) return filter;
    for (const Named& each : kComparisons) {
      if (!take_word(each.name)) continue;
      filter.kind = Filter::Kind::Compare;
      filter.comparison = each.comparison;
      filter.value = WD_TRY(literal());
      return filter;
    }
    return fail_here("expected eq, ne, co, sw, ew, gt, ge, lt, le or pr");
  }

  Result<Filter> values(Filter filter, std::size_t depth) {
    if (is_in_brackets_) return fail_here("'[' within '['");
    ++at_;
    is_in_brackets_ = true;
    filter.kind = Filter::Kind::Values;
    filter.children.push_back(WD_TRY(alternatives(depth + 1)));
    is_in_brackets_ = false;
    if (!take(']')) return fail_here("expected ']'");
    return filter;
  }

  /// What JSON calls a value, without objects and lists.
  Result<json::value> literal() {
    skip_space();
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
        if (text_[at_] == '\\') ++at_;
      if (at_ >= text_.size()) {
        at_ = begin;
        return fail_here("the text does not end");
      }
      ++at_;
    } else {
      while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '-' ||
                                    text_[at_] == '+' || text_[at_] == '.'))
        ++at_;
    }
    std::string literal(text_.substr(begin, at_ - begin));
    if (equals_ignoring_case(literal, "true") || equals_ignoring_case(literal, "false"))
      literal = to_lower_ascii(literal);
    auto value = parse_json(literal, kMaxFilterBytes, 1);
    if (value && !value->is_object() && !value->is_array()) return std::move(*value);
    at_ = begin;
    return fail_here("expected text in quotes, a number, true, false or null");
  }

  std::string_view text_;
  std::string_view error_type_;
  std::size_t at_ = 0;
  std::size_t terms_ = 0;
  bool is_in_brackets_ = false;
};

std::string print_within(const Filter& filter, bool is_bracketed) {
  switch (filter.kind) {
    case Filter::Kind::And:
    case Filter::Kind::Or: {
      std::string text;
      for (const Filter& child : filter.children) {
        if (!text.empty()) text += filter.kind == Filter::Kind::And ? " and " : " or ";
        // "and" binds closer than "or".
        text += print_within(child, child.kind == Filter::Kind::Or || child.kind == filter.kind);
      }
      return is_bracketed ? "(" + text + ")" : text;
    }
    case Filter::Kind::Not:
      return "not (" + print_within(filter.children.front(), false) + ")";
    case Filter::Kind::Compare:
      return print(filter.path) + " " + std::string(name(filter.comparison)) + " " + json::serialize(filter.value);
    case Filter::Kind::Present:
      return print(filter.path) + " pr";
    case Filter::Kind::Values:
      return print(filter.path) + "[" + print_within(filter.children.front(), false) + "]";
  }
  return {};
}

}  // namespace

std::string_view name(Comparison comparison) {
  for (const Named& each : kComparisons)
    if (each.comparison == comparison) return each.name;
  return {};
}

Result<Filter> parse_filter(std::string_view text) {
  if (text.size() > kMaxFilterBytes)
    return fail_as("invalidFilter", "longer than " + std::to_string(kMaxFilterBytes) + " bytes");
  return Parser(trim(text), "invalidFilter").whole_filter();
}

Result<PatchPath> parse_path(std::string_view text) {
  if (text.size() > kMaxFilterBytes)
    return fail_as("invalidPath", "longer than " + std::to_string(kMaxFilterBytes) + " bytes");
  return Parser(trim(text), "invalidPath").whole_path();
}

Result<AttributePath> parse_attribute(std::string_view text) {
  PatchPath path = WD_TRY(parse_path(text));
  if (path.values) return fail_as("invalidPath", "a name without '['");
  return std::move(path.attribute);
}

std::string print(const AttributePath& path) {
  return (path.schema.empty() ? "" : path.schema + ":") + path.name + (path.part.empty() ? "" : "." + path.part);
}

std::string print(const Filter& filter) {
  return print_within(filter, false);
}

std::string print(const PatchPath& path) {
  if (!path.values) return print(path.attribute);
  const AttributePath whole{path.attribute.schema, path.attribute.name, {}};
  return print(whole) + "[" + print(*path.values) + "]" +
         (path.attribute.part.empty() ? "" : "." + path.attribute.part);
}

}  // namespace warder::manager::scim
