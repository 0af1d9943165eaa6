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

enum class PatternLanguage : std::uint8_t { OsMatch, OsRegex, Pcre2 };

/// Where groups matched; reused from line to line so that matching allocates nothing. Single-threaded.
class Captures {
 public:
  /// Group texts of the last match, without those that took no part in it: that is how `order` counts them.
  [[nodiscard]] const std::vector<std::string_view>& groups() const noexcept { return groups_; }
  /// Offset behind the last match.
  [[nodiscard]] std::size_t end() const noexcept { return end_; }

 private:
  friend class Pattern;
  std::vector<std::string_view> groups_;
  std::size_t end_ = 0;
};

/// Immutable and thread-safe once compiled.
class Pattern {
 public:
  /// Invalid with the place in the pattern when it cannot be read. `match` and `regex` ignore case, PCRE2 only when it
  /// says so.
  static Result<Pattern> compile(PatternLanguage language, std::string_view text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern();

  [[nodiscard]] bool matches(std::string_view subject) const;
  /// The same, with groups and end; views point into `subject`.
  bool match(std::string_view subject, Captures& captures) const;

  /// As written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] PatternLanguage language() const noexcept { return language_; }
  /// The PCRE2 expression this pattern is run as, for building a prefilter; empty for plain literals.
  [[nodiscard]] const std::string& expression() const noexcept { return expression_; }

  /// The alternatives of an `OsMatch` pattern.
  struct Literal {
    std::string text;  // lower case
    bool at_start = false;
    bool at_end = false;
  };
  [[nodiscard]] const std::vector<Literal>& literals() const noexcept { return literals_; }

 private:
  struct Compiled;
  Pattern(PatternLanguage language, std::string_view text);

  PatternLanguage language_;
  std::string text_;
  std::string expression_;
  std::vector<Literal> literals_;
  std::unique_ptr<const Compiled> compiled_;
};

/// A `regex` pattern as PCRE2 (to be run caseless). Invalid for an escape that the language does not have.
Result<std::string> os_regex_to_pcre2(std::string_view text);

}  // namespace warder::rules
