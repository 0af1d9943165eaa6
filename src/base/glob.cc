// matches_glob of text.h: all positions of the pattern that can be reached are followed at once, so no pattern makes it
// backtrack.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.h"

namespace warder {
namespace {

enum class TokenKind : std::uint8_t { Literal, AnyOne, AnyRun, AnyPath };

struct Token {
  TokenKind kind;
  char literal = 0;
};

std::vector<Token> tokens_of(std::string_view pattern) {
  std::vector<Token> tokens;
  tokens.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '?') {
      tokens.push_back({TokenKind::AnyOne});
    } else if (pattern[i] == '*') {
      const bool is_double = i + 1 < pattern.size() && pattern[i + 1] == '*';
      tokens.push_back({is_double ? TokenKind::AnyPath : TokenKind::AnyRun});
      while (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
    } else {
      tokens.push_back({TokenKind::Literal, pattern[i]});
    }
  }
  return tokens;
}

bool is_run(TokenKind kind) noexcept {
  return kind == TokenKind::AnyRun || kind == TokenKind::AnyPath;
}

/// A run also matches nothing: who stands before it stands behind it too.
void skip_empty_runs(const std::vector<Token>& tokens, std::vector<char>& reached) {
  for (std::size_t j = 0; j < tokens.size(); ++j) {
    if (reached[j] != 0 && is_run(tokens[j].kind)) reached[j + 1] = 1;
  }
}

void step(const std::vector<Token>& tokens, const std::vector<char>& from, char c, std::vector<char>& to) {
  // `?` takes a character's first byte; whoever stands behind it takes the character's other bytes in place.
  const bool is_continuation = (static_cast<std::uint8_t>(c) & 0xc0) == 0x80;
  std::fill(to.begin(), to.end(), 0);
  for (std::size_t j = 0; j < from.size(); ++j) {
    if (from[j] == 0) continue;
    if (is_continuation && j > 0 && tokens[j - 1].kind == TokenKind::AnyOne) to[j] = 1;
    if (j == tokens.size()) continue;
    switch (tokens[j].kind) {
      case TokenKind::Literal:
        if (tokens[j].literal == c) to[j + 1] = 1;
        break;
      case TokenKind::AnyOne:
        if (c != '/' && !is_continuation) to[j + 1] = 1;
        break;
      case TokenKind::AnyRun:
        if (c != '/') to[j] = 1;
        break;
      case TokenKind::AnyPath:
        to[j] = 1;
        break;
    }
  }
  skip_empty_runs(tokens, to);
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  // Most patterns begin with a literal path: that part is compared as it is.
  const std::size_t literal = std::min(pattern.find_first_of("*?"), pattern.size());
  if (text.substr(0, literal) != pattern.substr(0, literal)) return false;
  pattern.remove_prefix(literal);
  text.remove_prefix(literal);
  if (pattern.empty()) return text.empty();
  if (pattern == "**") return true;

  const std::vector<Token> tokens = tokens_of(pattern);
  std::vector<char> reached(tokens.size() + 1, 0);
  std::vector<char> next(tokens.size() + 1, 0);
  reached[0] = 1;
  skip_empty_runs(tokens, reached);
  for (const char c : text) {
    step(tokens, reached, c, next);
    reached.swap(next);
  }
  return reached.back() != 0;
}

}  // namespace warder
