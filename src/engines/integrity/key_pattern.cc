#include "engines/integrity/key_pattern.h"

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxSections = 60;
constexpr std::size_t kMaxVariants = 8;  // of one text with "**" inside sections

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// The number of bytes of the character at `at`; a byte that is no UTF-8 counts as one.
std::size_t character_size(std::string_view text, std::size_t at) noexcept {
  std::size_t size = 1;
  if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0xc0U) return 1;
  while (at + size < text.size() && size < 4 && is_continuation(text[at + size])) ++size;
  return size;
}

// "a**b" → "a*b" and "a*/**/*b": the run ends in the same section, or in a later one.
std::vector<std::string> expand(std::string_view text) {
  std::vector<std::string> done;
  std::vector<std::string> open = {std::string(text)};
  while (!open.empty() && done.size() + open.size() <= kMaxVariants) {
    std::string each = std::move(open.back());
    open.pop_back();
    std::size_t at = 0;
    for (; (at = each.find("**", at)) != std::string::npos; at += 2) {
      const bool starts = at == 0 || each[at - 1] == '/';
      const bool ends = at + 2 == each.size() || each[at + 2] == '/';
      if (!starts || !ends) break;
    }
    if (at == std::string::npos) {
      done.push_back(std::move(each));
      continue;
    }
    const std::string head = each.substr(0, at);
    const std::string tail = each.substr(at + 2);
    open.push_back(head + "*" + tail);
    open.push_back((head.empty() || head.back() == '/' ? head : head + "*/") + "**/*" + tail);
  }
  for (std::string& each : open) done.push_back(std::move(each));
  return done;
}

}  // namespace

bool matches_section(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += character_size(text, t);
      continue;
    }
    const bool is_escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const std::size_t literal = p + (is_escaped ? 1 : 0);
    if (literal < pattern.size() && pattern[literal] == text[t]) {
      p = literal + 1;
      ++t;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star + 1;
    t = ++resume;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<std::vector<KeyPattern>> KeyPattern::create(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  std::vector<KeyPattern> patterns;
  const std::string whole = text.ends_with('/') ? std::string(text) + "**" : std::string(text);
  for (const std::string& each : expand(whole)) {
    KeyPattern pattern;
    for (const std::string_view part : split(each, '/')) {
      if (part.empty()) continue;
      if (part.find('\0') != std::string_view::npos) return fail(ErrorCode::Invalid, "a NUL byte cannot be in a key");
      const bool is_any_depth = part == "**";
      if (is_any_depth && !pattern.sections_.empty() && pattern.sections_.back().is_any_depth) continue;
      pattern.sections_.push_back(
          {std::string(part), is_any_depth, part.find_first_of("*?\\") == std::string_view::npos});
    }
    if (pattern.sections_.size() > kMaxSections) return fail(ErrorCode::TooLarge, "more than 60 sections");
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

KeyPattern::State KeyPattern::closure(State state) const noexcept {
  for (std::size_t i = 0; i < sections_.size(); ++i)
    if ((state >> i & 1U) != 0 && sections_[i].is_any_depth) state |= State{1} << (i + 1);
  return state;
}

KeyPattern::State KeyPattern::step(State state, std::string_view section) const noexcept {
  State next = 0;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    if ((state >> i & 1U) == 0) continue;
    const Section& each = sections_[i];
    if (each.is_any_depth) {
      next |= State{1} << i;
    } else if (each.is_literal ? each.text == section : matches_section(each.text, section)) {
      next |= State{1} << (i + 1);
    }
  }
  return closure(next);
}

bool KeyPattern::matches(std::string_view key) const noexcept {
  State state = start();
  while (!key.empty()) {
    const auto slash = key.find('/');
    state = step(state, key.substr(0, slash));
    key = slash == std::string_view::npos ? std::string_view() : key.substr(slash + 1);
  }
  return is_match(state);
}

bool KeyPattern::next_literals(State state, std::vector<std::string>& names) const {
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    if ((state >> i & 1U) == 0) continue;
    if (!sections_[i].is_literal) return false;
    names.push_back(sections_[i].text);
  }
  return true;
}

}  // namespace warder::integrity
