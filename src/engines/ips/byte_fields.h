// Numbers in packets as the byte_ keywords read and combine them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "engines/ips/matches.h"

namespace warder::ips {

struct ResolvedField {
  std::int64_t bytes;
  std::int64_t offset;  // from the beginning of the buffer
  NumberText text;
  bool is_little_endian;
};
struct FieldValue {
  std::uint64_t value;
  std::size_t end;  // offset behind the field
};

/// Nothing when the field is not inside the buffer or has no digits.
std::optional<FieldValue> read_field(ByteView buffer, const ResolvedField& field) noexcept;
/// The masked bits, moved down to the lowest.
std::uint64_t apply_mask(std::uint64_t value, std::uint64_t mask) noexcept;
bool compare(ByteTest::Operator op, std::uint64_t left, std::uint64_t right) noexcept;
/// Nothing for division by zero and shifts of 64 and more.
std::optional<std::uint64_t> calculate(ByteMath::Operator op, std::uint64_t left, std::uint64_t right) noexcept;

}  // namespace warder::ips
