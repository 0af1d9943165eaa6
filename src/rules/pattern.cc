#include "rules/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

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

/// Offset behind the literal where it must stand, or npos.
std::size_t end_of_literal(std::string_view subject, std::string_view lower_text, bool at_start, bool at_end) noexcept {
  const std::size_t size = lower_text.size();
  if (subject.size() < size || (at_start && at_end && subject.size() != size)) return std::string_view::npos;
  if (at_start) return equals_lower(subject.substr(0, size), lower_text) ? size : std::string_view::npos;
  return equals_lower(subject.substr(subject.size() - size), lower_text) ? subject.size() : std::string_view::npos;
}

bool ignores_case(PatternLanguage language) noexcept {
  return language != PatternLanguage::Pcre2;
}

}  // namespace

struct Pattern::Compiled {
  std::unique_ptr<pcre2_code, CodeFree> code;
  std::size_t group_count = 0;
  bool has_jit = false;
  std::atomic<bool> is_ready = false;  // `code` and `has_jit` are what they stay
  std::mutex mutex;                    // guards getting there
};

struct Captures::Memory {
  std::unique_ptr<pcre2_match_data, MatchDataFree> data{pcre2_match_data_create(kMaxGroups + 1, nullptr)};
  std::unique_ptr<pcre2_match_context, ContextFree> context{pcre2_match_context_create(nullptr)};
};

Captures::Captures() : memory_(std::make_unique<Memory>()) {
  pcre2_set_match_limit(memory_->context.get(), kMatchLimit);
  pcre2_set_depth_limit(memory_->context.get(), kDepthLimit);
  pcre2_set_heap_limit(memory_->context.get(), kHeapLimitKib);
  groups_.reserve(kMaxGroups);
}
Captures::Captures(Captures&&) noexcept = default;
Captures& Captures::operator=(Captures&&) noexcept = default;
Captures::~Captures() = default;

Pattern::Pattern(PatternLanguage language, std::string_view text) : language_(language), text_(text) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(PatternLanguage language, std::string_view text) {
  Pattern pattern = WD_TRY(translate(language, text));
  if (pattern.compiled_) WD_TRY(pattern.compile_expression());
  return pattern;
}

Result<Pattern> Pattern::compile_later(PatternLanguage language, std::string_view text) {
  return translate(language, text);
}

Result<Pattern> Pattern::translate(PatternLanguage language, std::string_view text) {
  // An empty `match` fits everything: "<program_name/>".
  if (text.empty() && language != PatternLanguage::OsMatch) return fail(ErrorCode::Invalid, "pattern: is empty");
  Pattern pattern(language, text);
  switch (language) {
    case PatternLanguage::OsMatch: {
      pattern.expression_ = os_match_to_pcre2(text);
      const bool at_start = text.starts_with('^');
      const bool at_end = text.ends_with('$') && text != "^";
      if ((at_start || at_end) && text.find('|') == std::string_view::npos) {
        if (at_start) text.remove_prefix(1);
        if (at_end) text.remove_suffix(1);
        pattern.literal_ = Literal{to_lower_ascii(text), at_start, at_end};
        return pattern;
      }
      break;
    }
    case PatternLanguage::OsRegex:
      pattern.expression_ = WD_TRY(os_regex_to_pcre2(text));
      break;
    case PatternLanguage::Pcre2:
    case PatternLanguage::Pcre2Caseless:
      pattern.expression_ = std::string(text);
      break;
  }
  pattern.compiled_ = std::make_unique<Compiled>();
  return pattern;
}

std::size_t Pattern::group_count() const noexcept {
  return compiled_ ? compiled_->group_count : 0;
}

Result<void> Pattern::compile_expression() const {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::uint32_t options = ignores_case(language_) ? PCRE2_CASELESS : 0U;
  std::unique_ptr<pcre2_code, CodeFree> code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression_.data()),
                                                           expression_.size(), options, &error, &offset, nullptr));
  if (!code) {
    std::array<PCRE2_UCHAR, 128> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    return fail(ErrorCode::Invalid,
                fmt::format("pattern: at {}: {}", offset, reinterpret_cast<const char*>(message.data())));
  }
  std::uint32_t groups = 0;
  pcre2_pattern_info(code.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  if (groups > kMaxGroups)
    return fail(ErrorCode::TooLarge, fmt::format("pattern: {} groups, at most {}", groups, kMaxGroups));
  compiled_->group_count = groups;
  compiled_->code = std::move(code);
  return {};
}

/// Most patterns of a large rule set are never run: machine code is made for those that are.
const Pattern::Compiled& Pattern::ready() const {
  Compiled& compiled = *compiled_;
  if (compiled.is_ready.load(std::memory_order_acquire)) return compiled;
  const std::lock_guard lock(compiled.mutex);
  if (!compiled.is_ready.load(std::memory_order_relaxed)) {
    if (!compiled.code) static_cast<void>(compile_expression());
    // Without JIT the interpreter gives the same answers.
    compiled.has_jit = compiled.code && pcre2_jit_compile(compiled.code.get(), PCRE2_JIT_COMPLETE) == 0;
    compiled.is_ready.store(true, std::memory_order_release);
  }
  return compiled;
}

bool Pattern::matches(std::string_view subject) const {
  Captures ignored;
  return match(subject, ignored);
}

bool Pattern::match(std::string_view subject, Captures& captures) const {
  captures.groups_.clear();
  if (literal_) {
    captures.end_ = end_of_literal(subject, literal_->text, literal_->at_start, literal_->at_end);
    return captures.end_ != std::string_view::npos;
  }
  pcre2_match_data* const data = captures.memory_->data.get();
  const auto* const text = reinterpret_cast<PCRE2_SPTR>(subject.data() == nullptr ? "" : subject.data());
  const Compiled& compiled = ready();
  if (!compiled.code) return false;
  const auto run = compiled.has_jit ? pcre2_jit_match : pcre2_match;
  const int matched = run(compiled.code.get(), text, subject.size(), 0, 0, data, captures.memory_->context.get());
  if (matched < 0) {
    if (matched != PCRE2_ERROR_NOMATCH) ++captures.limit_hits_;
    return false;
  }
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data);
  captures.end_ = offsets[1];
  for (int group = 1; group < matched; ++group) {
    const PCRE2_SIZE from = offsets[2 * group];
    captures.groups_.push_back(from == PCRE2_UNSET ? std::string_view()
                                                   : subject.substr(from, offsets[2 * group + 1] - from));
  }
  return true;
}

}  // namespace warder::rules
