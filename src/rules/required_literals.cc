#include "rules/required_literals.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace warder::rules {

namespace {

using Strings = std::set<std::string>;

constexpr std::size_t kMaxStrings = 64;
constexpr std::size_t kMaxStringSize = 48;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxClass = 4;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t shortest(const Strings& strings) noexcept {
  std::size_t size = std::string::npos;
  for (const auto& text : strings) size = std::min(size, text.size());
  return size;
}

/// What is known of a part of an expression.
struct Known {
  bool is_exact = false;
  Strings exact;     // when exact: everything the part can match
  Strings required;  // else: one of these is in what it matches; empty: nothing is known

  static Known text(std::string value) { return {true, {std::move(value)}, {}}; }
  static Known nothing() { return {}; }
  [[nodiscard]] const Strings& best() const noexcept { return is_exact ? exact : required; }
};

/// Whether `a` makes a better filter than `b`.
bool is_better(const Strings& a, const Strings& b) noexcept {
  if (a.empty()) return false;
  if (b.empty()) return true;
  const std::size_t size_a = shortest(a);
  const std::size_t size_b = shortest(b);
  return size_a != size_b ? size_a > size_b : a.size() < b.size();
}

/// A run of parts one behind the other.
class Sequence {
 public:
  void append(Known part) {
    if (part.is_exact && open_ && can_join(part.exact)) {
      join(part.exact);
      return;
    }
    close();
    if (part.is_exact) {
      run_ = std::move(part.exact);
      open_ = true;
    } else {
      is_exact_ = false;
      if (is_better(part.required, best_)) best_ = std::move(part.required);
      run_ = {""};
      open_ = true;
    }
  }

  Known finish() && {
    if (is_exact_ && !was_split_) return {true, std::move(run_), {}};
    if (is_better(run_, best_)) best_ = std::move(run_);
    if (!best_.empty() && shortest(best_) == 0) best_.clear();
    return {false, {}, std::move(best_)};
  }

 private:
  [[nodiscard]] bool can_join(const Strings& next) const noexcept {
    if (run_.size() * next.size() > kMaxStrings) return false;
    const auto longest = [](const Strings& strings) {
      std::size_t size = 0;
      for (const auto& text : strings) size = std::max(size, text.size());
      return size;
    };
    return longest(run_) + longest(next) <= kMaxStringSize;
  }
  void join(const Strings& next) {
    Strings joined;
    for (const auto& head : run_) {
      for (const auto& tail : next) joined.insert(head + tail);
    }
    run_ = std::move(joined);
  }
  void close() {
    was_split_ = true;
    if (is_better(run_, best_)) best_ = run_;
  }

