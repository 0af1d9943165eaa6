#include "engines/ips/byte_fields.h"

#include <bit>

namespace warder::ips {

namespace {

std::uint64_t binary(ByteView bytes, bool is_little_endian) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value = value << 8 | bytes[is_little_endian ? bytes.size() - 1 - i : i];
  }
  return value;
}

int digit(std::uint8_t c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

/// Digits after spaces and "0x"; the rest of the field may be anything.
std::optional<FieldValue> textual(ByteView bytes, std::size_t from, int base) noexcept {
  std::size_t at = 0;
  while (at < bytes.size() && (bytes[at] == ' ' || bytes[at] == '\t')) ++at;
  if (base == 16 && at + 1 < bytes.size() && bytes[at] == '0' && (bytes[at + 1] | 0x20) == 'x') at += 2;
  std::uint64_t value = 0;
  const auto first = at;
  while (at < bytes.size() && digit(bytes[at]) < base) {
    value = value * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit(bytes[at]));
    ++at;
  }
  if (at == first) return std::nullopt;
  return FieldValue{value, from + at};
}

}  // namespace

std::optional<FieldValue> read_field(ByteView buffer, const ResolvedField& field) noexcept {
  const auto size = static_cast<std::int64_t>(buffer.size());
  if (field.offset < 0 || field.offset > size || field.bytes < 0 || field.bytes > size - field.offset) {
    return std::nullopt;
  }
  const auto from = static_cast<std::size_t>(field.offset);
  const auto bytes = buffer.subspan(from, static_cast<std::size_t>(field.bytes));
  switch (field.text) {
    case NumberText::Binary:
      if (bytes.size() > 8) return std::nullopt;  // none: 0
      return FieldValue{binary(bytes, field.is_little_endian), from + bytes.size()};
    case NumberText::Decimal:
      return textual(bytes, from, 10);
    case NumberText::Hex:
      return textual(bytes, from, 16);
    case NumberText::Octal:
      return textual(bytes, from, 8);
  }
  return std::nullopt;
}

std::uint64_t apply_mask(std::uint64_t value, std::uint64_t mask) noexcept {
  return mask == 0 ? value : (value & mask) >> std::countr_zero(mask);
}

bool compare(ByteTest::Operator op, std::uint64_t left, std::uint64_t right) noexcept {
  switch (op) {
    case ByteTest::Operator::Less:
      return left < right;
    case ByteTest::Operator::Greater:
      return left > right;
    case ByteTest::Operator::Equal:
      return left == right;
    case ByteTest::Operator::LessEqual:
      return left <= right;
    case ByteTest::Operator::GreaterEqual:
      return left >= right;
    case ByteTest::Operator::And:
      return (left & right) != 0;
    case ByteTest::Operator::Or:
      return (left ^ right) != 0;
    case ByteTest::Operator::Not:
      return left != right;
  }
  return false;
}

std::optional<std::uint64_t> calculate(ByteMath::Operator op, std::uint64_t left, std::uint64_t right) noexcept {
  switch (op) {
    case ByteMath::Operator::Add:
      return left + right;
    case ByteMath::Operator::Subtract:
      return left - right;
    case ByteMath::Operator::Multiply:
      return left * right;
    case ByteMath::Operator::Divide:
      return right == 0 ? std::nullopt : std::optional(left / right);
    case ByteMath::Operator::ShiftLeft:
      return right >= 64 ? std::nullopt : std::optional(left << right);
    case ByteMath::Operator::ShiftRight:
      return right >= 64 ? std::nullopt : std::optional(left >> right);
  }
  return std::nullopt;
}

}  // namespace warder::ips
