// Words and patterns that most guessed passwords are made of: "password", "qwerty", "sakura" and what people put around
// them. The list is a file of words; walks over the keyboard and runs of the alphabet are made here.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"

namespace warder::manager {

/// Thread-safe once made.
class CommonWords {
 public:
  CommonWords();
  /// A word a line, '#' begins a comment; Invalid for a line with a space in it.
  static Result<CommonWords> parse(std::string_view text);

  /// Whether the password is but at most two common words, up to two other letters, digits and signs; digits and signs
  /// that stand for letters count as those. One of three words or more is a passphrase, and not common.
  [[nodiscard]] bool make_up(std::string_view password) const;
  [[nodiscard]] std::size_t count() const noexcept { return words_.size(); }

 private:
  void add_runs(std::string_view keys);
  [[nodiscard]] bool is_word_or_two_inside(std::string_view letters) const;
  [[nodiscard]] bool is_word_or_two(std::string_view letters) const;

  std::unordered_set<std::string> words_;  // folded
};

}  // namespace warder::manager
