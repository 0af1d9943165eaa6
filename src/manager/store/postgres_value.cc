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

bool is_integer(Oid type) noexcept {
  return type == kInt8 || type == kInt4 || type == kInt2 || type == kBool || type == kNumeric || type == kFloat8;
}

bool is_text(Oid type) noexcept {
  return type == kText || type == kVarchar || type == kName || type == kUnknown;
}

}  // namespace

PostgresParameters::PostgresParameters(std::span<const DbView> values, int count) {
  const auto size = std::max(values.size(), static_cast<std::size_t>(count));
  types_.assign(size, kUnknown);
  numbers_.resize(size);
  values_.assign(size, nullptr);
  lengths_.assign(size, 0);
  formats_.assign(size, 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      types_[i] = kInt8;
      const auto bits = static_cast<std::uint64_t>(*number);
      for (std::size_t j = 0; j < 8; ++j) numbers_[i][j] = static_cast<char>(bits >> (56 - 8 * j) & 0xffU);
      values_[i] = numbers_[i].data();
      lengths_[i] = 8;
    } else if (const auto* text = std::get_if<std::string_view>(&values[i])) {
      types_[i] = kText;
      values_[i] = text->data() != nullptr ? text->data() : "";  // a null pointer would be NULL
      lengths_[i] = static_cast<int>(text->size());
    } else if (const auto* bytes = std::get_if<ByteView>(&values[i])) {
      types_[i] = kBytea;
      values_[i] = bytes->data() != nullptr ? as_text(*bytes).data() : "";
      lengths_[i] = static_cast<int>(bytes->size());
    }
  }
}

std::string PostgresParameters::signature() const {
  std::string letters;
  letters.reserve(types_.size());
  for (const Oid type : types_) letters += type == kInt8 ? 'i' : type == kText ? 't' : type == kBytea ? 'b' : 'n';
  return letters;
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
