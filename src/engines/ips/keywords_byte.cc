// byte_test, byte_jump, byte_extract, byte_math, rpc, asn1.
#include "base/text.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

/// A part split at the first blank: "multiplier 4".
struct Named {
  std::string_view name;
  std::string_view value;
};
Named named(std::string_view part) {
  const auto space = part.find_first_of(" \t");
  return {part.substr(0, space), space == std::string_view::npos ? std::string_view{} : trim(part.substr(space))};
}

tl::unexpected<Error> unknown(std::string_view keyword, std::string_view part) {
  return fail(ErrorCode::Invalid, std::string(keyword) + " has no \"" + std::string(part) + "\"");
}

/// Options that all four share. True when `part` was one of them.
Result<bool> read_common(NumberField& field, const Named& part) {
  const auto& [name, value] = part;
  if (name == "relative") {
    field.is_relative = true;
  } else if (name == "big" || (name == "endian" && value == "big")) {
    field.is_little_endian = false;
  } else if (name == "little" || (name == "endian" && value == "little")) {
    field.is_little_endian = true;
  } else if (name == "dce" || (name == "endian" && value == "dce")) {
    field.is_dce = true;
  } else if (name == "dec" || (name == "string" && value == "dec")) {
    field.text = NumberText::Decimal;
  } else if (name == "hex" || (name == "string" && value == "hex")) {
    field.text = NumberText::Hex;
  } else if (name == "oct" || (name == "string" && value == "oct")) {
    field.text = NumberText::Octal;
  } else if (name == "string" && value.empty()) {
    if (field.text == NumberText::Binary) field.text = NumberText::Decimal;
  } else if (name == "bitmask") {
    const auto mask = parse_number(value);
    if (!mask) return fail(ErrorCode::Invalid, "bitmask: \"" + std::string(value) + "\" is not a number");
    field.mask = *mask;
  } else {
    return false;
  }
  return true;
}

struct TestOperator {
  std::string_view text;
  ByteTest::Operator op;
};
constexpr TestOperator kTestOperators[] = {
    {"<=", ByteTest::Operator::LessEqual}, {">=", ByteTest::Operator::GreaterEqual},
    {"==", ByteTest::Operator::Equal},     {"<", ByteTest::Operator::Less},
    {">", ByteTest::Operator::Greater},    {"=", ByteTest::Operator::Equal},
    {"&", ByteTest::Operator::And},        {"^", ByteTest::Operator::Or},
};

Result<void> read_operator(ByteTest& test, std::string_view text) {
  const auto whole = text;
  if (text.starts_with('!')) {
    test.is_negated = true;
    text = trim(text.substr(1));
    if (text.empty()) return {};  // "!" alone: not equal
  }
  for (const auto& row : kTestOperators) {
    if (row.text == text) {
      test.op = row.op;
      return {};
    }
  }
  return fail(ErrorCode::Invalid, "byte_test: \"" + std::string(whole) + "\" is not an operator");
}

Result<void> byte_test(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 4) return fail(ErrorCode::Invalid, "byte_test needs bytes, operator, value and offset");
  ByteTest made;
  made.field.bytes = WD_TRY(builder.operand(parts[0]).in("byte_test"));
  if (auto read = read_operator(made, parts[1]); !read) return read;
  made.value = WD_TRY(builder.operand(parts[2]).in("byte_test"));
  made.field.offset = WD_TRY(builder.operand(parts[3]).in("byte_test"));
  for (std::size_t i = 4; i < parts.size(); ++i) {
    if (!WD_TRY(read_common(made.field, named(parts[i])))) return unknown("byte_test", parts[i]);
  }
  builder.add({made, false});
  return {};
}

Result<void> read_jump_option(RuleBuilder& builder, ByteJump& jump, const Named& part) {
  const auto& [name, value] = part;
  if (name == "multiplier") {
    jump.multiplier = WD_TRY(builder.operand(value));
  } else if (name == "post_offset") {
    jump.post_offset = WD_TRY(builder.operand(value));
  } else if (name == "align") {
    jump.aligns = true;
    if (value == "2") jump.alignment = 2;
  } else if (name == "from_beginning") {
    jump.from = ByteJump::From::Beginning;
  } else if (name == "from_end") {
    jump.from = ByteJump::From::End;
  } else {
    return unknown("byte_jump", name);
  }
  return {};
}

Result<void> byte_jump(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 2) return fail(ErrorCode::Invalid, "byte_jump needs bytes and offset");
  ByteJump made;
  made.field.bytes = WD_TRY(builder.operand(parts[0]).in("byte_jump"));
  made.field.offset = WD_TRY(builder.operand(parts[1]).in("byte_jump"));
  for (std::size_t i = 2; i < parts.size(); ++i) {
    const auto part = named(parts[i]);
    if (WD_TRY(read_common(made.field, part))) continue;
    if (auto read = read_jump_option(builder, made, part); !read) return std::move(read).in("byte_jump");
  }
  builder.add({made, false});
  return {};
}

