#include "rules/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace warder::rules {

namespace {

// Enough for every published rule on kilobytes of line; a runaway pattern stops within milliseconds.
constexpr std::uint32_t kMatchLimit = 200'000;
constexpr std::uint32_t kDepthLimit = 2'000;
constexpr std::uint32_t kHeapLimitKib = 4'096;
constexpr std::uint32_t kMaxGroups = 64;

struct CodeFree {
  void operator()(pcre2_code* code) const noexcept { pcre2_code_free(code); }
};
struct MatchDataFree {
  void operator()(pcre2_match_data* data) const noexcept { pcre2_match_data_free(data); }
};
struct ContextFree {
  void operator()(pcre2_match_context* context) const noexcept { pcre2_match_context_free(context); }
};

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_lower(std::string_view subject, std::string_view lower_text) noexcept {
  return std::equal(subject.begin(), subject.end(), lower_text.begin(), lower_text.end(),
                    [](char a, char b) { return lower(a) == b; });
}

/// Offset behind the first occurrence, or npos.
std::size_t find_literal(std::string_view subject, const Pattern::Literal& literal) noexcept {
  const std::size_t size = literal.text.size();
  if (subject.size() < size) return std::string_view::npos;
  if (literal.at_start && literal.at_end && subject.size() != size) return std::string_view::npos;
  if (literal.at_start) return equals_lower(subject.substr(0, size), literal.text) ? size : std::string_view::npos;
  if (literal.at_end) {
    return equals_lower(subject.substr(subject.size() - size), literal.text) ? subject.size() : std::string_view::npos;
  }
  const auto found = std::search(subject.begin(), subject.end(), literal.text.begin(), literal.text.end(),
                                 [](char a, char b) { return lower(a) == b; });
  if (found == subject.end() && size != 0) return std::string_view::npos;
  return static_cast<std::size_t>(found - subject.begin()) + size;
}

std::vector<Pattern::Literal> parse_literals(std::string_view text) {
  std::vector<Pattern::Literal> literals;
  for (std::string_view part : split(text, '|')) {
    Pattern::Literal literal;
    literal.at_start = part.starts_with('^');
    if (literal.at_start) part.remove_prefix(1);
    literal.at_end = part.ends_with('$');
    if (literal.at_end) part.remove_suffix(1);
    literal.text = to_lower_ascii(part);
    literals.push_back(std::move(literal));
  }
  return literals;
}

}  // namespace

struct Pattern::Compiled {
  std::unique_ptr<pcre2_code, CodeFree> code;
  std::unique_ptr<pcre2_match_context, ContextFree> context;
};

Pattern::Pattern(PatternLanguage language, std::string_view text) : language_(language), text_(text) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(PatternLanguage language, std::string_view text) {
  if (text.empty()) return fail(ErrorCode::Invalid, "pattern: is empty");
  Pattern pattern(language, text);
  if (language == PatternLanguage::OsMatch) {
    pattern.literals_ = parse_literals(text);
    return pattern;
  }
  pattern.expression_ = language == PatternLanguage::OsRegex ? WD_TRY(os_regex_to_pcre2(text)) : std::string(text);

  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::uint32_t options = language == PatternLanguage::OsRegex ? PCRE2_CASELESS : 0U;
  auto compiled = std::make_unique<Compiled>();
  compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.expression_.data()),
                                     pattern.expression_.size(), options, &error, &offset, nullptr));
  if (!compiled->code) {
    std::array<PCRE2_UCHAR, 128> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    return fail(ErrorCode::Invalid,
                fmt::format("pattern: at {}: {}", offset, reinterpret_cast<const char*>(message.data())));
  }
  std::uint32_t groups = 0;
  pcre2_pattern_info(compiled->code.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  if (groups > kMaxGroups)
    return fail(ErrorCode::TooLarge, fmt::format("pattern: {} groups, at most {}", groups, kMaxGroups));
  pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE);  // without JIT the interpreter gives the same answers
  compiled->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(compiled->context.get(), kMatchLimit);
  pcre2_set_depth_limit(compiled->context.get(), kDepthLimit);
  pcre2_set_heap_limit(compiled->context.get(), kHeapLimitKib);
  pattern.compiled_ = std::move(compiled);
  return pattern;
}

bool Pattern::matches(std::string_view subject) const {
  thread_local Captures ignored;
  return match(subject, ignored);
}

bool Pattern::match(std::string_view subject, Captures& captures) const {
  captures.groups_.clear();
  if (!compiled_) {
    for (const Literal& literal : literals_) {
      const std::size_t end = find_literal(subject, literal);
      if (end == std::string_view::npos) continue;
      captures.end_ = end;
      return true;
    }
    return false;
  }
  thread_local const std::unique_ptr<pcre2_match_data, MatchDataFree> data{
      pcre2_match_data_create(kMaxGroups + 1, nullptr)};
  const int matched = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(),
                                  0, 0, data.get(), compiled_->context.get());
  if (matched < 0) return false;
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data.get());
  captures.end_ = offsets[1];
  for (int group = 1; group < matched; ++group) {
    const PCRE2_SIZE from = offsets[2 * group];
    if (from != PCRE2_UNSET) captures.groups_.push_back(subject.substr(from, offsets[2 * group + 1] - from));
  }
  return true;
}

}  // namespace warder::rules
