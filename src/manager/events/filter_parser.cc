#include <algorithm>
#include <optional>

#include "base/text.h"
#include "manager/events/filter.h"
#include "manager/events/filter_term.h"

namespace warder::manager {
namespace {

struct Token {
  enum class Kind : std::uint8_t { End, Word, Quoted, Operator, Open, Close, Comma };
  Kind kind = Kind::End;
  std::string text;    // unescaped
  std::size_t at = 0;  // byte offset
};

tl::unexpected<Error> fail_at(std::size_t offset, ErrorCode code, const std::string& message) {
  return fail(code, "filter:" + std::to_string(offset + 1) + ": " + message);
}

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Ends a bare word. Times and patterns may hold ':' and '=', so operators end only the word before them.
bool ends_value(char c) noexcept {
  return is_space(c) || c == '(' || c == ')' || c == ',' || c == '"';
}

bool is_operator(char c) noexcept {
  return c == ':' || c == '=' || c == '!' || c == '<' || c == '>';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) noexcept : text_(text) {}

  /// `wants_value`: after an operator, where operators' characters belong to the word.
  Result<Token> next(bool wants_value) {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    Token token;
    token.at = at_;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    if (c == '(') return single(token, Token::Kind::Open);
    if (c == ')') return single(token, Token::Kind::Close);
    if (c == ',') return single(token, Token::Kind::Comma);
    if (c == '"') return quoted(token);
    if (!wants_value && is_operator(c)) return symbol(token);
    token.kind = Token::Kind::Word;
    while (at_ < text_.size() && !ends_value(text_[at_]) && (wants_value || !is_operator(text_[at_])))
      token.text += text_[at_++];
    return token;
  }

 private:
  Token single(Token token, Token::Kind kind) {
    token.kind = kind;
    token.text = text_[at_++];
    return token;
  }

  Token symbol(Token token) {
    token.kind = Token::Kind::Operator;
    token.text = text_[at_++];
    if (token.text != ":" && token.text != "=" && at_ < text_.size() && text_[at_] == '=') token.text += text_[at_++];
    return token;
  }

  Result<Token> quoted(Token token) {
    token.kind = Token::Kind::Quoted;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return token;
      }
      if (text_[at_] == '\\') {
        if (++at_ == text_.size()) break;
        if (text_[at_] != '"' && text_[at_] != '\\')
          return fail_at(at_, ErrorCode::Invalid, R"(only \" and \\ are known)");
      }
      token.text += text_[at_];
    }
    return fail_at(token.at, ErrorCode::Invalid, "the quoted text does not end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<FilterOp> operator_of(std::string_view text) {
  for (const FilterOp op : {FilterOp::Equal, FilterOp::NotEqual, FilterOp::Less, FilterOp::LessEqual, FilterOp::Greater,
                            FilterOp::GreaterEqual, FilterOp::Like}) {
    if (name(op) == text) return op;
  }
  return std::nullopt;
}

class Parser {
 public:
  Parser(std::string_view text, FindFilterField find) noexcept : lexer_(text), find_(find) {}

  Result<Filter> parse() {
    WD_TRY(advance(false));
    if (token_.kind == Token::Kind::End) return Filter{};
    Filter filter = WD_TRY(alternatives(0));
    if (token_.kind != Token::Kind::End) return fail_here("expected 'and', 'or' or the end");
    return filter;
  }

 private:
  Result<void> advance(bool wants_value) {
    token_ = WD_TRY(lexer_.next(wants_value));
    return {};
  }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return token_.kind == Token::Kind::Word && equals_ignoring_case(token_.text, word);
  }
  [[nodiscard]] tl::unexpected<Error> fail_here(const std::string& message) const {
    const bool at_end = token_.kind == Token::Kind::End;
    return fail_at(token_.at, ErrorCode::Invalid, message + (at_end ? " here" : ", not '" + token_.text + "'"));
  }

