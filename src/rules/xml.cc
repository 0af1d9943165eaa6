#include "rules/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace warder::rules {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

class XmlReader {
 public:
  XmlReader(std::string_view text, const XmlLimits& limits) : text_(text), limits_(limits) {}

  Result<std::vector<XmlElement>> roots() {
    std::vector<XmlElement> found;
    while (offset_ < text_.size()) {
      if (text_[offset_] != '<') {
        advance();
      } else if (is_comment()) {
        WD_TRY(skip_comment());
      } else {
        found.push_back(WD_TRY(element(1)));
      }
    }
    return found;
  }

 private:
  tl::unexpected<Error> bad(std::string_view what) const {
    return fail(ErrorCode::Invalid, fmt::format("line {}: {}", line_, what));
  }

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
  }

  char advance() {
    const char c = text_[offset_++];
    if (c == '\n') ++line_;
    return c;
  }

  [[nodiscard]] bool is_comment() const { return peek() == '<' && peek(1) == '!'; }

  Result<void> skip_comment() {
    const std::size_t opened = line_;
    offset_ += 2;
    while (offset_ < text_.size()) {
      const std::string_view rest = text_.substr(offset_);
      const std::size_t end = rest.starts_with("-->") ? 3 : rest.starts_with("!>") ? 2 : 0;
      if (end != 0) {
        offset_ += end;
        return {};
      }
      advance();
    }
    return fail(ErrorCode::Invalid, fmt::format("line {}: comment is not closed", opened));
  }

  Result<XmlElement> element(std::size_t depth) {
    if (depth > limits_.max_depth) return bad(fmt::format("more than {} levels", limits_.max_depth));
    XmlElement made;
    made.line = line_;
    advance();  // '<'
    if (peek() == '/') return bad("a closing tag without its opening tag");
    while (offset_ < text_.size() && peek() != '>' && !is_space(peek())) made.name.push_back(advance());
    if (offset_ >= text_.size()) return bad("the file ends in a tag");
    bool is_closed = made.name.ends_with('/');
    if (is_closed) made.name.pop_back();
    if (is_space(peek())) {
      if (WD_TRY(attributes(made))) is_closed = true;
    } else {
      advance();  // '>'
    }
    if (!is_closed) WD_TRY(content(made, depth));
    return made;
  }

  /// Reads up to and with '>'; true when the tag closed itself.
  Result<bool> attributes(XmlElement& element) {
    while (offset_ < text_.size()) {
      while (is_space(peek())) advance();
      if (peek() == '>') {
        advance();
        return false;
      }
      if (peek() == '/') {
        advance();
        while (is_space(peek())) advance();
        if (peek() == '>') advance();
        return true;
      }
      WD_TRY(attribute(element));
    }
    return bad("the file ends in a tag");
  }

  Result<void> attribute(XmlElement& element) {
    std::string name;
    while (offset_ < text_.size() && peek() != '=' && peek() != '>' && peek() != '/' && !is_space(peek())) {
      name.push_back(advance());
    }
    while (is_space(peek())) advance();
    if (peek() != '=') return bad(fmt::format("attribute '{}' has no value", name));
    advance();
    while (is_space(peek())) advance();
    const char quote = peek();
    if (quote != '"' && quote != '\'') return bad(fmt::format("attribute '{}' is not followed by a quote", name));
    advance();
    std::string value;
    while (offset_ < text_.size() && peek() != quote) {
      value.push_back(advance());
      if (value.size() > limits_.max_text_bytes) return bad(fmt::format("attribute '{}' is too long", name));
    }
    if (offset_ >= text_.size()) return bad(fmt::format("attribute '{}' is not closed", name));
    advance();
    if (element.attribute(name) != nullptr) return bad(fmt::format("attribute '{}' is there twice", name));
    element.attributes.emplace_back(std::move(name), std::move(value));
    return {};
  }

  Result<void> content(XmlElement& element, std::size_t depth) {
    bool is_escaped = false;
    while (offset_ < text_.size()) {
      if (is_comment()) {
        WD_TRY(skip_comment());
        continue;
      }
      if (peek() == '<' && !is_escaped) {
        if (peek(1) == '/') return close(element);
        element.children.push_back(WD_TRY(this->element(depth + 1)));
        element.text.clear();
        continue;
      }
      const char c = advance();
      is_escaped = c == '\\' && !is_escaped;  // a pair of backslashes is one
      element.text.push_back(c);
      if (element.text.size() > limits_.max_text_bytes) return bad(fmt::format("<{}> is too long", element.name));
    }
    return fail(ErrorCode::Invalid, fmt::format("line {}: <{}> is not closed", element.line, element.name));
  }

  Result<void> close(const XmlElement& element) {
    offset_ += 2;
    std::string name;
    while (offset_ < text_.size() && peek() != '>') name.push_back(advance());
    if (offset_ >= text_.size()) return bad("the file ends in a tag");
    advance();
    if (name == element.name) return {};
    return bad(fmt::format("</{}> closes <{}> of line {}", name, element.name, element.line));
  }

  std::string_view text_;
  const XmlLimits& limits_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
};

using Variables = std::map<std::string, std::string, std::less<>>;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `$NAME` of a known variable replaced; any other '$' belongs to a pattern and stays.
std::string with_variables(std::string_view text, const Variables& variables) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t end = i + 1;
    while (text[i] == '$' && end < text.size() && is_name_character(text[end])) ++end;
    if (end == i + 1) {
      out.push_back(text[i]);
      continue;
    }
    const std::string_view name = text.substr(i + 1, end - i - 1);
    const auto found = variables.find(name);
    out += found == variables.end() ? text.substr(i, end - i) : std::string_view(found->second);
    i = end - 1;
  }
  return out;
}

void substitute(XmlElement& element, const Variables& variables) {
  if (element.text.find('$') != std::string::npos) element.text = with_variables(element.text, variables);
  for (auto& [name, value] : element.attributes) {
    if (value.find('$') != std::string::npos) value = with_variables(value, variables);
  }
  for (auto& child : element.children) substitute(child, variables);
}

}  // namespace

const std::string* XmlElement::attribute(std::string_view wanted) const noexcept {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(), [&](const auto& pair) { return pair.first == wanted; });
  return found == attributes.end() ? nullptr : &found->second;
}

Result<std::vector<XmlElement>> parse_rule_xml(std::string_view text, const XmlLimits& limits) {
  return XmlReader(text, limits).roots();
}

Result<void> substitute_variables(std::vector<XmlElement>& roots) {
  Variables variables;
  for (const auto& root : roots) {
    if (root.name != "var") continue;
    const std::string* name = root.attribute("name");
    if (name == nullptr || name->empty())
      return fail(ErrorCode::Invalid, fmt::format("line {}: <var> without a name", root.line));
    variables[*name] = root.text;
  }
  std::erase_if(roots, [](const XmlElement& root) { return root.name == "var"; });
  for (auto& root : roots) substitute(root, variables);
  return {};
}

}  // namespace warder::rules
