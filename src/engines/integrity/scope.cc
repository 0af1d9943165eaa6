#include "engines/integrity/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/integrity/rule_xml.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxParts = 256;

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

// A watched path has no escapes: its backslashes are meant.
std::string with_plain_backslashes(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return out;
}

std::vector<std::string> sections_of(std::string_view path) {
  std::vector<std::string> sections;
  for (const std::string_view part : split(path, '/'))
    if (!part.empty()) sections.emplace_back(part);
  return sections;
}

Result<void> check_pattern(const std::string& text) {
  std::size_t count = 0;
  for (const std::string_view part : split(text, '/')) {
    if (part == "." || part == "..") return fail(ErrorCode::Invalid, "\".\" and \"..\" are not followed");
    if (part.find('\0') != std::string_view::npos) return fail(ErrorCode::Invalid, "a NUL byte cannot be in a path");
    if (!part.empty()) ++count;
  }
  if (count > kMaxParts) return fail(ErrorCode::TooLarge, "more than 256 directories deep");
  return {};
}

}  // namespace

Result<Scope> Scope::create(const std::vector<std::string>& watch, const std::vector<std::string>& exclude,
                            RuleSet rules, Severity severity) {
  Scope scope;
  for (std::size_t i = 0; i < watch.size(); ++i) {
    const std::string place = fmt::format("watch/{}", i);
    if (!watch[i].starts_with('/')) return fail(ErrorCode::Invalid, place + ": not an absolute path");
    WD_TRY(check_pattern(watch[i]).in(place));
    WD_TRY(scope.add_watch(watch[i], severity).in(place));
  }
  for (std::size_t i = 0; i < exclude.size(); ++i) {
    const std::string place = fmt::format("exclude/{}", i);
    const bool is_name = exclude[i].find('/') == std::string::npos;
    const std::string pattern = is_name ? "/**/" + exclude[i] : exclude[i];
    if (!pattern.starts_with('/')) return fail(ErrorCode::Invalid, place + ": not an absolute path");
    WD_TRY(check_pattern(pattern).in(place));
    if (sections_of(pattern).empty()) return fail(ErrorCode::Invalid, place + ": excludes everything");
    for (KeyPattern& each : WD_TRY(KeyPattern::create(with_plain_backslashes(pattern) + "/**").in(place)))
      scope.excluded_.push_back(std::move(each));
    scope.exclude_.push_back(exclude[i]);
  }
  scope.own_rules_ = scope.rules_.rules.size();
  for (Rule& rule : rules.rules) scope.rules_.rules.push_back(std::move(rule));
  WD_TRY(scope.compile());
  return scope;
}

// "/home/*/.ssh" is everything in /home that begins with the rest.
Result<void> Scope::add_watch(const std::string& pattern, Severity severity) {
  EntitySet set;
  set.attributes = kPersonSet;
  set.base = "/";
  std::string rest;
  for (const std::string& section : sections_of(pattern)) {
    if (rest.empty() && !has_wildcard(section)) {
      set.base = host::join(set.base, section);
    } else {
      rest += (rest.empty() ? "" : "/") + with_plain_backslashes(section);
    }
  }
  if (!rest.empty()) set.includes.push_back({rest + "/**", {}});
  Rule rule;
  rule.id = pattern;
  rule.severity = severity;
  rule.sets.push_back(set);
  set.kind = SetKind::Directory;
  rule.sets.push_back(std::move(set));
  rules_.rules.push_back(std::move(rule));
  watch_.push_back(pattern);
  return {};
}

Result<void> Scope::compile() {
  const auto choices_of = [](const std::vector<Condition>& conditions,
                             const std::string& base) -> Result<std::vector<Choice>> {
    std::vector<Choice> choices;
    for (const Condition& each : conditions) {
      Choice choice;
      choice.patterns = WD_TRY(KeyPattern::create(each.key.empty() ? "**" : each.key));
      // A key that is written as an absolute path means that path.
      if (each.key.starts_with(base + "/"))
        for (KeyPattern& more : WD_TRY(KeyPattern::create(each.key.substr(base.size()))))
          choice.patterns.push_back(std::move(more));
      choice.features = each.features;
      choices.push_back(std::move(choice));
    }
    return choices;
  };
  for (std::size_t r = 0; r < rules_.rules.size(); ++r) {
    const Rule& rule = rules_.rules[r];
    for (std::size_t s = 0; s < rule.sets.size(); ++s) {
      const EntitySet& from = rule.sets[s];
      if (!is_of_files(from.kind)) continue;
      Set set;
      set.rule = static_cast<std::uint32_t>(r);
      set.index = static_cast<std::uint32_t>(s);
      set.base = sections_of(from.base);
      set.includes = WD_TRY(choices_of(from.includes, from.base));
      set.excludes = WD_TRY(choices_of(from.excludes, from.base));
      for (const auto* list : {&set.includes, &set.excludes})
        for (const Choice& choice : *list) {
          set.patterns += static_cast<std::uint32_t>(choice.patterns.size());
          has_features_ = has_features_ || !choice.features.empty();
        }
      all_attributes_ |= from.attributes;
      sets_.push_back(std::move(set));
    }
  }
  return {};
}