  Strings run_{""};
  Strings best_;
  bool open_ = true;
  bool is_exact_ = true;
  bool was_split_ = false;
};

/// Reads as much of PCRE2 as is needed to be never wrong; gives up on what it does not know.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Known> read() {
    Known known = alternatives(0);
    if (has_given_up_ || at_ != text_.size()) return std::nullopt;
    return known;
  }

 private:
  [[nodiscard]] bool is_end() const noexcept { return at_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  Known give_up() {
    has_given_up_ = true;
    at_ = text_.size();
    return Known::nothing();
  }

  Known alternatives(std::size_t depth) {
    if (depth > kMaxDepth) return give_up();
    Known all = sequence(depth);
    while (!has_given_up_ && peek() == '|' && !is_end()) {
      ++at_;
      all = either(std::move(all), sequence(depth));
    }
    return all;
  }

  static Known either(Known a, Known b) {
    if (a.is_exact && b.is_exact && a.exact.size() + b.exact.size() <= kMaxStrings) {
      a.exact.merge(b.exact);
      return a;
    }
    Strings both = a.best();
    const Strings& other = b.best();
    const bool is_known = !both.empty() && !other.empty() && shortest(both) > 0 && shortest(other) > 0 &&
                          both.size() + other.size() <= 4 * kMaxStrings;
    if (!is_known) return Known::nothing();
    both.insert(other.begin(), other.end());
    return {false, {}, std::move(both)};
  }

  Known sequence(std::size_t depth) {
    Sequence parts;
    while (!has_given_up_ && !is_end() && peek() != '|' && peek() != ')') {
      Known part = atom(depth);
      parts.append(quantified(std::move(part)));
    }
    return std::move(parts).finish();
  }

  Known quantified(Known part) {
    const char c = peek();
    if (is_end() || (c != '?' && c != '*' && c != '+' && !(c == '{' && is_repetition()))) return part;
    bool may_lack = c == '?' || c == '*';
    bool is_once = c == '?';
    if (c == '{') {
      ++at_;
      may_lack = peek() == '0' && (peek(1) < '0' || peek(1) > '9');
      while (peek() != '}') ++at_;
    }
    ++at_;
    if (!is_end() && (peek() == '?' || peek() == '+')) ++at_;
    if (may_lack) {
      if (!is_once || !part.is_exact || part.exact.size() >= kMaxStrings) return Known::nothing();
      part.exact.insert("");
      return part;
    }
    return {false, {}, part.best()};
  }

  [[nodiscard]] bool is_repetition() const noexcept {
    std::size_t i = at_ + 1;
    bool has_digit = false;
    for (; i < text_.size() && text_[i] != '}'; ++i) {
      if (text_[i] != ',' && (text_[i] < '0' || text_[i] > '9')) return false;
      has_digit = has_digit || text_[i] != ',';
    }
    return i < text_.size() && has_digit && text_[at_ + 1] != ',';
  }

  Known atom(std::size_t depth) {
    const char c = text_[at_];
    switch (c) {
      case '(':
        return group(depth);
      case '[':
        return character_class();
      case '\\':
        return escape();
      case '.':
        ++at_;
        return Known::nothing();
      case '^':
      case '$':
        ++at_;
        return Known::text("");
      case '*':
      case '+':
      case '?':
        return give_up();
      default:
        ++at_;
        return Known::text(std::string(1, lower(c)));
    }
  }

  Known group(std::size_t depth) {
    ++at_;
    bool is_assertion = false;
    if (peek() == '*') return give_up();
    if (peek() == '?') {
      ++at_;
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with(":") || rest.starts_with(">") || rest.starts_with("|")) {
        ++at_;
      } else if (rest.starts_with("=") || rest.starts_with("!")) {
        is_assertion = true;
        ++at_;
      } else if (rest.starts_with("<=") || rest.starts_with("<!")) {
        is_assertion = true;
        at_ += 2;
      } else if (rest.starts_with("<") || rest.starts_with("P<") || rest.starts_with("'")) {
        const std::size_t end = rest.find(rest.starts_with("'") ? '\'' : '>', 1);
        if (end == std::string_view::npos) return give_up();
        at_ += end + 1;
      } else {
        const std::size_t end = rest.find_first_not_of("imsnU-");
        if (end == std::string_view::npos) return give_up();
        at_ += end;
        if (peek() == ')') {
          ++at_;
          return Known::text("");
        }
        if (peek() != ':') return give_up();
        ++at_;
      }
    }
    Known inner = alternatives(depth + 1);
    if (has_given_up_ || peek() != ')') return give_up();
    ++at_;
    return is_assertion ? Known::text("") : inner;
  }

  Known character_class() {
    ++at_;
    const bool is_negated = peek() == '^';
    if (is_negated) ++at_;
    Strings members;
    bool is_open = is_negated;
    for (bool is_first = true; is_first || peek() != ']'; is_first = false) {
      if (is_end()) return give_up();
      char c = text_[at_++];
      if (c == '[' && (peek() == ':' || peek() == '.' || peek() == '=')) {
        const std::size_t end = text_.find(']', at_);
        if (end == std::string_view::npos) return give_up();
        at_ = end + 1;
        is_open = true;
        continue;
      }
      if (c == '\\') {
        if (is_end()) return give_up();
        c = text_[at_++];
        if (c == 'Q' || c == 'E' || c == 'p' || c == 'P' || c == 'x' || c == 'o' || c == 'N' || c == 'c') {
          if (c == 'Q' || c == 'E') return give_up();
          is_open = true;
          continue;
        }
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
          is_open = true;
          continue;
        }
      }
      if (peek() == '-' && peek(1) != ']') is_open = true;
      members.insert(std::string(1, lower(c)));
    }
    ++at_;
    if (is_open || members.size() > kMaxClass) return Known::nothing();
    return {true, std::move(members), {}};
  }

  Known escape() {
    ++at_;
    if (is_end()) return give_up();
    const char c = text_[at_++];
    switch (c) {
      case 't':
        return Known::text("\t");
      case 'b':
      case 'B':
      case 'A':
      case 'Z':
      case 'z':
      case 'G':
      case 'K':
        return Known::text("");
      case 'd':
      case 'D':
      case 's':
      case 'S':
      case 'w':
      case 'W':
      case 'h':
      case 'H':
      case 'v':
      case 'V':
      case 'R':
      case 'X':
      case 'n':
      case 'r':
      case 'f':
      case 'e':
      case 'a':
        return Known::nothing();
      case 'x':
        return hexadecimal();
      default:
        break;
    }
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return give_up();
    return Known::text(std::string(1, c));
  }

  /// \xHH; the braced form is not needed by anybody.
  Known hexadecimal() {
    if (peek() == '{') return give_up();
    for (int digits = 0; digits < 2 && std::isxdigit(static_cast<unsigned char>(peek())) != 0; ++digits) ++at_;
    return Known::nothing();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool has_given_up_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> required_literals(std::string_view expression, std::size_t min_size) {
  if (expression.find("\\Q") != std::string_view::npos || expression.find("(?#") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto known = Reader(expression).read();
  if (!known) return std::nullopt;
  const Strings& best = known->best();
  if (best.empty() || shortest(best) < min_size) return std::nullopt;
  return std::vector<std::string>(best.begin(), best.end());
}

}  // namespace warder::rules
