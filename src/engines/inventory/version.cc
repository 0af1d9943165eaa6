#include "engines/inventory/version.h"

#include <algorithm>
#include <cstddef>

namespace warder::inventory {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Cuts the leading digits off, without their zeros.
std::string_view take_number(std::string_view& text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

int compare_numbers(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

// deb-version(7): the tilde sorts before the end, letters before all else.
constexpr int dpkg_order(char c) noexcept {
  if (c == '~') return -1;
  if (is_digit(c)) return 0;
  if (is_letter(c)) return c;
  return static_cast<unsigned char>(c) + 256;
}

int compare_dpkg_part(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      const int left = a.empty() ? 0 : dpkg_order(a.front());
      const int right = b.empty() ? 0 : dpkg_order(b.front());
      if (left != right) return left - right;
      if (!a.empty()) a.remove_prefix(1);
      if (!b.empty()) b.remove_prefix(1);
    }
    const std::string_view left = take_number(a);
    if (const int order = compare_numbers(left, take_number(b)); order != 0) return order;
  }
  return 0;
}

// Cuts "1:" off; "0" where there is none.
std::string_view take_epoch(std::string_view& version) noexcept {
  const std::size_t colon = version.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view epoch = version.substr(0, colon);
  version.remove_prefix(colon + 1);
  return take_number(epoch);
}

// Cuts what follows the last dash off.
std::string_view take_revision(std::string_view& version) noexcept {
  const std::size_t dash = version.rfind('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view revision = version.substr(dash + 1);
  version = version.substr(0, dash);
  return revision;
}

std::string_view take_letters(std::string_view& text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && is_letter(text[end])) ++end;
  const std::string_view letters = text.substr(0, end);
  text.remove_prefix(end);
  return letters;
}

constexpr bool is_separator(char c) noexcept {
  return !is_digit(c) && !is_letter(c) && c != '~' && c != '^';
}

void skip_separators(std::string_view& text) noexcept {
  while (!text.empty() && is_separator(text.front())) text.remove_prefix(1);
}

bool starts_with(std::string_view text, char c) noexcept {
  return !text.empty() && text.front() == c;
}

// A tilde is older than nothing, a caret is newer than the end but older than anything else. 2: neither is there.
int compare_marks(std::string_view& a, std::string_view& b) noexcept {
  constexpr int kNone = 2;
  if (starts_with(a, '~') || starts_with(b, '~')) {
    if (!starts_with(a, '~')) return 1;
    if (!starts_with(b, '~')) return -1;
  } else if (starts_with(a, '^') || starts_with(b, '^')) {
    if (a.empty()) return -1;
    if (b.empty()) return 1;
    if (!starts_with(a, '^')) return 1;
    if (!starts_with(b, '^')) return -1;
  } else {
    return kNone;
  }
  a.remove_prefix(1);
  b.remove_prefix(1);
  return 0;
}

// rpm's rpmio/rpmvercmp.c.
int compare_rpm_part(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() || !b.empty()) {
    skip_separators(a);
    skip_separators(b);
    const int marks = compare_marks(a, b);
    if (marks == 0) continue;
    if (marks != 2) return marks;
    if (a.empty() || b.empty()) break;
    if (is_digit(a.front()) != is_digit(b.front())) return is_digit(a.front()) ? 1 : -1;
    int order = 0;
    if (is_digit(a.front())) {
      const std::string_view left = take_number(a);
      order = compare_numbers(left, take_number(b));
    } else {
      const std::string_view left = take_letters(a);
      order = left.compare(take_letters(b));
    }
    if (order != 0) return order;
  }
  if (a.empty() && b.empty()) return 0;
  return a.empty() ? -1 : 1;
}

}  // namespace

int compare_dpkg(std::string_view a, std::string_view b) noexcept {
  const std::string_view epoch = take_epoch(a);
  if (const int order = compare_numbers(epoch, take_epoch(b)); order != 0) return order;
  const std::string_view left = take_revision(a);
  const std::string_view right = take_revision(b);
  if (const int order = compare_dpkg_part(a, b); order != 0) return order;
  return compare_dpkg_part(left, right);
}

int compare_rpm(std::string_view a, std::string_view b) noexcept {
  const std::string_view epoch = take_epoch(a);
  if (const int order = compare_numbers(epoch, take_epoch(b)); order != 0) return order;
  const std::string_view left = take_revision(a);
  const std::string_view right = take_revision(b);
  if (const int order = compare_rpm_part(a, b); order != 0) return order;
  if (left.empty() || right.empty()) return 0;  // a version without a release stands for all of them
  return compare_rpm_part(left, right);
}

int compare_versions(std::string_view manager, std::string_view a, std::string_view b) noexcept {
  if (manager == "dpkg") return compare_dpkg(a, b);
  if (manager == "rpm") return compare_rpm(a, b);
  for (std::string_view* version : {&a, &b})
    if (version->starts_with('v')) version->remove_prefix(1);
  return compare_dpkg_part(a, b);
}

}  // namespace warder::inventory
