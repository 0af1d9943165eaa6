// The words that say who somebody is: names, addresses, the tenant. None of them belongs into a password.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace warder::manager {

/// How Japanese family names written in kanji are read. Thread-safe once made.
class NameReadings {
 public:
  NameReadings() = default;
  /// Lines "山田 やまだ" with one or more readings in kana; '#' begins a comment. Invalid, with the line, otherwise.
  static Result<NameReadings> parse(std::string_view text);

  struct Name {
    std::string kanji;
    std::vector<std::string> readings;
  };
  /// The longest name that `text` begins with, or nullptr.
  [[nodiscard]] const Name* find_prefix(std::string_view text) const;
  [[nodiscard]] std::size_t count() const noexcept { return names_.size(); }

 private:
  std::vector<Name> names_;  // longest first
};

/// Finds words in passwords in any guise: case, width, script (kanji, kana and Latin letters in every usual spelling),
/// digits for letters, signs in between, backwards.
class PersonalWords {
 public:
  explicit PersonalWords(const NameReadings& readings) : readings_(readings) {}

  /// A name, mail address, host name …: its parts count each. Latin parts of less than three letters count nothing, and
  /// those of three only where they stand by themselves; kanji and kana count from two characters on.
  void add(std::string_view text);
  [[nodiscard]] bool are_in(std::string_view password) const;

 private:
  void add_part(std::string_view part);
  void add_kanji(const std::u32string& kanji);
  void add_word(std::string_view folded_word);

  const NameReadings& readings_;
  std::vector<std::string> words_;      // folded, found anywhere
  std::vector<std::string> spellings_;  // of words_ in one spelling
  std::vector<std::string> short_;      // found as a run of letters
};

}  // namespace warder::manager
