// One pattern of a rule file in one of its three languages: `match` (literals with | ^ $), `regex` (the OSSEC family's
// own expressions) and PCRE2. All matching is bounded: a pattern that runs into its limit does not match and says so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::rules {

enum class PatternLanguage : std::uint8_t { OsMatch, OsRegex, Pcre2, Pcre2Caseless };

/// Where groups matched, and the matcher's working memory; reused from line to line so that matching allocates nothing.
/// Single-threaded.
class Captures {
 public:
  Captures();
  Captures(Captures&&) noexcept;
  Captures& operator=(Captures&&) noexcept;
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;
  ~Captures();

  /// Group texts of the last match; one that took no part in it has no data() and is left out at the end.
  [[nodiscard]] const std::vector<std::string_view>& groups() const noexcept { return groups_; }
  /// Offset behind the last match.
  [[nodiscard]] std::size_t end() const noexcept { return end_; }
  /// Matches that ran into their limit, and so count as none, since these captures were made.
  [[nodiscard]] std::uint64_t limit_hits() const noexcept { return limit_hits_; }

 private:
  friend class Pattern;
  struct Memory;
  std::vector<std::string_view> groups_;
  std::size_t end_ = 0;
  std::uint64_t limit_hits_ = 0;
  std::unique_ptr<Memory> memory_;
};

/// Immutable and thread-safe once compiled.
class Pattern {
 public:
  /// Invalid with the place in the pattern when it cannot be read. `match` and `regex` ignore case, Pcre2 only when it
  /// says so.
  static Result<Pattern> compile(PatternLanguage language, std::string_view text);
  /// For a text that `compile` took before: compiled when it is first used. One that it would not take never matches.
  static Result<Pattern> compile_later(PatternLanguage language, std::string_view text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern();

  /// Groups and end are in `captures`, as views into `subject`, until its next use.
  bool match(std::string_view subject, Captures& captures) const;
  /// The same where nothing of it is wanted and time is not dear.
  [[nodiscard]] bool matches(std::string_view subject) const;

  /// As written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] PatternLanguage language() const noexcept { return language_; }
  /// The PCRE2 expression this pattern stands for: what a prefilter is built from.
  [[nodiscard]] const std::string& expression() const noexcept { return expression_; }
  /// Groups in the pattern.
  [[nodiscard]] std::size_t group_count() const noexcept;

 private:
  /// One alternative of a pattern without any operator; compared directly.
  struct Literal {
    std::string text;  // lower case
    bool at_start = false;
    bool at_end = false;
  };
  struct Compiled;
  Pattern(PatternLanguage language, std::string_view text);
  static Result<Pattern> translate(PatternLanguage language, std::string_view text);
  [[nodiscard]] Result<void> compile_expression() const;
  [[nodiscard]] const Compiled& ready() const;

  PatternLanguage language_;
  std::string text_;
  std::string expression_;
  std::optional<Literal> literal_;
  std::unique_ptr<Compiled> compiled_;  // null for a literal
};

/// A `match` pattern as PCRE2 (to be run caseless).
std::string os_match_to_pcre2(std::string_view text);

/// A `regex` pattern as PCRE2 (to be run caseless). Invalid for an escape that the language does not have.
Result<std::string> os_regex_to_pcre2(std::string_view text);

}  // namespace warder::rules