Result<void> byte_extract(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  if (parts.size() < 3) return fail(ErrorCode::Invalid, "byte_extract needs bytes, offset and a name");
  ByteExtract made;
  made.field.bytes = WD_TRY(builder.operand(parts[0]).in("byte_extract"));
  made.field.offset = WD_TRY(builder.operand(parts[1]).in("byte_extract"));
  for (std::size_t i = 3; i < parts.size(); ++i) {
    const auto part = named(parts[i]);
    if (WD_TRY(read_common(made.field, part))) continue;
    const auto number = parse_number(part.value);
    if (part.name == "multiplier" && number) {
      made.multiplier = *number;
    } else if (part.name == "align") {
      made.alignment = part.value == "2" ? 2 : 4;
    } else {
      return unknown("byte_extract", parts[i]);
    }
  }
  made.variable = WD_TRY(builder.variable(parts[2], true));
  builder.add({made, false});
  return {};
}

Result<ByteMath::Operator> math_operator(std::string_view text) {
  if (text == "+") return ByteMath::Operator::Add;
  if (text == "-") return ByteMath::Operator::Subtract;
  if (text == "*") return ByteMath::Operator::Multiply;
  if (text == "/") return ByteMath::Operator::Divide;
  if (text == "<<") return ByteMath::Operator::ShiftLeft;
  if (text == ">>") return ByteMath::Operator::ShiftRight;
  return fail(ErrorCode::Invalid, "byte_math: \"" + std::string(text) + "\" is not an operator");
}

Result<void> byte_math(RuleBuilder& builder, std::string_view value) {
  ByteMath made;
  std::string_view result;
  for (const auto text : split_arguments(value)) {
    const auto part = named(text);
    if (part.name == "bytes") {
      made.field.bytes = WD_TRY(builder.operand(part.value).in("byte_math"));
    } else if (part.name == "offset") {
      made.field.offset = WD_TRY(builder.operand(part.value).in("byte_math"));
    } else if (part.name == "oper") {
      made.op = WD_TRY(math_operator(part.value));
    } else if (part.name == "rvalue") {
      made.right = WD_TRY(builder.operand(part.value).in("byte_math"));
    } else if (part.name == "result") {
      result = part.value;
    } else if (!WD_TRY(read_common(made.field, part))) {
      return unknown("byte_math", text);
    }
  }
  if (result.empty()) return fail(ErrorCode::Invalid, "byte_math needs a result");
  made.variable = WD_TRY(builder.variable(result, true));
  builder.add({made, false});
  return {};
}

Result<void> asn1(RuleBuilder& builder, std::string_view value) {
  Asn1 made;
  for (const auto text : split_arguments(value)) {
    const auto part = named(text);
    const auto number = parse_integer<std::int32_t>(part.value);
    if (part.name == "bitstring_overflow") {
      made.finds_bitstring_overflow = true;
    } else if (part.name == "double_overflow") {
      made.finds_double_overflow = true;
    } else if (part.name == "oversize_length" && number && *number >= 0) {
      made.oversize_length = static_cast<std::uint32_t>(*number);
    } else if (part.name == "absolute_offset" && number && *number >= 0) {
      made.absolute_offset = static_cast<std::uint32_t>(*number);
    } else if (part.name == "relative_offset" && number) {
      made.relative_offset = *number;
    } else if (part.name != "print") {
      return unknown("asn1", text);
    }
  }
  builder.add({made, false});
  return {};
}

/// rpc: a call of the program over UDP or TCP (RFC 5531), as tests of fixed fields.
Result<void> rpc(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  const auto test = [&](std::int64_t offset, std::int64_t wanted) {
    ByteTest made;
    made.field.bytes = {4, -1};
    made.field.offset = {offset, -1};
    made.value = {wanted, -1};
    builder.add({made, false});
  };
  test(4, 0);
  const std::int64_t offsets[] = {12, 16, 20};
  for (std::size_t i = 0; i < parts.size() && i < 3; ++i) {
    if (parts[i] == "*" || parts[i].empty()) continue;
    const auto number = parse_integer<std::uint32_t>(parts[i]);
    if (!number) return fail(ErrorCode::Invalid, "rpc: \"" + std::string(parts[i]) + "\" is not a number");
    test(offsets[i], *number);
  }
  builder.need_packet();
  return {};
}

constexpr KeywordRow kRows[] = {
    {"byte_test", byte_test, "compares a number in the buffer"},
    {"byte_jump", byte_jump, "moves on by a number in the buffer"},
    {"byte_extract", byte_extract, "keeps a number for later keywords"},
    {"byte_math", byte_math, "computes with a number and keeps the result"},
    {"asn1", asn1, "anomalies of BER encoding"},
    {"rpc", rpc, "a call of Sun RPC: program, version, procedure"},
};

}  // namespace

std::span<const KeywordRow> byte_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