  /// part (word part)*; one part stays as it is.
  template <class Part>
  Result<Filter> chain(Filter::Kind kind, std::string_view word, const Part& part) {
    Filter first = WD_TRY(part());
    if (!is_word(word)) return first;
    Filter filter{.kind = kind, .children = {}, .term = {}};
    filter.children.push_back(std::move(first));
    while (is_word(word)) {
      WD_TRY(advance(false));
      filter.children.push_back(WD_TRY(part()));
    }
    return filter;
  }

  Result<Filter> alternatives(std::size_t depth) {
    return chain(Filter::Kind::Or, "or", [&] { return chain(Filter::Kind::And, "and", [&] { return unary(depth); }); });
  }

  Result<Filter> unary(std::size_t depth) {
    if (depth > kMaxFilterDepth) {
      return fail_at(token_.at, ErrorCode::TooLarge,
                     "nested deeper than " + std::to_string(kMaxFilterDepth) + " levels");
    }
    if (is_word("not")) {
      WD_TRY(advance(false));
      Filter filter{.kind = Filter::Kind::Not, .children = {}, .term = {}};
      filter.children.push_back(WD_TRY(unary(depth + 1)));
      return filter;
    }
    if (token_.kind != Token::Kind::Open) return term();
    WD_TRY(advance(false));
    Filter filter = WD_TRY(alternatives(depth + 1));
    if (token_.kind != Token::Kind::Close) return fail_here("expected ')'");
    WD_TRY(advance(false));
    return filter;
  }

  Result<Filter> term() {
    if (++terms_ > kMaxFilterTerms)
      return fail_at(token_.at, ErrorCode::TooLarge, "more than " + std::to_string(kMaxFilterTerms) + " comparisons");
    const Token subject = token_;
    if (subject.kind == Token::Kind::Quoted) {
      WD_TRY(advance(false));
      return finish(subject, "any", FilterOp::Like, {subject.text});
    }
    if (subject.kind != Token::Kind::Word) return fail_here("expected a field, 'not', '(' or a quoted text");
    WD_TRY(advance(false));
    if (is_word("in")) return finish(subject, subject.text, FilterOp::In, WD_TRY(list()));
    if (token_.kind != Token::Kind::Operator) return fail_here("expected an operator after '" + subject.text + "'");
    const auto op = operator_of(token_.text);
    if (!op) return fail_here("expected : = != < <= > >= or in");
    WD_TRY(advance(true));
    std::string text = WD_TRY(value());
    WD_TRY(advance(false));
    return finish(subject, subject.text, *op, {std::move(text)});
  }

  [[nodiscard]] Result<Filter> finish(const Token& subject, std::string_view field, FilterOp op,
                                      const std::vector<std::string>& values) const {
    auto term = make_filter_term(field, op, values, find_);
    if (!term) return fail_at(subject.at, term.error().code, term.error().message);
    return Filter{.kind = Filter::Kind::Term, .children = {}, .term = std::move(*term)};
  }

  Result<std::string> value() {
    if (token_.kind != Token::Kind::Word && token_.kind != Token::Kind::Quoted) return fail_here("expected a value");
    return token_.text;
  }

  /// '(' value (',' value)* ')' after `in`.
  Result<std::vector<std::string>> list() {
    WD_TRY(advance(false));
    if (token_.kind != Token::Kind::Open) return fail_here("expected '(' after 'in'");
    std::vector<std::string> values;
    do {
      WD_TRY(advance(true));
      values.push_back(WD_TRY(value()));
      WD_TRY(advance(false));
    } while (token_.kind == Token::Kind::Comma && values.size() <= kMaxFilterValues);
    if (token_.kind != Token::Kind::Close) return fail_here("expected ',' or ')'");
    WD_TRY(advance(false));
    return values;
  }

  Lexer lexer_;
  FindFilterField find_;
  Token token_;
  std::size_t terms_ = 0;
};

}  // namespace

Result<Filter> parse_filter(std::string_view text) {
  return parse_filter(text, find_filter_field);
}

Result<Filter> parse_filter(std::string_view text, FindFilterField find) {
  if (text.size() > kMaxFilterBytes)
    return fail_at(kMaxFilterBytes, ErrorCode::TooLarge, "longer than " + std::to_string(kMaxFilterBytes) + " bytes");
  return Parser{text, find}.parse();
}

}  // namespace warder::manager
