#include "engines/ips/comparison.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace warder::ips {

namespace {

constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> value_of(std::string_view text, std::span<const app::ValueName> names) {
  text = trim(text);
  if (const auto number = parse_size(text)) return number;
  const auto lower = to_lower_ascii(text);
  for (const auto& name : names) {
    if (name.name == lower) return name.value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  text = trim(text);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  text = trim(text);
  if (const auto number = parse_number(text)) return number;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto number = parse_integer<std::uint64_t>(text.substr(0, digits));
  if (!number) return std::nullopt;
  const auto unit = trim(text.substr(digits));
  unsigned shift = 0;
  if (equals_ignoring_case(unit, "kb") || equals_ignoring_case(unit, "kib") || equals_ignoring_case(unit, "k")) {
    shift = 10;
  } else if (equals_ignoring_case(unit, "mb") || equals_ignoring_case(unit, "mib") || equals_ignoring_case(unit, "m")) {
    shift = 20;
  } else if (equals_ignoring_case(unit, "gb") || equals_ignoring_case(unit, "gib") || equals_ignoring_case(unit, "g")) {
    shift = 30;
  } else {
    return std::nullopt;
  }
  if (*number > kMax >> shift) return std::nullopt;
  return *number << shift;
}

Result<Comparison::Term> Comparison::parse_term(std::string_view text, Ends ends,
                                                std::span<const app::ValueName> names) {
  const auto whole = text;
  const auto bad = [&] { return fail(ErrorCode::Invalid, "\"" + std::string(whole) + "\" is not a comparison"); };
  text = trim(text);
  const bool is_negated = text.starts_with('!');
  if (is_negated) text = trim(text.substr(1));
  if (text.starts_with('=')) text = trim(text.substr(1));
  const auto kind = is_negated ? Kind::NotRange : Kind::Range;
  if (text.starts_with('&')) {
    const auto equals = text.find('=');
    const auto mask = parse_number(text.substr(1, equals == std::string_view::npos ? equals : equals - 1));
    if (!mask) return bad();
    if (equals == std::string_view::npos) return Term{is_negated ? Kind::Mask : Kind::NotMask, *mask, 0};
    const bool is_unequal = equals > 0 && text[equals - 1] == '!';
    const auto wanted = parse_number(text.substr(equals + 1));
    if (!wanted) return bad();
    return Term{is_negated != is_unequal ? Kind::NotMask : Kind::Mask, *mask, *wanted};
  }
  if (text.starts_with('<') || text.starts_with('>')) {
    const bool is_less = text.front() == '<';
    const bool or_equal = text.size() > 1 && text[1] == '=';
    const auto value = value_of(text.substr(or_equal ? 2 : 1), names);
    if (!value) return bad();
    if (is_less) return or_equal ? Term{kind, 0, *value} : *value == 0 ? Term{kind, 1, 0} : Term{kind, 0, *value - 1};
    return or_equal ? Term{kind, *value, kMax} : *value == kMax ? Term{kind, 1, 0} : Term{kind, *value + 1, kMax};
  }
  for (const std::string_view between : {"<=>", "<>", "-"}) {
    const auto at = text.find(between, 1);
    if (at == std::string_view::npos) continue;
    const auto low = value_of(text.substr(0, at), names);
    const auto high = value_of(text.substr(at + between.size()), names);
    if (!low || !high) continue;
    if (*high < *low) return bad();
    if (ends == Ends::Inclusive || between == "<=>") return Term{kind, *low, *high};
    if (*high - *low < 2) return bad();
    return Term{kind, *low + 1, *high - 1};
  }
  const auto value = value_of(text, names);
  if (!value) return bad();
  return Term{kind, *value, *value};
}

Result<Comparison> Comparison::parse(std::string_view text, Ends ends, std::span<const app::ValueName> names) {
  Comparison comparison;
  text = trim(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  for (const auto part : split(text, ',')) comparison.terms_.push_back(WD_TRY(parse_term(part, ends, names)));
  return comparison;
}

Result<Comparison> Comparison::parse_flags(std::string_view text, std::span<const app::ValueName> names) {
  Term term{Kind::Mask, 0, 0};
  for (auto part : split(text, ',')) {
    part = trim(part);
    const bool is_negated = part.starts_with('!');
    const auto bits = value_of(is_negated ? part.substr(1) : part, names);
    if (!bits) return fail(ErrorCode::Invalid, "\"" + std::string(part) + "\" is no flag");
    term.low |= *bits;
    if (!is_negated) term.high |= *bits;
  }
  Comparison comparison;
  comparison.terms_.push_back(term);
  return comparison;
}

Comparison Comparison::equal(std::uint64_t value) {
  Comparison comparison;
  comparison.terms_.push_back({Kind::Range, value, value});
  return comparison;
}

bool Comparison::matches(const Term& term, std::uint64_t value) noexcept {
  switch (term.kind) {
    case Kind::Range:
      return value >= term.low && value <= term.high;
    case Kind::NotRange:
      return value < term.low || value > term.high;
    case Kind::Mask:
      return (value & term.low) == term.high;
    case Kind::NotMask:
      return (value & term.low) != term.high;
  }
  return false;
}

bool Comparison::matches(std::uint64_t value) const noexcept {
  return std::ranges::any_of(terms_, [&](const Term& term) { return matches(term, value); });
}

std::uint64_t Comparison::lowest() const noexcept {
  std::uint64_t lowest = kMax;
  for (const auto& term : terms_) lowest = std::min(lowest, term.kind == Kind::Range ? term.low : 0);
  return lowest;
}

std::uint64_t Comparison::highest() const noexcept {
  std::uint64_t highest = 0;
  for (const auto& term : terms_) highest = std::max(highest, term.kind == Kind::Range ? term.high : kMax);
  return highest;
}

}  // namespace warder::ips
