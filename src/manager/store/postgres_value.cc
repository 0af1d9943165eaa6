#include "manager/store/postgres_value.h"

#include <bit>
#include <cassert>
#include <cmath>

namespace warder::manager {
namespace {

// catalog/pg_type.dat of PostgreSQL: the numbers never change.
constexpr Oid kUnknown = 0;
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kName = 19;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kFloat8 = 701;
constexpr Oid kByteaArray = 1001;
constexpr Oid kTextArray = 1009;
constexpr Oid kInt8Array = 1016;
constexpr Oid kVarchar = 1043;
constexpr Oid kNumeric = 1700;

std::uint64_t read_big_endian(ByteView bytes) noexcept {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8U | byte;
  return number;
}

/// The whole part: sums of BIGINT come as NUMERIC. utils/adt/numeric.c, numeric_send: digits, weight, sign, scale, then
/// digits to base 10,000.
std::int64_t read_numeric(ByteView bytes) noexcept {
  constexpr std::uint64_t kNegative = 0x4000;
  if (bytes.size() < 8) return 0;
  const std::size_t digits = read_big_endian(bytes.first(2));
  const auto weight = static_cast<std::int16_t>(read_big_endian(bytes.subspan(2, 2)));
  const bool is_negative = read_big_endian(bytes.subspan(4, 2)) == kNegative;
  std::int64_t number = 0;
  for (int i = 0; i <= weight; ++i) {
    const std::size_t at = 8 + 2 * static_cast<std::size_t>(i);
    const bool is_there = static_cast<std::size_t>(i) < digits && at + 2 <= bytes.size();
    const std::int64_t digit = is_there ? static_cast<std::int64_t>(read_big_endian(bytes.subspan(at, 2))) : 0;
    if (__builtin_mul_overflow(number, 10'000, &number) || __builtin_add_overflow(number, digit, &number))
      return is_negative ? INT64_MIN : INT64_MAX;
  }
  return is_negative ? -number : number;
}

Oid type_of(const DbView& value) noexcept {
  constexpr std::array kTypes = {kUnknown, kInt8, kText, kBytea};  // as in the variant
  return kTypes[value.index()];
}

Oid array_type(Oid type) noexcept {
  return type == kInt8 ? kInt8Array : type == kBytea ? kByteaArray : kTextArray;
}

std::string_view view_of(const DbView& value) {
  if (const auto* bytes = std::get_if<ByteView>(&value)) return as_text(*bytes);
  return std::get<std::string_view>(value);
}

void append_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xffU);
}

std::string raw_value(const DbView& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return std::string{view_of(value)};
  std::string raw;
  append_big_endian(raw, static_cast<std::uint64_t>(*number), 8);
  return raw;
}

/// utils/adt/arrayfuncs.c, array_send: dimensions, whether there are NULLs, element type, length, lower bound, then
/// each element behind its length; -1 is NULL.
std::string array_of(const DbColumn& column, Oid type) {
  std::string raw;
  append_big_endian(raw, 1, 4);
  append_big_endian(raw, 1, 4);
  append_big_endian(raw, type, 4);
  append_big_endian(raw, column.size(), 4);
  append_big_endian(raw, 1, 4);
  for (const DbView& value : column) {
    if (type_of(value) == kUnknown) {
      append_big_endian(raw, 0xffff'ffffU, 4);
      continue;
    }
    const std::string element = raw_value(value);
    append_big_endian(raw, element.size(), 4);
    raw += element;
  }
  return raw;
}

bool is_integer(Oid type) noexcept {
  return type == kInt8 || type == kInt4 || type == kInt2 || type == kBool || type == kNumeric || type == kFloat8;
}

[[maybe_unused]] bool is_text(Oid type) noexcept {  // in assertions
  return type == kText || type == kVarchar || type == kName || type == kUnknown;
}

}  // namespace

PostgresParameters::PostgresParameters(std::span<const DbView> values) {
  owned_.reserve(values.size());
  for (const DbView& value : values) {
    const Oid type = type_of(value);
    if (type == kUnknown) {
      add(type, nullptr, 0);
    } else if (type == kInt8) {
      owned_.push_back(raw_value(value));
      add(type, owned_.back().data(), owned_.back().size());
    } else {
      const std::string_view text = view_of(value);
      add(type, text.data() != nullptr ? text.data() : "", text.size());  // a null pointer would be NULL
    }
  }
}

PostgresParameters::PostgresParameters(std::span<const DbColumn> columns) {
  owned_.reserve(columns.size());
  for (const DbColumn& column : columns) {
    Oid type = kText;
    for (const DbView& value : column) {
      if (type_of(value) == kUnknown) continue;
      type = type_of(value);
      break;
    }
    owned_.push_back(array_of(column, type));
    add(array_type(type), owned_.back().data(), owned_.back().size());
  }
}

void PostgresParameters::add(Oid type, const char* value, std::size_t length) {
  types_.push_back(type);
  values_.push_back(value);
  lengths_.push_back(static_cast<int>(length));
  formats_.push_back(1);
}

void PostgresParameters::fill(int count) {
  while (this->count() < count) add(kUnknown, nullptr, 0);
}

std::string PostgresParameters::signature() const {
  std::string text;
  for (const Oid type : types_) text.append(std::to_string(type)).append(",");
  return text;
}

ByteView PostgresRow::raw(int column) const {
  const auto* first = reinterpret_cast<const std::uint8_t*>(PQgetvalue(result_, row_, column));
  return {first, static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::int64_t PostgresRow::integer(int column) const {
  const Oid type = PQftype(result_, column);
  assert(!is_null(column) && is_integer(type));
  const ByteView bytes = raw(column);
  if (type == kNumeric) return read_numeric(bytes);
  const std::uint64_t bits = read_big_endian(bytes);
  if (type == kInt8) return static_cast<std::int64_t>(bits);
  if (type == kInt4) return static_cast<std::int32_t>(bits);
  if (type == kInt2) return static_cast<std::int16_t>(bits);
  if (type == kFloat8) return static_cast<std::int64_t>(std::bit_cast<double>(bits));
  return bits != 0 ? 1 : 0;
}

std::string PostgresRow::text(int column) const {
  assert(!is_null(column) && is_text(PQftype(result_, column)));
  return std::string{as_text(raw(column))};
}

Bytes PostgresRow::bytes(int column) const {
  assert(!is_null(column) && PQftype(result_, column) == kBytea);
  const ByteView bytes = raw(column);
  return {bytes.begin(), bytes.end()};
}

DbValue PostgresRow::value(int column) const {
  if (is_null(column)) return nullptr;
  const Oid type = PQftype(result_, column);
  if (is_integer(type)) return integer(column);
  if (type == kBytea) return bytes(column);
  return std::string{as_text(raw(column))};
}

}  // namespace warder::manager
