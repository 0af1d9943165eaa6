#include "manager/events/filter_term.h"

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"
#include "manager/events/text_pattern.h"
#include "model/event.h"

namespace warder::manager {
namespace {

using Kind = FilterFieldKind;

struct Word {
  std::string_view text;
  std::int64_t value;
};

template <class Enum, std::size_t kCount>
std::vector<Word> words(const std::array<Enum, kCount>& values) {
  std::vector<Word> list;
  for (const Enum value : values) list.push_back({name(value), static_cast<std::int64_t>(value)});
  return list;
}

std::vector<Word> words_of(Kind kind) {
  constexpr std::array kSeverities = {Severity::Info, Severity::Low, Severity::Medium, Severity::High,
                                      Severity::Critical};
  constexpr std::array kModules = {ModuleKind::Agent,  ModuleKind::AntiMalware, ModuleKind::Firewall,
                                   ModuleKind::Ips,    ModuleKind::Integrity,   ModuleKind::LogInspection,
                                   ModuleKind::Manager};
  constexpr std::array kActions = {Action::Logged, Action::Allowed,  Action::Blocked, Action::Quarantined,
                                   Action::Killed, Action::Repaired, Action::Failed};
  if (kind == Kind::Severity) return words(kSeverities);
  if (kind == Kind::Module) return words(kModules);
  return words(kActions);
}

bool is_word_kind(Kind kind) noexcept {
  return kind == Kind::Severity || kind == Kind::Module || kind == Kind::Action;
}

std::string listing(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text.append(text.empty() ? "" : ", ").append(word.text);
  return text;
}

Result<std::int64_t> parse_word(const FilterField& field, std::string_view text) {
  const std::vector<Word> words = words_of(field.kind);
  for (const Word& word : words) {
    if (equals_ignoring_case(word.text, text)) return word.value;
  }
  return fail(ErrorCode::Invalid,
              "'" + std::string{text} + "' is no " + std::string{field.key} + ": " + listing(words));
}

Result<FilterValue> parse_value(const FilterField& field, const std::string& text) {
  switch (field.kind) {
    case Kind::Text:
    case Kind::AnyText:
      return FilterValue{text};
    case Kind::Uuid: {
      const auto id = parse_uuid(text);
      if (!id) return fail(ErrorCode::Invalid, std::string{field.key} + " wants a UUID");
      return FilterValue{id->text()};
    }
    case Kind::Integer: {
      const auto number = parse_integer<std::int64_t>(text);
      if (!number) return fail(ErrorCode::Invalid, std::string{field.key} + " wants a whole number");
      return FilterValue{*number};
    }
    case Kind::Boolean:
      if (text == "true" || text == "false") return FilterValue{std::int64_t{text == "true"}};
      return fail(ErrorCode::Invalid, std::string{field.key} + " wants true or false");
    case Kind::Time: {
      const auto time = parse_rfc3339(text);
      if (!time) return fail(ErrorCode::Invalid, std::string{field.key} + " wants a time like 2026-11-22T23:25:15Z");
      return FilterValue{to_micros(*time)};
    }
    case Kind::Severity:
    case Kind::Module:
    case Kind::Action:
      return FilterValue{WD_TRY(parse_word(field, text))};
  }
  return fail(ErrorCode::Internal, "unknown kind of field");
}

bool is_ordering(FilterOp op) noexcept {
  return op == FilterOp::Less || op == FilterOp::LessEqual || op == FilterOp::Greater || op == FilterOp::GreaterEqual;
}

bool takes(Kind kind, FilterOp op) noexcept {
  if (kind == Kind::AnyText) return op == FilterOp::Like;
  if (!is_ordering(op)) return true;
  return kind == Kind::Text || kind == Kind::Integer || kind == Kind::Time || kind == Kind::Severity;
}

/// `module:"anti*"` as `module in (…)`.
Result<FilterTerm> like_words(const FilterField& field, const std::string& pattern) {
  FilterTerm term{&field, FilterOp::In, {}};
  const std::vector<Word> words = words_of(field.kind);
  for (const Word& word : words) {
    if (matches_pattern(pattern, word.text)) term.values.emplace_back(word.value);
  }
  if (term.values.empty()) {
    return fail(ErrorCode::Invalid, "'" + pattern + "' matches no " + std::string{field.key} + ": " + listing(words));
  }
  return term;
}

Result<void> check_pattern(const std::string& pattern) {
  const auto wildcards = std::ranges::count_if(pattern, [](char c) { return c == '*' || c == '?'; });
  if (static_cast<std::size_t>(wildcards) > kMaxFilterWildcards)
    return fail(ErrorCode::TooLarge, "more than " + std::to_string(kMaxFilterWildcards) + " wildcards in one pattern");
  return {};
}

}  // namespace

Result<FilterTerm> make_filter_term(std::string_view key, FilterOp op, const std::vector<std::string>& values,
                                    FindFilterField find) {
  const FilterField* field = find(key);
  if (field == nullptr) return fail(ErrorCode::Invalid, "there is no field '" + std::string{key} + "'");
  if (!takes(field->kind, op)) {
    return fail(ErrorCode::Invalid,
                "'" + std::string{name(op)} + "' cannot be used with the field '" + std::string{field->key} + "'");
  }
  if (values.empty() || values.size() > kMaxFilterValues)
    return fail(ErrorCode::TooLarge, "1 to " + std::to_string(kMaxFilterValues) + " values");
  if (op == FilterOp::Like) {
    WD_TRY(check_pattern(values[0]));
    if (is_word_kind(field->kind)) return like_words(*field, values[0]);
    if (field->kind != Kind::Text && field->kind != Kind::AnyText) op = FilterOp::Equal;
  }
  FilterTerm term{field, op, {}};
  for (const std::string& value : values) {
    if (!is_utf8(value)) return fail(ErrorCode::Invalid, "a value is not UTF-8");
    term.values.push_back(WD_TRY(parse_value(*field, value)));
  }
  return term;
}

std::string filter_value_text(const FilterField& field, const FilterValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const std::int64_t number = std::get<std::int64_t>(value);
  if (field.kind == Kind::Time) return to_rfc3339(from_micros(number));
  if (field.kind == Kind::Boolean) return number != 0 ? "true" : "false";
  if (is_word_kind(field.kind)) {
    for (const Word& word : words_of(field.kind)) {
      if (word.value == number) return std::string{word.text};
    }
  }
  return std::to_string(number);
}

}  // namespace warder::manager
