// What the loaders of decoders and rules share: reading a text's XML and collecting what is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/loginspection/definition.h"
#include "rules/pattern.h"
#include "rules/xml.h"

namespace warder::loginspection {

/// Collects the problems of one text.
class ProblemLog {
 public:
  ProblemLog(std::string file, std::vector<Problem>& problems) : file_(std::move(file)), problems_(problems) {}
  void error(std::size_t line, std::string message) { problems_.push_back({file_, line, std::move(message), true}); }
  void warning(std::size_t line, std::string message) { problems_.push_back({file_, line, std::move(message), false}); }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

 private:
  std::string file_;
  std::vector<Problem>& problems_;
};

/// The text's elements with variables replaced; none, and an error logged, when it cannot be read.
std::vector<rules::XmlElement> read_roots(std::string_view text, ProblemLog& log);

/// The words of "a, b,c".
std::vector<std::string_view> words_of(std::string_view text);

/// "osmatch", "osregex", "pcre2".
std::optional<rules::PatternLanguage> parse_pattern_language(std::string_view name) noexcept;

}  // namespace warder::loginspection
