#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"

namespace warder {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b,", ','), (Parts{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), Parts{""});
}

TEST(Trim, TakesWhitespaceOfBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("  "), "");
}

TEST(Case, IsAsciiOnly) {
  EXPECT_EQ(to_lower_ascii("AbZ\xc3\x84"), "abz\xc3\x84");
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-type"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
}

TEST(ParseInteger, TakesTheWholeText) {
  EXPECT_EQ(parse_integer<int>("-12"), -12);
  EXPECT_EQ(parse_integer<std::uint8_t>("255"), 255);
  EXPECT_EQ(parse_integer<std::uint8_t>("256"), std::nullopt);
  for (const std::string_view bad : {"", "+1", " 1", "1 ", "0x1", "1.0"}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(parse_integer<int>(bad), std::nullopt);
  }
}

struct Utf8Case {
  std::string_view bytes;
  bool is_valid;
  std::string_view escaped;
};
constexpr Utf8Case kUtf8[] = {
    {"plain", true, "plain"},
    {"\xe6\x97\xa5\xe6\x9c\xac", true, "\xe6\x97\xa5\xe6\x9c\xac"},
    {"\xf0\x9f\x98\x80", true, "\xf0\x9f\x98\x80"},
    {"a\xff", false, "a\\xff"},
    {"\xc0\xaf", false, "\\xc0\\xaf"},                    // overlong
    {"\xe0\x80\xaf", false, "\\xe0\\x80\\xaf"},           // overlong
    {"\xed\xa0\x80", false, "\\xed\\xa0\\x80"},           // surrogate
    {"\xf4\x90\x80\x80", false, "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
    {"\xe6\x97", false, "\\xe6\\x97"},                    // cut
    {"\\x41", true, "\\\\x41"},
    {"\\xg1 \\n", true, "\\xg1 \\n"},
    {"\\\xff", false, "\\\\\\xff"},
    {"\\", true, "\\"},
};

TEST(Utf8, IsRecognisedAndEscaped) {
  for (const auto& c : kUtf8) {
    SCOPED_TRACE(c.escaped);
    EXPECT_EQ(is_utf8(c.bytes), c.is_valid);
    EXPECT_EQ(escape_non_utf8(c.bytes), c.escaped);
  }
  EXPECT_EQ(count_characters("\xe6\x97\xa5"
                             "a"),
            2U);
}

RC_GTEST_PROP(Utf8, EscapingIsUtf8AndKeepsInputsApart, ()) {
  // Few symbols, so that the runs of backslashes that could collide are common.
  const auto symbols = rc::gen::container<std::string>(rc::gen::element('\\', 'x', 'f', '4', '\xff'));
  const std::string a = *symbols;
  const std::string b = *symbols;
  RC_ASSERT(is_utf8(escape_non_utf8(a)));
  RC_ASSERT((escape_non_utf8(a) == escape_non_utf8(b)) == (a == b));
}

RC_GTEST_PROP(JsonString, IsReadBack, (const std::string& bytes)) {
  const std::string text = escape_non_utf8(bytes);
  std::string quoted;
  append_json_string(quoted, text);
  const auto parsed = parse_json(quoted);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(std::string_view(parsed->get_string()) == text);
}

struct GlobCase {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};
constexpr GlobCase kGlobs[] = {
    {"/etc/passwd", "/etc/passwd", true},
    {"/etc/passwd", "/etc/passwd-", false},
    {"/etc/*", "/etc/passwd", true},
    {"/etc/*", "/etc/ssh/x", false},
    {"/etc/**", "/etc/ssh/x", true},
    {"/etc/**", "/etc", false},
    {"**/.ssh/*", "/home/a/.ssh/b", true},
    {"**/.ssh/*", "/home/a/.ssh", false},
    {"*.conf", "a.conf", true},
    {"*.conf", "d/a.conf", false},
    {"a?c", "abc", true},
    {"a?c", "a/c", false},
    {"a?c", "ac", false},
    {"a?c",
     "a\xe6\x97\xa5"
     "c",
     true},
    {"a??c",
     "a\xe6\x97\xa5"
     "c",
     false},
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"**", "any/thing", true},
    {"a*b*c", "aXbYbZc", true},
    {"a*b*c", "aXbYbZ", false},
    {"/h/*/.ssh/**", "/h/u/.ssh/a/b", true},
    {"/h/*/.ssh/**", "/h/u/v/.ssh/a", false},
    {"***", "a/b", true},
};

TEST(Glob, Matches) {
  for (const auto& c : kGlobs) {
    SCOPED_TRACE(std::string(c.pattern) + " ~ " + std::string(c.text));
    EXPECT_EQ(matches_glob(c.pattern, c.text), c.matches);
  }
}

/// The definition itself, exponential.
bool matches_naively(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  const bool is_path = pattern.starts_with("**");
  if (is_path || pattern.front() == '*') {
    if (matches_naively(pattern.substr(is_path ? 2 : 1), text)) return true;
    return !text.empty() && (is_path || text.front() != '/') && matches_naively(pattern, text.substr(1));
  }
  if (text.empty() || (pattern.front() == '?' ? text.front() == '/' : text.front() != pattern.front())) return false;
  return matches_naively(pattern.substr(1), text.substr(1));
}

RC_GTEST_PROP(Glob, AgreesWithItsDefinition, ()) {
  const std::string pattern = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '*', '?'));
  const std::string text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '/'));
  const std::string_view short_pattern = std::string_view(pattern).substr(0, 10);
  const std::string_view short_text = std::string_view(text).substr(0, 10);
  RC_ASSERT(matches_glob(short_pattern, short_text) == matches_naively(short_pattern, short_text));
}

TEST(Glob, TakesNoLongerForAHostilePattern) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern.append("*a");
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(2000, 'a')));
}

}  // namespace
}  // namespace warder
