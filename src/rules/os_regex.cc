// The OSSEC family's own expressions, as documented in its manual ("OS_Regex"), written as PCRE2. Its quantifiers take
// as little as they can, except the last of an alternative, which takes all.
#include <fmt/format.h>

#include "rules/pattern.h"

namespace warder::rules {

namespace {

/// The PCRE2 class for the character after a backslash, or nullptr.
const char* class_of(char letter) {
  switch (letter) {
    case 'w':
      return "[A-Za-z0-9@_-]";
    case 'W':
      return "[^A-Za-z0-9@_-]";
    case 'd':
      return "[0-9]";
    case 'D':
      return "[^0-9]";
    case 's':
      return "[ ]";
    case 'S':
      return "[^ ]";
    case 'p':
      return R"([()*+,.:;<=>?\[\]!"'#%&$|{}-])";
    case '.':
      return "(?s:.)";
    default:
      return nullptr;
  }
}

bool can_be_escaped(char c) {
  return c == 't' || c == '$' || c == '(' || c == ')' || c == '\\' || c == '|' || c == '<' || c == '{' || c == '}' ||
         c == '[' || c == ']';
}

bool is_special_in_pcre2(char c) {
  return c == '.' || c == '[' || c == ']' || c == '{' || c == '}' || c == '+' || c == '?' || c == '*';
}

/// Whether nothing but closing parentheses follows before the alternative ends.
bool ends_alternative(std::string_view rest) {
  while (rest.starts_with(')')) rest.remove_prefix(1);
  return rest.empty() || rest.front() == '|' || rest.front() == '$';
}

}  // namespace

std::string os_match_to_pcre2(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool starts = i == 0 || text[i - 1] == '|';
    const bool ends = i + 1 == text.size() || text[i + 1] == '|';
    if (c == '|' || (c == '^' && starts)) {
      out.push_back(c);
    } else if (c == '$' && ends) {
      out += "\\z";
    } else {
      if (is_special_in_pcre2(c) || c == '(' || c == ')' || c == '\\' || c == '^' || c == '$') out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

Result<std::string> os_regex_to_pcre2(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '$') {
      out += R"((?!\n)$)";
    } else if (is_special_in_pcre2(c)) {
      out.append("\\").push_back(c);
    } else if (c != '\\') {
      out.push_back(c);
    } else {
      if (i + 1 >= text.size()) return fail(ErrorCode::Invalid, fmt::format("regex: at {}: a backslash at the end", i));
      const char letter = text[++i];
      const char* const character_class = class_of(letter);
      if (character_class != nullptr) {
        out += character_class;
      } else if (can_be_escaped(letter)) {
        out.append("\\").push_back(letter);
      } else {
        return fail(ErrorCode::Invalid, fmt::format("regex: at {}: there is no \\{}", i - 1, letter));
      }
      const char quantifier = i + 1 < text.size() ? text[i + 1] : '\0';
      if (quantifier != '+' && quantifier != '*') continue;
      ++i;
      out.push_back(quantifier);
      if (!ends_alternative(text.substr(i + 1))) out.push_back('?');
    }
  }
  return out;
}

}  // namespace warder::rules
