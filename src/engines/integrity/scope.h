// Which paths are watched, by which rules. Matched component by component, so a walk carries its position along and
// never matches a whole path twice.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/integrity/key_pattern.h"
#include "engines/integrity/rules.h"
#include "host/file_tree.h"

namespace warder::integrity {

/// What the tests of a rule ("features") ask about a file; empty where nothing is known of it, and then an include
/// holds and an exclude does not.
using FeatureTest = std::function<bool(const std::string& feature, const std::string& pattern)>;

/// Immutable after create(); safe to share.
class Scope {
 public:
  /// Watched patterns are absolute and stand for everything below them. An excluded pattern without a slash is a name
  /// at any depth. `rules` come on top; exclusion holds for them too. Invalid names the item: "watch/2: …".
  static Result<Scope> create(const std::vector<std::string>& watch, const std::vector<std::string>& exclude,
                              RuleSet rules = {}, Severity severity = Severity::Medium);

  /// Where a path stands.
  class Position {
   public:
    /// The path is watched: as something by some rule.
    [[nodiscard]] bool is_covered() const noexcept { return covers_files_ || covers_directories_; }
    [[nodiscard]] bool covers(host::FileKind kind) const noexcept {
      return kind == host::FileKind::Directory ? covers_directories_ : covers_files_;
    }
    /// It or something below it may be watched.
    [[nodiscard]] bool may_contain() const noexcept { return may_lead_on_ || is_covered(); }
    /// Something below it may be.
    [[nodiscard]] bool may_lead_on() const noexcept { return may_lead_on_; }
    /// Everything below stands as this does: no pattern makes a difference any more.
    [[nodiscard]] bool is_uniform() const noexcept { return is_uniform_; }

   private:
    friend class Scope;
    struct Place {
      std::uint32_t set = 0;
      std::uint32_t depth = 0;   // sections of the base that are matched
      std::uint32_t states = 0;  // where its patterns' states begin; only once the base is matched
      bool is_selected = false;  // by its keys
    };
    std::vector<Place> places_;
    std::vector<KeyPattern::State> states_;  // the excluded patterns', then each place's
    bool covers_files_ = false;
    bool covers_directories_ = false;
    bool may_lead_on_ = false;
    bool is_uniform_ = false;
    bool is_excluded_ = false;  // and so is all below it
  };

  [[nodiscard]] Position root() const;
  [[nodiscard]] Position descend(const Position& directory, std::string_view name) const;
  /// The position of an absolute path.
  [[nodiscard]] Position find(std::string_view path) const;

  /// A set that watches something, and the rule it is of.
  struct Cover {
    std::uint32_t rule = 0;
    const EntitySet* set = nullptr;
  };
  /// The sets that watch what stands there. A set whose tests do not hold is left out.
  [[nodiscard]] std::vector<Cover> covers(const Position& position, host::FileKind kind, const FeatureTest& test) const;
  /// The attributes that some set there watches.
  [[nodiscard]] AttributeSet attributes(const Position& position, host::FileKind kind) const;
  /// Some set there follows symbolic links, or keeps text.
  [[nodiscard]] bool follows_links(const Position& position) const;
  [[nodiscard]] bool keeps_text(const Position& position) const;
  /// Some set has tests.
  [[nodiscard]] bool has_features() const noexcept { return has_features_; }

  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_.rules; }
  /// The first rule that watches what stands there; nullptr for none.
  [[nodiscard]] const Rule* first_rule(const Position& position, host::FileKind kind) const;
  /// All attributes that some set watches.
  [[nodiscard]] AttributeSet all_attributes() const noexcept { return all_attributes_; }

  /// The names that can lead on from a directory, when no wildcard is involved: such a directory need not be listed.
  [[nodiscard]] std::optional<std::vector<std::string>> literal_names(const Position& directory) const;
  /// All of it as one text: equal texts, equal scopes.
  [[nodiscard]] std::string text() const;
  static Result<Scope> parse(std::string_view text);

 private:
  struct Choice {  // one include or exclude
    std::vector<KeyPattern> patterns;
    std::map<std::string, std::string> features;
  };
  struct Set {
    std::uint32_t rule = 0;
    std::uint32_t index = 0;  // in the rule's sets
    std::vector<std::string> base;
    std::vector<Choice> includes;
    std::vector<Choice> excludes;
    std::uint32_t patterns = 0;  // in both together
  };

  Result<void> compile();
  Result<void> add_watch(const std::string& pattern, Severity severity);
  [[nodiscard]] const EntitySet& entity_set(const Set& set) const { return rules_.rules[set.rule].sets[set.index]; }
  void enter_base(const Set& set, Position::Place& place, Position& position) const;
  void settle(Position& position) const;
  [[nodiscard]] bool is_selected(const Set& set, const Position& position, std::uint32_t states,
                                 const FeatureTest& test) const;
  [[nodiscard]] bool may_select_below(const Set& set, const Position& position, std::uint32_t states) const;

  RuleSet rules_;
  std::vector<std::string> watch_;
  std::vector<std::string> exclude_;
  std::size_t own_rules_ = 0;  // those made of `watch_`; the others are rules as such
  std::vector<KeyPattern> excluded_;
  std::vector<Set> sets_;
  bool has_features_ = false;
  AttributeSet all_attributes_ = 0;
};

}  // namespace warder::integrity
