// What a rule looks for in one buffer: a sequence of items, each continuing from where the one before it ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "engines/ips/comparison.h"

namespace warder::ips {

class Dataset;
class Regex;
struct MatchItem;

/// A number in the rule, or a variable set by byte_extract or byte_math.
struct Operand {
  std::int64_t value = 0;
  std::int16_t variable = -1;
  [[nodiscard]] bool is_variable() const noexcept { return variable >= 0; }
};

struct Content {
  Bytes bytes;  // lower case when is_nocase
  bool is_nocase = false;
  bool is_negated = false;
  bool ends_buffer = false;  // endswith
  bool is_fast_pattern = false;
  bool is_only_fast_pattern = false;  // fast_pattern:only
  std::optional<Operand> offset;
  std::optional<Operand> depth;  // from the offset
  std::optional<Operand> distance;
  std::optional<Operand> within;
  std::uint16_t fast_offset = 0;  // fast_pattern:offset,length; length 0: all
  std::uint16_t fast_length = 0;

  [[nodiscard]] bool is_relative() const noexcept { return distance || within; }
};

struct Pcre {
  std::shared_ptr<const Regex> regex;
  bool is_relative = false;
  bool is_negated = false;
};

struct IsDataAt {
  Operand position;
  bool is_relative = false;
  bool is_negated = false;
};

enum class NumberText : std::uint8_t { Binary, Decimal, Hex, Octal };

/// How a number is read from the buffer; shared by the byte_ keywords.
struct NumberField {
  Operand bytes;  // how many; 0 with text: as many digits as there are
  Operand offset;
  NumberText text = NumberText::Binary;
  bool is_little_endian = false;
  bool is_dce = false;  // little endian as the DCE/RPC header says
  bool is_relative = false;
  std::uint64_t mask = 0;
};

struct ByteTest {
  enum class Operator : std::uint8_t { Less, Greater, Equal, LessEqual, GreaterEqual, And, Or, Not };
  NumberField field;
  Operator op = Operator::Equal;
  bool is_negated = false;
  Operand value;
};

struct ByteJump {
  NumberField field;
  Operand multiplier{1, -1};
  Operand post_offset;
  enum class From : std::uint8_t { Here, Beginning, End } from = From::Here;
  bool aligns = false;
  std::uint8_t alignment = 4;
};

struct ByteExtract {
  NumberField field;
  std::uint64_t multiplier = 1;
  std::uint8_t alignment = 0;
  std::int16_t variable = 0;
};

struct ByteMath {
  enum class Operator : std::uint8_t { Add, Subtract, Multiply, Divide, ShiftLeft, ShiftRight };
  NumberField field;
  Operator op = Operator::Add;
  Operand right;
  std::int16_t variable = 0;
};

struct BufferSize {
  Comparison size = Comparison::equal(0);
};

/// base64_decode with the base64_data part that follows it.
struct Base64Decode {
  std::uint32_t bytes = 0;  // of the decoded text; 0: all
  std::uint32_t offset = 0;
  bool is_relative = false;
  std::vector<MatchItem> items;
};

/// dataset and datarep: what the buffer is looked up in. State lives in the engine, by this index.
struct DatasetTest {
  enum class Command : std::uint8_t { IsSet, IsNotSet, Set, Unset, Reputation };
  std::shared_ptr<Dataset> dataset;
  Command command = Command::IsSet;
  Comparison reputation = Comparison::equal(0);
};

/// Shannon entropy of the buffer, in bits a byte.
struct Entropy {
  std::uint32_t bytes = 0;
  std::uint32_t offset = 0;
  double low = 0;
  double high = 8;
  bool is_negated = false;
};

/// asn1: a few checks of BER that old rules use.
struct Asn1 {
  bool finds_bitstring_overflow = false;
  bool finds_double_overflow = false;
  std::optional<std::uint32_t> oversize_length;
  std::optional<std::uint32_t> absolute_offset;
  std::optional<std::int32_t> relative_offset;
};

struct MatchItem {
  std::variant<Content, Pcre, IsDataAt, ByteTest, ByteJump, ByteExtract, ByteMath, BufferSize, Base64Decode,
               DatasetTest, Entropy, Asn1>
      item;
  /// The next item continues from here: if it fails, other occurrences of this one are tried.
  bool has_relative_next = false;
};

}  // namespace warder::ips
