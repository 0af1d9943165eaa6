#include "engines/loginspection/xml_text.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace warder::loginspection {

std::string to_string(const Problem& problem) {
  std::string place = problem.file;
  if (problem.line != 0) place += fmt::format(":{}", problem.line);
  return fmt::format("{}: {}{}", place, problem.is_error ? "" : "warning: ", problem.message);
}

std::vector<rules::XmlElement> read_roots(std::string_view text, ProblemLog& log) {
  auto roots = rules::parse_rule_xml(text);
  if (roots) {
    const auto substituted = rules::substitute_variables(*roots);
    if (substituted) return std::move(*roots);
    roots = fail(substituted.error());
  }
  // "line 12: …" of the reader becomes the problem's line.
  std::string message = roots.error().message;
  std::size_t line = 0;
  if (message.starts_with("line ")) {
    const auto [end, error] = std::from_chars(message.data() + 5, message.data() + message.size(), line);
    if (error == std::errc{} && message.compare(static_cast<std::size_t>(end - message.data()), 2, ": ") == 0) {
      message.erase(0, static_cast<std::size_t>(end - message.data()) + 2);
    }
  }
  log.error(line, std::move(message));
  return {};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    const std::size_t end = word.find_first_of(" \t\n");
    if (!word.empty()) words.push_back(word.substr(0, end));
  }
  return words;
}

std::optional<rules::PatternLanguage> parse_pattern_language(std::string_view name) noexcept {
  if (equals_ignoring_case(name, "osmatch")) return rules::PatternLanguage::OsMatch;
  if (equals_ignoring_case(name, "osregex")) return rules::PatternLanguage::OsRegex;
  if (equals_ignoring_case(name, "pcre2")) return rules::PatternLanguage::Pcre2;
  return std::nullopt;
}

}  // namespace warder::loginspection