Scope::Position Scope::root() const {
  Position position;
  for (const KeyPattern& each : excluded_) position.states_.push_back(each.start());
  for (std::uint32_t i = 0; i < sets_.size(); ++i) {
    Position::Place place;
    place.set = i;
    if (sets_[i].base.empty()) enter_base(sets_[i], place, position);
    position.places_.push_back(place);
  }
  settle(position);
  return position;
}

void Scope::enter_base(const Set& set, Position::Place& place, Position& position) const {
  place.states = static_cast<std::uint32_t>(position.states_.size());
  for (const auto* list : {&set.includes, &set.excludes})
    for (const Choice& choice : *list)
      for (const KeyPattern& pattern : choice.patterns) position.states_.push_back(pattern.start());
}

Scope::Position Scope::descend(const Position& directory, std::string_view name) const {
  if (directory.is_uniform_) return directory;
  Position position;
  if (directory.is_excluded_) {
    position.is_excluded_ = true;
    return position;
  }
  position.states_.reserve(directory.states_.size());
  for (std::size_t i = 0; i < excluded_.size(); ++i)
    position.states_.push_back(excluded_[i].step(directory.states_[i], name));
  position.places_.reserve(directory.places_.size());
  for (const Position::Place& place : directory.places_) {
    const Set& set = sets_[place.set];
    if (place.depth < set.base.size()) {
      if (set.base[place.depth] != name) continue;
      Position::Place next = place;
      if (++next.depth == set.base.size()) enter_base(set, next, position);
      position.places_.push_back(next);
      continue;
    }
    Position::Place next = place;
    next.states = static_cast<std::uint32_t>(position.states_.size());
    std::size_t at = place.states;
    for (const auto* list : {&set.includes, &set.excludes})
      for (const Choice& choice : *list)
        for (const KeyPattern& pattern : choice.patterns)
          position.states_.push_back(pattern.step(directory.states_[at++], name));
    position.places_.push_back(next);
  }
  settle(position);
  return position;
}

bool Scope::is_selected(const Set& set, const Position& position, std::uint32_t states, const FeatureTest& test) const {
  std::size_t at = states;
  const auto holds = [&](const Choice& choice, bool if_unknown) {
    bool is_match = false;
    for (const KeyPattern& pattern : choice.patterns) is_match = pattern.is_match(position.states_[at++]) || is_match;
    if (!is_match || choice.features.empty()) return is_match;
    if (!test) return if_unknown;
    return std::all_of(choice.features.begin(), choice.features.end(),
                       [&](const auto& feature) { return test(feature.first, feature.second); });
  };
  bool is_included = set.includes.empty();
  for (const Choice& choice : set.includes) is_included = holds(choice, true) || is_included;
  for (const Choice& choice : set.excludes)
    if (holds(choice, false)) is_included = false;
  return is_included;
}

bool Scope::may_select_below(const Set& set, const Position& position, std::uint32_t states) const {
  std::size_t at = states;
  bool may_include = set.includes.empty();
  for (const Choice& choice : set.includes)
    for (const KeyPattern& pattern : choice.patterns)
      may_include = pattern.may_match_below(position.states_[at++]) || may_include;
  for (const Choice& choice : set.excludes)
    for (const KeyPattern& pattern : choice.patterns)
      if (pattern.matches_all_below(position.states_[at++]) && choice.features.empty()) may_include = false;
  return may_include;
}

// Works out what the position means.
void Scope::settle(Position& position) const {
  for (std::size_t i = 0; i < excluded_.size(); ++i)
    if (excluded_[i].is_match(position.states_[i])) {
      position = {};
      position.is_excluded_ = true;
      return;
    }
  position.is_uniform_ = excluded_.empty() && !position.places_.empty();
  for (Position::Place& place : position.places_) {
    const Set& set = sets_[place.set];
    if (place.depth < set.base.size()) {
      position.may_lead_on_ = true;
      position.is_uniform_ = false;
      continue;
    }
    place.is_selected = is_selected(set, position, place.states, {});
    position.may_lead_on_ = position.may_lead_on_ || may_select_below(set, position, place.states);
    if (set.patterns != 0) position.is_uniform_ = false;
    if (!place.is_selected) continue;
    (entity_set(set).kind == SetKind::Directory ? position.covers_directories_ : position.covers_files_) = true;
  }
  std::erase_if(position.places_, [&](const Position::Place& place) {
    const Set& set = sets_[place.set];
    return place.depth == set.base.size() && !place.is_selected && !may_select_below(set, position, place.states);
  });
}

