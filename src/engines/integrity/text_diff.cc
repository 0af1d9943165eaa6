#include "engines/integrity/text_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxCells = 4 << 20;  // of the table of common lengths
constexpr std::size_t kContext = 3;
constexpr std::size_t kMaxBytes = 16 << 10;

struct Line {
  char mark;  // ' ', '-', '+'
  std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// Longest common subsequence of what is between a common head and tail.
void append_middle(const std::vector<std::string_view>& was, const std::vector<std::string_view>& is,
                   std::vector<Line>& out) {
  const std::size_t n = was.size();
  const std::size_t m = is.size();
  if ((n + 1) * (m + 1) > kMaxCells) {
    for (const auto line : was) out.push_back({'-', line});
    for (const auto line : is) out.push_back({'+', line});
    return;
  }
  std::vector<std::uint16_t> common((n + 1) * (m + 1), 0);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint16_t& { return common[i * (m + 1) + j]; };
  for (std::size_t i = n; i-- > 0;)
    for (std::size_t j = m; j-- > 0;)
      at(i, j) =
          was[i] == is[j] ? static_cast<std::uint16_t>(at(i + 1, j + 1) + 1) : std::max(at(i + 1, j), at(i, j + 1));
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && was[i] == is[j]) {
      out.push_back({' ', was[i++]});
      ++j;
    } else if (i < n && (j == m || at(i + 1, j) >= at(i, j + 1))) {
      out.push_back({'-', was[i++]});
    } else {
      out.push_back({'+', is[j++]});
    }
  }
}

std::vector<Line> compare_lines(std::vector<std::string_view> was, std::vector<std::string_view> is) {
  std::vector<Line> out;
  std::size_t head = 0;
  while (head < was.size() && head < is.size() && was[head] == is[head]) ++head;
  std::vector<Line> tail;
  while (was.size() > head && is.size() > head && was.back() == is.back()) {
    tail.push_back({' ', was.back()});
    was.pop_back();
    is.pop_back();
  }
  for (std::size_t i = 0; i < head; ++i) out.push_back({' ', was[i]});
  const auto skip = static_cast<std::ptrdiff_t>(head);
  append_middle({was.begin() + skip, was.end()}, {is.begin() + skip, is.end()}, out);
  out.insert(out.end(), tail.rbegin(), tail.rend());
  return out;
}

}  // namespace

std::string text_diff(std::string_view was, std::string_view is) {
  const std::vector<Line> lines = compare_lines(lines_of(was), lines_of(is));
  std::vector<bool> is_shown(lines.size(), false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const std::size_t first = i < kContext ? 0 : i - kContext;
    for (std::size_t k = first; k < std::min(lines.size(), i + kContext + 1); ++k) is_shown[k] = true;
  }
  std::string out;
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_shown[i] && (i == 0 || !is_shown[i - 1])) {
      std::size_t old_count = 0;
      std::size_t new_count = 0;
      for (std::size_t k = i; k < lines.size() && is_shown[k]; ++k) {
        old_count += lines[k].mark != '+' ? 1U : 0U;
        new_count += lines[k].mark != '-' ? 1U : 0U;
      }
      out += fmt::format("@@ -{},{} +{},{} @@\n", old_line, old_count, new_line, new_count);
    }
    if (is_shown[i]) out += fmt::format("{}{}\n", lines[i].mark, lines[i].text);
    if (out.size() > kMaxBytes) return out + "…\n";
    old_line += lines[i].mark != '+' ? 1U : 0U;
    new_line += lines[i].mark != '-' ? 1U : 0U;
  }
  return out;
}

}  // namespace warder::integrity
