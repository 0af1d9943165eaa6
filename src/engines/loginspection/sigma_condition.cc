#include <fmt/format.h>

#include "base/text.h"
#include "engines/loginspection/sigma.h"

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxDepth = 32;

using Parts = std::vector<std::pair<std::string, SigmaNode>>;

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
    } else if (c == '(' || c == ')' || c == '|') {
      tokens.emplace_back(1, c);
      ++i;
    } else {
      std::size_t end = text.find_first_of(" \t\n\r()|", i);
      if (end == std::string_view::npos) end = text.size();
      tokens.emplace_back(text.substr(i, end - i));
      i = end;
    }
  }
  return tokens;
}

/// or, and, not, in rising strength.
class ConditionParser {
 public:
  ConditionParser(std::string_view text, const Parts& parts) : tokens_(tokens_of(text)), parts_(parts) {}

  Result<SigmaNode> parse() {
    SigmaNode node = WD_TRY(any(0));
    if (at_ == tokens_.size()) return node;
    if (tokens_[at_] == "|") return fail(ErrorCode::Invalid, "aggregations ('|') are not supported: use a correlation");
    return fail(ErrorCode::Invalid, fmt::format("condition: '{}' is not expected", tokens_[at_]));
  }

 private:
  [[nodiscard]] bool is_next(std::string_view word) const {
    return at_ < tokens_.size() && equals_ignoring_case(tokens_[at_], word);
  }

  Result<SigmaNode> any(std::size_t depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, "condition: nested too deeply");
    return chain(depth, "or", SigmaNode::Kind::Any, &ConditionParser::all);
  }
  Result<SigmaNode> all(std::size_t depth) {
    return chain(depth, "and", SigmaNode::Kind::All, &ConditionParser::inverted);
  }
  Result<SigmaNode> chain(std::size_t depth, std::string_view word, SigmaNode::Kind kind,
                          Result<SigmaNode> (ConditionParser::*inner)(std::size_t)) {
    SigmaNode first = WD_TRY((this->*inner)(depth));
    if (!is_next(word)) return first;
    SigmaNode node;
    node.kind = kind;
    node.children.push_back(std::move(first));
    while (is_next(word)) {
      ++at_;
      node.children.push_back(WD_TRY((this->*inner)(depth)));
    }
    return node;
  }

  Result<SigmaNode> inverted(std::size_t depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, "condition: nested too deeply");
    if (!is_next("not")) return primary(depth);
    ++at_;
    SigmaNode node;
    node.kind = SigmaNode::Kind::Not;
    node.children.push_back(WD_TRY(inverted(depth + 1)));
    return node;
  }

  Result<SigmaNode> primary(std::size_t depth) {
    if (at_ == tokens_.size()) return fail(ErrorCode::Invalid, "condition: ends too early");
    if (is_next("(")) {
      ++at_;
      SigmaNode node = WD_TRY(any(depth + 1));
      if (!is_next(")")) return fail(ErrorCode::Invalid, "condition: ')' is missing");
      ++at_;
      return node;
    }
    const bool is_quantifier = at_ + 1 < tokens_.size() && equals_ignoring_case(tokens_[at_ + 1], "of");
    if (is_quantifier) return quantified();
    return named(tokens_[at_++]);
  }

  Result<SigmaNode> named(const std::string& name) const {
    for (const auto& [part, node] : parts_) {
      if (part == name) return node;
    }
    return fail(ErrorCode::Invalid, fmt::format("condition: there is no '{}'", name));
  }

  /// "1 of selection_*", "all of them".
  Result<SigmaNode> quantified() {
    SigmaNode node;
    if (is_next("all")) {
      node.kind = SigmaNode::Kind::All;
    } else if (is_next("1") || is_next("any")) {
      node.kind = SigmaNode::Kind::Any;
    } else {
      return fail(ErrorCode::Invalid, fmt::format("condition: '{} of' is not supported", tokens_[at_]));
    }
    at_ += 2;
    if (at_ == tokens_.size()) return fail(ErrorCode::Invalid, "condition: ends too early");
    const std::string& pattern = tokens_[at_++];
    for (const auto& [part, child] : parts_) {
      // "them" leaves out what begins with an underscore.
      const bool is_meant =
          equals_ignoring_case(pattern, "them") ? !part.starts_with('_') : matches_glob(pattern, part);
      if (is_meant) node.children.push_back(child);
    }
    if (node.children.empty())
      return fail(ErrorCode::Invalid, fmt::format("condition: nothing is called '{}'", pattern));
    return node;
  }

  std::vector<std::string> tokens_;
  const Parts& parts_;
  std::size_t at_ = 0;
};

}  // namespace

Result<SigmaNode> parse_sigma_condition(std::string_view text, const Parts& parts) {
  return ConditionParser(text, parts).parse();
}

}  // namespace warder::loginspection