Scope::Position Scope::find(std::string_view path) const {
  Position position = root();
  while (!path.empty() && position.may_lead_on_) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    if (!name.empty()) position = descend(position, name);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return path.empty() || position.is_uniform_ ? position : Position{};
}

std::vector<Scope::Cover> Scope::covers(const Position& position, host::FileKind kind, const FeatureTest& test) const {
  std::vector<Cover> covers;
  const SetKind wanted = kind == host::FileKind::Directory ? SetKind::Directory : SetKind::File;
  for (const Position::Place& place : position.places_) {
    const Set& set = sets_[place.set];
    if (!place.is_selected || entity_set(set).kind != wanted) continue;
    if (test && has_features_ && !is_selected(set, position, place.states, test)) continue;
    covers.push_back({set.rule, &entity_set(set)});
  }
  return covers;
}

AttributeSet Scope::attributes(const Position& position, host::FileKind kind) const {
  const SetKind wanted = kind == host::FileKind::Directory ? SetKind::Directory : SetKind::File;
  AttributeSet all = 0;
  for (const Position::Place& place : position.places_) {
    const EntitySet& set = entity_set(sets_[place.set]);
    if (place.is_selected && set.kind == wanted) all |= set.attributes;
  }
  return all;
}

bool Scope::follows_links(const Position& position) const {
  return std::any_of(position.places_.begin(), position.places_.end(), [&](const Position::Place& place) {
    return place.depth == sets_[place.set].base.size() && entity_set(sets_[place.set]).follow_links;
  });
}

bool Scope::keeps_text(const Position& position) const {
  return std::any_of(position.places_.begin(), position.places_.end(), [&](const Position::Place& place) {
    return place.is_selected && entity_set(sets_[place.set]).diff;
  });
}

const Rule* Scope::first_rule(const Position& position, host::FileKind kind) const {
  const SetKind wanted = kind == host::FileKind::Directory ? SetKind::Directory : SetKind::File;
  for (const Position::Place& place : position.places_) {
    const Set& set = sets_[place.set];
    if (place.is_selected && entity_set(set).kind == wanted) return &rules_.rules[set.rule];
  }
  return nullptr;
}

std::optional<std::vector<std::string>> Scope::literal_names(const Position& directory) const {
  std::vector<std::string> names;
  for (const Position::Place& place : directory.places_) {
    const Set& set = sets_[place.set];
    if (place.depth < set.base.size()) {
      names.push_back(set.base[place.depth]);
      continue;
    }
    if (set.includes.empty()) return std::nullopt;
    std::size_t at = place.states;
    for (const Choice& choice : set.includes)
      for (const KeyPattern& pattern : choice.patterns)
        if (!pattern.next_literals(directory.states_[at++], names)) return std::nullopt;
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// One item a line; a line break inside one is doubled with a leading backslash, as is a backslash. Then the rules.
std::string Scope::text() const {
  std::string text;
  const auto add_line = [&](char kind, const std::string& item) {
    text += kind;
    for (const char c : item) {
      if (c == '\\' || c == '\n') text += '\\';
      text += c == '\n' ? 'n' : c;
    }
    text += '\n';
  };
  for (const std::string& item : watch_) add_line('+', item);
  for (const std::string& item : exclude_) add_line('-', item);
  if (rules_.rules.size() > own_rules_) {
    RuleSet others;
    others.rules.assign(rules_.rules.begin() + static_cast<std::ptrdiff_t>(own_rules_), rules_.rules.end());
    text += to_xml(others);
  }
  return text;
}

Result<Scope> Scope::parse(std::string_view text) {
  std::vector<std::string> watch;
  std::vector<std::string> exclude;
  RuleSet rules;
  while (!text.empty()) {
    if (text.starts_with('<')) {
      rules = WD_TRY(load_xml_rules(text, {}));
      break;
    }
    const auto end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) continue;
    std::string item;
    for (std::size_t i = 1; i < line.size(); ++i) {
      if (line[i] != '\\' || i + 1 == line.size()) {
        item += line[i];
        continue;
      }
      ++i;
      item += line[i] == 'n' ? '\n' : line[i];
    }
    (line.front() == '-' ? exclude : watch).push_back(std::move(item));
  }
  return create(watch, exclude, std::move(rules));
}

}  // namespace warder::integrity
