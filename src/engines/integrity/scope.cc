#include "engines/integrity/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxParts = 256;

// A place in a pattern: its number and how many of its parts are matched.
std::uint32_t place(std::size_t pattern, std::size_t part) {
  return static_cast<std::uint32_t>((pattern << 9) | part);
}
std::size_t pattern_of(std::uint32_t place) {
  return place >> 9;
}
std::size_t part_of(std::uint32_t place) {
  return place & 0x1ffU;
}

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

}  // namespace

bool Scope::Position::may_contain() const noexcept {
  return !is_excluded && (rule.has_value() || has_pending_watch);
}

Result<Scope> Scope::create(const std::vector<std::string>& watch, const std::vector<std::string>& exclude) {
  Scope scope;
  for (std::size_t i = 0; i < watch.size(); ++i) {
    if (!watch[i].starts_with('/')) return fail(ErrorCode::Invalid, fmt::format("watch/{}: not an absolute path", i));
    WD_TRY(scope.add(watch[i], false, static_cast<std::uint32_t>(i)).in(fmt::format("watch/{}", i)));
    scope.rules_.push_back(watch[i]);
  }
  for (std::size_t i = 0; i < exclude.size(); ++i) {
    const bool is_name = exclude[i].find('/') == std::string::npos;
    const std::string pattern = is_name ? "/**/" + exclude[i] : exclude[i];
    if (!pattern.starts_with('/')) return fail(ErrorCode::Invalid, fmt::format("exclude/{}: not an absolute path", i));
    WD_TRY(scope.add(pattern, true, 0).in(fmt::format("exclude/{}", i)));
    scope.exclusions_.push_back(exclude[i]);
  }
  return scope;
}

Result<void> Scope::add(const std::string& text, bool is_exclusion, std::uint32_t rule) {
  Pattern pattern;
  pattern.is_exclusion = is_exclusion;
  pattern.rule = rule;
  for (const std::string_view part : split(text, '/')) {
    if (part.empty()) continue;
    if (part == "." || part == "..") return fail(ErrorCode::Invalid, "\".\" and \"..\" are not followed");
    if (part.find('\0') != std::string_view::npos) return fail(ErrorCode::Invalid, "a NUL byte cannot be in a path");
    pattern.parts.push_back({std::string(part), part == "**"});
  }
  if (pattern.parts.size() > kMaxParts) return fail(ErrorCode::TooLarge, "more than 256 directories deep");
  if (is_exclusion && pattern.parts.empty()) return fail(ErrorCode::Invalid, "excludes everything");
  patterns_.push_back(std::move(pattern));
  return {};
}

// Notes that `part` parts of the pattern are matched; "**" may also match no directory at all.
void Scope::enter(std::size_t pattern, std::size_t part, Position& position) const {
  const Pattern& entered = patterns_[pattern];
  if (part == entered.parts.size()) {
    if (entered.is_exclusion) position.is_excluded = true;
    if (!entered.is_exclusion && !position.rule) position.rule = entered.rule;
    return;
  }
  const std::uint32_t here = place(pattern, part);
  if (std::find(position.active.begin(), position.active.end(), here) != position.active.end()) return;
  position.active.push_back(here);
  if (!entered.is_exclusion) position.has_pending_watch = true;
  if (entered.parts[part].is_any_depth) enter(pattern, part + 1, position);
}

Scope::Position Scope::root() const {
  Position position;
  for (std::size_t i = 0; i < patterns_.size(); ++i) enter(i, 0, position);
  return position;
}

Scope::Position Scope::descend(const Position& directory, std::string_view name) const {
  Position position;
  position.rule = directory.rule;
  position.is_excluded = directory.is_excluded;
  for (const std::uint32_t here : directory.active) {
    const std::size_t pattern = pattern_of(here);
    const Part& part = patterns_[pattern].parts[part_of(here)];
    if (part.is_any_depth) {
      enter(pattern, part_of(here), position);
    } else if (matches_glob(part.glob, name)) {
      enter(pattern, part_of(here) + 1, position);
    }
  }
  return position;
}

Scope::Position Scope::find(std::string_view path) const {
  Position position = root();
  while (!path.empty() && position.may_contain()) {
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    if (!name.empty()) position = descend(position, name);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return position;
}

std::optional<std::vector<std::string>> Scope::literal_names(const Position& directory) const {
  if (directory.rule) return std::nullopt;
  std::vector<std::string> names;
  for (const std::uint32_t here : directory.active) {
    const Pattern& pattern = patterns_[pattern_of(here)];
    if (pattern.is_exclusion) continue;
    const Part& part = pattern.parts[part_of(here)];
    if (has_wildcard(part.glob)) return std::nullopt;
    names.push_back(part.glob);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// One item a line; a line break inside one is doubled with a leading backslash, as is a backslash.
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
  for (const std::string& item : rules_) add_line('+', item);
  for (const std::string& item : exclusions_) add_line('-', item);
  return text;
}

Result<Scope> Scope::parse(std::string_view text) {
  std::vector<std::string> watch;
  std::vector<std::string> exclude;
  for (const std::string_view line : split(text, '\n')) {
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
  return create(watch, exclude);
}

}  // namespace warder::integrity
