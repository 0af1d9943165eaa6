// Patterns of rules against keys: sections between slashes, `?` and `*` within a section, `**` for any number of
// sections. A walk carries the places reached along, so that a path is never matched twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::integrity {

/// `?` one character, `*` any run of characters, a backslash takes the next character as it is. Linear in practice,
/// text × pattern at the worst.
bool matches_section(std::string_view pattern, std::string_view text) noexcept;

/// Immutable.
class KeyPattern {
 public:
  /// The places that a key has reached, as a bit each.
  using State = std::uint64_t;

  /// `text` as a rule has it. `a/` is `a/**`; `a**b` is `a*b` at any depth. TooLarge for more than 60 sections.
  static Result<std::vector<KeyPattern>> create(std::string_view text);

  [[nodiscard]] State start() const noexcept { return closure(1); }
  /// After one more section.
  [[nodiscard]] State step(State state, std::string_view section) const noexcept;
  /// The key so far matches.
  [[nodiscard]] bool is_match(State state) const noexcept { return (state >> sections_.size() & 1U) != 0; }
  /// Something that begins with the key so far may match.
  [[nodiscard]] bool may_match_below(State state) const noexcept {
    return (state & ((State{1} << sections_.size()) - 1)) != 0;
  }
  /// Everything that begins with the key so far matches.
  [[nodiscard]] bool matches_all_below(State state) const noexcept {
    return !sections_.empty() && sections_.back().is_any_depth && (state >> (sections_.size() - 1) & 1U) != 0;
  }
  /// Whole keys, for sets whose keys are no paths.
  [[nodiscard]] bool matches(std::string_view key) const noexcept;
  /// The sections that can come next, if none of them has a wildcard; false otherwise.
  [[nodiscard]] bool next_literals(State state, std::vector<std::string>& names) const;

 private:
  struct Section {
    std::string text;
    bool is_any_depth = false;
    bool is_literal = false;
  };
  [[nodiscard]] State closure(State state) const noexcept;

  std::vector<Section> sections_;
};

}  // namespace warder::integrity
