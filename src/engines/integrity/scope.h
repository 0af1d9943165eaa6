// Which paths a policy watches. Patterns are matched component by component, so a walk carries its position along and
// never matches a whole path twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::integrity {

/// Immutable after create(); safe to share.
class Scope {
 public:
  /// Watched patterns are absolute. An excluded pattern without a slash is a name at any depth. Invalid names the item:
  /// "watch/2: …".
  static Result<Scope> create(const std::vector<std::string>& watch, const std::vector<std::string>& exclude);

  /// Where a path stands.
  struct Position {
    std::vector<std::uint32_t> active;  // places in patterns_ that the path has matched so far
    std::optional<std::uint32_t> rule;  // the watched item that covers the path and all below it
    bool is_excluded = false;           // and so is all below it

    /// The path is watched.
    [[nodiscard]] bool is_covered() const noexcept { return rule.has_value() && !is_excluded; }
    /// Something below it may be.
    [[nodiscard]] bool may_contain() const noexcept;
    bool has_pending_watch = false;  // a watched item goes on below
  };

  [[nodiscard]] Position root() const;
  [[nodiscard]] Position descend(const Position& directory, std::string_view name) const;
  /// The position of an absolute path.
  [[nodiscard]] Position find(std::string_view path) const;

  /// The item of the policy, as written.
  [[nodiscard]] const std::string& rule_text(std::uint32_t rule) const { return rules_[rule]; }
  /// The names that can lead on from a directory, when no wildcard is involved: such a directory need not be listed.
  [[nodiscard]] std::optional<std::vector<std::string>> literal_names(const Position& directory) const;
  /// The watched and excluded items as one text: equal texts, equal scopes.
  [[nodiscard]] std::string text() const;
  static Result<Scope> parse(std::string_view text);

 private:
  struct Part {
    std::string glob;
    bool is_any_depth = false;  // "**"
  };
  struct Pattern {
    std::vector<Part> parts;
    bool is_exclusion = false;
    std::uint32_t rule = 0;
  };

  Result<void> add(const std::string& text, bool is_exclusion, std::uint32_t rule);
  void enter(std::size_t pattern, std::size_t part, Position& position) const;

  std::vector<Pattern> patterns_;
  std::vector<std::string> rules_;
  std::vector<std::string> exclusions_;
};

}  // namespace warder::integrity
